"""The request log: a line and an id for each request, and no personal data."""

import json
import re
import sqlite3

import httpx
import pytest
from websockets.sync.client import connect

from issue_portal.models.vocabulary import REQUEST_ID_HEADER, Role
from tests.api.conftest import ApiCaller
from tests.servers.installation import make_api_server, make_portal_server
from tests.waiting import wait_until

CLIENT_ID = "0123456789abcdef" * 2
SERVER_ID_PATTERN = re.compile("[0-9a-f]{32}")


def read_log(server):
    """Return the JSON lines of the server's log."""
    return [json.loads(line) for line in server.log.splitlines() if line.startswith("{")]


def wait_for_log(server, request_id):
    """Wait for all log lines of a request, and return them. Some follow the response."""

    def find_lines() -> list[dict]:
        lines = [line for line in read_log(server) if line.get("request_id") == request_id]
        is_complete = any(line["logger"] == "issue_portal.requests" for line in lines)
        return lines if is_complete else []

    return wait_until(find_lines)


@pytest.fixture(scope="module")
def logging_server(tmp_path_factory):
    server = make_api_server(tmp_path_factory.mktemp("logging") / "data", ISSUES_LOG="json")
    yield server.start()
    server.stop()


def test_request_id_of_a_user_is_logged_and_returned(logging_server):
    caller = ApiCaller(logging_server.url, logging_server.token("Ann"))
    report = caller.report()
    response = caller("GET", f"/issue/{report['id']}", headers={REQUEST_ID_HEADER: CLIENT_ID})
    assert response.headers[REQUEST_ID_HEADER] == CLIENT_ID
    (line,) = wait_for_log(logging_server, CLIENT_ID)
    assert line["logger"] == "issue_portal.requests"
    assert (line["method"], line["status"]) == ("GET", 200)
    assert line["route"] == "/v1/app/issue/{issue_id}"
    assert line["milliseconds"] > 0


@pytest.mark.parametrize("path", ["/issue", "/issue/receipt"])
def test_request_id_of_a_visitor_is_replaced(logging_server, path):
    visitor = ApiCaller(logging_server.url, logging_server.visitor_token())
    response = visitor("POST", path, json={}, headers={REQUEST_ID_HEADER: CLIENT_ID[::-1]})
    assert SERVER_ID_PATTERN.fullmatch(response.headers[REQUEST_ID_HEADER])
    assert wait_for_log(logging_server, response.headers[REQUEST_ID_HEADER])
    assert CLIENT_ID[::-1] not in logging_server.log


def test_invalid_request_id_is_replaced(logging_server):
    response = httpx.get(
        f"{logging_server.url}/api/health", headers={REQUEST_ID_HEADER: "ann@example.com"}
    )
    assert SERVER_ID_PATTERN.fullmatch(response.headers[REQUEST_ID_HEADER])


def test_log_has_no_address_person_issue_or_search_text(logging_server):
    token = logging_server.create_api_token("Grace", Role.ADMIN)
    caller = ApiCaller(logging_server.url, token)
    me = caller("GET", "/me").json()
    report = caller.report("It forgot the budget.")
    caller("GET", "/issue", params={"filter_by_text": "budget", "created_by": me["id"]})
    caller("GET", "/issue", params={"search": "budget"})
    caller("PUT", f"/issue/{report['id']}", json={"state": "InReview"})
    caller("GET", f"/issue/{report['id']}/history")
    caller("GET", "/no/such/address")
    caller.report("And the plan.", anonymous=True)
    wait_for_log(logging_server, caller("GET", "/me").headers[REQUEST_ID_HEADER])
    logged = "\n".join(map(json.dumps, read_log(logging_server)))
    assert "/v1/app/issue/{issue_id}/history" in logged
    for text in (token, me["id"], me["email"], "Grace", report["id"], "budget", "such", "plan"):
        assert text not in logged
    _, *after_start = logged.splitlines()  # The first line has the address of the server.
    assert "127.0.0.1" not in "\n".join(after_start)


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_portal_logs_no_client_address(tmp_path, log_format):
    server = make_portal_server(tmp_path / "data", ISSUES_LOG=log_format)
    if log_format == "text":
        python, *_ = server.command
        server.command = [python, "-m", "uvicorn", "app:app", "--port", str(server.port)]
    server.start()
    with connect(f"ws://localhost:{server.port}/_stcore/stream", subprotocols=["streamlit"]):
        me = ApiCaller(server.url, server.token("Ann"))("GET", "/me")
    server.stop()
    assert "127.0.0.1" not in server.log.replace(f"http://127.0.0.1:{server.port}", "")
    if log_format == "json":
        lines_after_url = server.log.partition("Issue Portal: ")[2].splitlines()[2:]
        assert all(line.startswith("{") for line in lines_after_url), server.log
        assert wait_for_log(server, me.headers[REQUEST_ID_HEADER])


def test_failure_is_logged_with_its_request_id(tmp_path):
    server = make_api_server(tmp_path / "data", ISSUES_LOG="json").start()
    with sqlite3.connect(server.data_dir / "issues.db") as database:
        database.execute("DROP TABLE history")
    caller = ApiCaller(server.url, server.token("Ann"))
    response = caller("GET", "/issue/issue_0000000000000000/history")
    assert response.status_code == 404
    report = {"description": "x", "resource_type": "Thread", "type": "Other", "anonymous": False}
    response = caller("POST", "/issue", json=report)
    assert response.status_code == 503
    server.stop()
    levels = [line["level"] for line in wait_for_log(server, response.headers[REQUEST_ID_HEADER])]
    assert sorted(levels) == ["error", "info"]
