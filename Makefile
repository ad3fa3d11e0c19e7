PYTHON ?= python3
BIN := .venv/bin

.PHONY: run dev test check screenshots lock clean

run: .venv/runs            ## Serve portal and API on http://localhost:8501
	$(BIN)/streamlit run app.py

dev: .venv/tests           ## The same, with automatic reload
	$(BIN)/streamlit run app.py --server.fileWatcherType auto --server.runOnSave true

test: check chromium redis haproxy ## Everything that must pass: checks, then all tests
	$(BIN)/pytest -n $${TEST_PROCESSES:-2}

check: .venv/tests         ## Format, lint, types, imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

screenshots: .venv/tests chromium  ## The pictures of the README, from the running portal
	$(BIN)/python docs/take_screenshots.py

lock: .venv/tests          ## Write constraints.txt from what is installed
	(echo "# Exact versions that were tested together; written by 'make lock'."; \
	 $(BIN)/pip freeze) > constraints.txt

.PHONY: chromium
chromium:                  # The browser of the browser tests: Debian's, or Playwright's own
	@command -v chromium >/dev/null || \
	 (apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-noto-core) || \
	 $(BIN)/playwright install --with-deps chromium

.PHONY: redis
redis:                     # Shares the rate limits of replicas; a test needs it
	@command -v redis-server >/dev/null || \
	 (apt-get update -qq && apt-get install -y -qq --no-install-recommends redis-server)

.PHONY: haproxy
haproxy:                   # The proxy of the tests with several replicas
	@command -v haproxy >/dev/null || \
	 (apt-get update -qq && apt-get install -y -qq --no-install-recommends haproxy)

.venv/runs: requirements.txt constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt -c constraints.txt
	@touch $@

.venv/tests: requirements-dev.txt requirements-telemetry.txt .venv/runs
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt -c constraints.txt
	@touch $@

clean:                     ## Remove what was installed; the data stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
