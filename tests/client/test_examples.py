"""Examples in documents, docstrings and `examples/` work; only their URL is replaced."""

import os
import re
import subprocess
import sys

import pytest

from issue_portal.client import client
from issue_portal.client.client import IssuesClient
from issue_portal.models.vocabulary import Role
from tests.client.conftest import run_in_new_thread
from tests.servers.processes import ROOT

DOCUMENTS = (ROOT / "docs" / "client.md").read_text() + (ROOT / "README.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```", DOCUMENTS, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_in_documents_run(api, example):
    token = api.token("Guide", Role.ADMIN)
    namespace = {"token": token}
    # An example without a client continues the first one: it uses its imports and `client`.
    if "IssuesClient(" not in example:
        exec(EXAMPLES[0].replace("http://localhost:8501", api.url), namespace)
        namespace["client"] = IssuesClient(api.url, token)
    run_in_new_thread(exec, example.replace("http://localhost:8501", api.url), namespace)


def test_example_in_the_client_docstring_runs(api):
    example = re.search(r"\n\n((?:    .*\n|\n)+)", client.__doc__)[1]
    code = re.sub(r"^    ", "", example, flags=re.MULTILINE)
    exec(code.replace("http://localhost:8501", api.url), {"token": api.token("Guide")})


def run_example(api, name, *arguments):
    env = {
        **os.environ,
        "ISSUES_URL": api.url,
        "API_TOKEN": api.token("Script", Role.ADMIN),
    }
    result = subprocess.run(
        [sys.executable, ROOT / "examples" / name, *arguments],
        env=env | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_example_programs_send_and_list_a_report(api):
    text = "Sent by an example program."
    number, receipt = re.fullmatch(
        r"Issue (\d+), receipt (\d{4}(?:-\d{4}){3})\n",
        run_example(api, "report_a_problem.py", text),
    ).groups()
    assert api.client(api.visitor_token()).look_up_receipt(receipt).issue_number == int(number)
    waiting = run_example(api, "waiting_issues.py").splitlines()
    assert any(line.split()[0] == number and text in line for line in waiting)
