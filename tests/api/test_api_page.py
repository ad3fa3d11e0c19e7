"""The examples in docs/api.md run, its tables are complete, and its recipe for a copy works."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable

import httpx
import pytest
from sqlalchemy import text

from issue_portal.models.vocabulary import FieldErrorCode, ProblemCode, Role
from tests.api.conftest import ApiCaller
from tests.servers.installation import Server, make_api_server
from tests.servers.processes import ROOT

PAGE = (ROOT / "docs" / "api.md").read_text()
RECIPE = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]


@pytest.mark.parametrize(("head", "codes"), [("code", ProblemCode), ("field code", FieldErrorCode)])
def test_every_code_has_a_row_in_a_table(head, codes):
    table = re.search(rf"^\| {head} \|.*\n((?:\|.*\n)+)", PAGE, re.MULTILINE)[1]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(codes)


def test_examples_with_curl_run(tmp_path):
    blocks = re.findall(r"(?:^ {4}.*\n|^\n(?= {4}))+", PAGE, re.MULTILINE)
    examples = [block for block in blocks if re.search(r"^ {4}(curl|export) ", block, re.MULTILINE)]
    assert len(examples) == 7
    # Keep the id in the response to the report, as a reader does.
    script = re.sub(r"^ {4}", "", "\n".join(examples), flags=re.MULTILINE)
    report, rest = script.split("export ISSUE_ID=issue_…\n")
    keep_id = "export ISSUE_ID=$(grep -o 'issue_[0-9a-f]\\{16\\}' output | tail -1)\n"
    script = f"{{\n{report}\n}} > output\n{keep_id}{rest}"
    server = make_api_server(tmp_path / "data").start()
    try:
        script = script.replace("localhost:8501", f"localhost:{server.port}")
        script = script.replace(".venv/bin/python", sys.executable)
        script = script.replace("curl ", "curl --silent --show-error --fail-with-body ")
        result = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=tmp_path,
            env=server.env | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        server.stop()
    assert result.returncode == 0, result.stdout + result.stderr
    url = "/api/v1/app/issue?page_size=1&states=NotReviewed%2CInReview"
    assert f'\nlink: <{url}>; rel="first"' in result.stdout


class SlowReader(httpx.BaseTransport):
    """Runs a change after each page, as if other people worked while the pages are read."""

    def __init__(self, change: Callable[[], object]) -> None:
        self._transport = httpx.HTTPTransport(verify=False)
        self._change = change

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._transport.handle_request(request)
        response.read()
        self._change()
        return response


@pytest.fixture
def copy(new_server: Server, monkeypatch) -> dict:
    """The names in the recipe, after its first run on an empty server."""
    with new_server as server:
        monkeypatch.setitem(os.environ, "BASE_URL", f"localhost:{server.port}")
        monkeypatch.setitem(os.environ, "API_TOKEN", server.token("copier", Role.ADMIN))
        namespace: dict = {}
        exec(RECIPE.replace('"first": 100', '"first": 3'), namespace)
        yield namespace


def list_everything(reviewer: ApiCaller) -> dict[str, dict]:
    states = "NotReviewed,InReview,Closed,Deleted"
    params = {"states": states, "include": "User,Project", "page_size": 100}
    return {issue["id"]: issue for issue in reviewer.list_issues(**params)}


def test_copy_has_every_change_between_and_during_the_runs(new_server, copy):
    reviewer = ApiCaller(new_server.url, new_server.token("Rob", Role.ADMIN))
    ids = [reviewer.report(f"Report {number}")["id"] for number in range(8)]

    def change_something() -> None:
        """Change the first issue, delete and restore others, and report one."""
        step = len(ids)
        reviewer("PATCH", f"/issue/{ids[0]}", json={"description": f"Changed in step {step}"})
        reviewer("PATCH", f"/issue/{ids[step % 8]}", json={"state": "Closed"})
        reviewer("DELETE", f"/issue/{ids[(step + 1) % 8]}")
        reviewer("POST", f"/issue/{ids[(step + 3) % 8]}/restore")
        ids.append(reviewer.report(f"Report of step {step}", project_id="p")["id"])

    issues, since = copy["issues"], copy["updated_since"]
    http = httpx.Client(
        base_url=copy["http"].base_url,
        headers=copy["http"].headers,
        transport=SlowReader(change_something),
    )
    for _ in range(3):
        since = copy["sync"](http, issues, since)
    assert issues != list_everything(reviewer)  # The last changes came after the last page.
    since = copy["sync"](copy["http"], issues, since)
    assert issues == list_everything(reviewer)
    assert "Deleted" in {issue["state"] for issue in issues.values()}


def test_copy_has_changes_that_were_stored_late(new_server, copy):
    """A change has the time at which it began, and may be stored after a run that began later."""
    reviewer = ApiCaller(new_server.url, new_server.token("Rob", Role.ADMIN))
    path = f"/issue/{reviewer.report('Before')['id']}"
    issues = copy["issues"]
    since = copy["sync"](copy["http"], issues, copy["updated_since"])
    reviewer("PATCH", path, json={"description": "After"})
    with new_server.database.write() as connection:
        began = {"began": int(time.time()) - 120}
        connection.execute(text("UPDATE issues SET updated_at = :began"), began)
    copy["sync"](copy["http"], issues, since)
    assert [issue["description"] for issue in issues.values()] == ["After"]


def test_second_run_fetches_only_what_has_changed(new_server, copy):
    reviewer = ApiCaller(new_server.url, new_server.token("Rob", Role.ADMIN))
    for number in range(3):
        reviewer.report(f"Report {number}")
    with new_server.database.write() as connection:
        connection.execute(
            text("UPDATE issues SET updated_at = :old"), {"old": int(time.time()) - 3600}
        )
    since = copy["sync"](copy["http"], copy["issues"], 0)
    issue = reviewer.report("A new one")
    changed: dict = {}
    copy["sync"](copy["http"], changed, since)
    assert list(changed) == [issue["id"]]
