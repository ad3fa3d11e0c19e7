"""Examples in documents, docstrings and `examples/` work; only their URLs are replaced."""

import os
import re
import shutil
import subprocess
import sys

import certifi
import pytest

from issue_portal.client import client
from issue_portal.client.client import IssuesClient
from issue_portal.models.vocabulary import Role
from tests.client.conftest import run_in_new_thread
from tests.servers.processes import ROOT
from tests.servers.scripted_server import forward, serving

EXAMPLE = re.compile(r"```python\n(.*?)```", re.DOTALL)
GUIDE_EXAMPLES = EXAMPLE.findall((ROOT / "docs" / "client.md").read_text())
OTHER_PAGES = [ROOT / "README.md", ROOT / "docs" / "package.md"]
EXAMPLES = GUIDE_EXAMPLES + [
    text for page in OTHER_PAGES for text in EXAMPLE.findall(page.read_text())
]

# What the type checker must know of the first example in the guide, which others continue.
CONTINUED = """
import issue_portal
from issue_portal import IssuesClient

client = IssuesClient()
issue = client.get("x")
"""


@pytest.fixture
def environment(api, monkeypatch, tmp_path):
    """The variables and files that the examples need, and a proxy."""
    monkeypatch.setenv("ISSUES_API_URL", api.url)
    monkeypatch.setenv("ISSUES_API_TOKEN", api.token("Guide", Role.ADMIN))
    monkeypatch.delenv("ISSUES_ORG", raising=False)
    monkeypatch.chdir(tmp_path)
    shutil.copy(certifi.where(), "company-ca.pem")
    with serving(forward("")) as proxy:
        yield proxy


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_in_documents_run(api, environment, example):
    namespace = {"__name__": "example", "token": os.environ["ISSUES_API_TOKEN"]}
    # An example without a client continues the first one: it uses its imports and `client`.
    if "IssuesClient(" not in example:
        exec(EXAMPLES[0], namespace)
        namespace["client"] = IssuesClient()
    uses_proxy = "proxy.example.com" in example
    for url, replacement in (
        ("http://proxy.example.com:3128", environment.url),
        ("http://localhost:8501", api.url),
    ):
        example = example.replace(url, replacement)
    run_in_new_thread(exec, example, namespace)
    assert bool(environment.requests) == uses_proxy


def test_examples_in_the_guide_pass_a_strict_type_check(tmp_path):
    paths = [tmp_path / f"example_{number}.py" for number in range(len(GUIDE_EXAMPLES))]
    for path, example in zip(paths, GUIDE_EXAMPLES, strict=True):
        continued = "" if "IssuesClient(" in example else CONTINUED
        path.write_text(continued + example)
    options = ["--strict", "--config-file=", "--follow-imports=silent"]
    command = [sys.executable, "-m", "mypy", *options, *paths]
    env = {**os.environ, "MYPYPATH": str(ROOT), "MYPY_CACHE_DIR": str(tmp_path)}
    checked = subprocess.run(
        command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_example_in_the_client_docstring_runs(api):
    example = re.search(r"\n\n((?:    .*\n|\n)+)", client.__doc__)[1]
    code = re.sub(r"^    ", "", example, flags=re.MULTILINE)
    exec(code.replace("http://localhost:8501", api.url), {"token": api.token("Guide")})


def run_example(api, name, *arguments):
    env = {
        **os.environ,
        "ISSUES_API_URL": api.url,
        "ISSUES_API_TOKEN": api.token("Script", Role.ADMIN),
    }
    return subprocess.run(
        [sys.executable, ROOT / "examples" / name, *arguments],
        env=env | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_example_programs_send_and_list_a_report(api):
    text = "Sent by an example program."
    sent = run_example(api, "report_a_problem.py", text)
    pattern = r"Issue (\d+), receipt (\d{4}(?:-\d{4}){3})\n"
    number, receipt = re.fullmatch(pattern, sent.stdout).groups()
    assert api.client(api.visitor_token()).look_up_receipt(receipt).issue_number == int(number)
    waiting = run_example(api, "waiting_issues.py").stdout.splitlines()
    assert any(line.split()[0] == number and text in line for line in waiting)


def test_example_program_says_what_is_missing(api, monkeypatch):
    monkeypatch.setattr(api, "token", lambda *_: "")
    sent = run_example(api, "report_a_problem.py", "x")
    assert sent.returncode == 1
    assert sent.stderr.startswith("The report was not sent: Pass token, or set")
