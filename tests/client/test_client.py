"""The client: what it sends, what it retries, which error it raises. The servers are real."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from api import errors
from api.client import IssuesClient
from api.contract import IssueQuery, IssueState, IssueType, NewIssue, ResourceType, Role
from tests.conftest import free_port

ISSUE = {"id": "issue_5c4b3a2d1e0f9a8b", "issue_number": 7, "description": "x", "is_read": True}


def new(description="x", *, anonymous=False):
    return NewIssue(
        description=description,
        resource_type=ResourceType.THREAD,
        type=IssueType.OTHER,
        anonymous=anonymous,
    )


class Script:
    """A server that gives prepared answers, the last one for ever, and notes what it was asked."""

    def __init__(self, *answers) -> None:
        self.answers = list(answers)
        self.requests: list[tuple[str, str, dict, bytes]] = []
        self.url = ""

    def next(self):
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def serving(*answers) -> Iterator[Script]:
    """Each answer is (status, headers, body), or "drop" to break the connection off."""
    script = Script(*answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self):
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            script.requests.append((self.command, self.path, dict(self.headers), body))
            answer = script.next()
            if answer == "drop":
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            if answer == "hang":
                time.sleep(1)
                self.close_connection = True
                return
            status, headers, content = answer
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(data)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_DELETE = handle_any

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    script.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield script
    server.shutdown()


def quick(url, **settings):
    return IssuesClient(url, "token", **{"timeout": 0.5, "patience": 5.0} | settings)


OK = (200, {}, ISSUE)
MADE = (201, {}, ISSUE)
PROBLEM = {
    "title": "No",
    "status": 400,
    "detail": "Bad.",
    "errors": [{"field": "a", "message": "b"}],
}


# Against our own server


def test_whole_life_of_an_issue(api):
    with (
        api.client(api.token("Lifelong")) as member,
        api.client(api.token("Looker", Role.ADMIN)) as reviewer,
    ):
        issue = member.create(new("before"))
        assert member.me().name == "Lifelong"
        assert member.get(issue.id) == issue
        issue = member.update(issue, description="after")
        issue = reviewer.update(issue, state=IssueState.IN_REVIEW, is_read=True)
        assert (issue.state, issue.is_read, issue.description) == ("InReview", True, "after")
        assert reviewer.history(issue.id).data[0].action == "created"
        assert "Lifelong" in {user.name for user in reviewer.users()}
        assert reviewer.stats().total >= 1
        reviewer.delete(issue.id)
        with pytest.raises(errors.NotFound):
            member.get(issue.id)


def test_receipt_is_looked_up(api):
    with api.client(api.guest_token()) as visitor:
        issue = visitor.create(new(anonymous=True))
        assert visitor.look_up_receipt(issue.receipt).issue_number == issue.issue_number
        with pytest.raises(errors.NotFound):
            visitor.look_up_receipt("0000-0000-0000-0000")


def test_all_pages_are_iterated_once(api):
    with api.client(api.token("Iterator")) as client:
        made = [client.create(new(str(number))).id for number in range(7)]
        query = IssueQuery(page_size=3, type=(IssueType.OTHER,))
        assert [issue.id for issue in client.iterate(query)] == made[::-1]


def test_pages_by_number_are_iterated_where_there_are_no_cursors():
    def page(ids, more):
        return (200, {}, {"data": [{"id": i} for i in ids], "has_next_page": more})

    with serving(page("ab", True), page("bc", True), page("d", False)) as script:
        assert [issue.id for issue in quick(script.url).iterate()] == ["a", "b", "c", "d"]
        assert "page=3" in script.requests[-1][1]


# What is sent


def test_is_read_is_always_sent_with_an_update():
    with serving(OK) as script:
        client = quick(script.url)
        client.update(client.get("x"), state=IssueState.CLOSED)
        assert json.loads(script.requests[-1][3]) == {"is_read": True, "state": "Closed"}


def test_query_is_sent_as_the_contract_says():
    with serving((200, {}, {"data": []})) as script:
        query = IssueQuery(
            page=2, states=(IssueState.CLOSED, IssueState.IN_REVIEW), total_count=False
        )
        quick(script.url).list(query)
        sent = httpx.URL(script.requests[0][1]).params
        assert dict(sent) == {"page": "2", "states": "Closed,InReview", "total_count": "false"}


def test_ids_cannot_escape_their_path():
    with serving(OK) as script:
        quick(script.url).get("../user?x=1#y")
        assert script.requests[0][1] == "/api/v1/app/issue/..%2Fuser%3Fx%3D1%23y"


# What is retried


@pytest.mark.parametrize("failure", ["drop", (503, {}, {}), (429, {"Retry-After": "0"}, {})])
def test_safe_calls_are_retried(failure):
    with serving(failure, OK) as script:
        assert quick(script.url).get("x").issue_number == 7
        assert len(script.requests) == 2


def test_create_is_retried_with_the_same_key():
    with serving("drop", (503, {}, {}), MADE) as script:
        quick(script.url).create(new(), idempotency_key="k")
        assert {headers["Idempotency-Key"] for _, _, headers, _ in script.requests} == {"k"}
        assert len(script.requests) == 3


def test_refused_connection_is_retried_until_the_server_is_there():
    port = free_port()
    with pytest.raises(errors.Unreachable):
        quick(f"http://127.0.0.1:{port}", attempts=2).get("x")


def test_retry_after_is_honoured():
    with serving((429, {"Retry-After": "1"}, {}), OK) as script:
        before = time.monotonic()
        quick(script.url).get("x")
        assert time.monotonic() - before >= 1


def test_long_waits_are_left_to_the_caller():
    with serving((429, {"Retry-After": "3600"}, {})) as script:
        with pytest.raises(errors.RateLimited) as raised:
            quick(script.url).get("x")
        assert raised.value.retry_after == 3600
        assert len(script.requests) == 1


def test_patience_bounds_the_whole_call():
    with serving((503, {"Retry-After": "2"}, {})) as script:
        before = time.monotonic()
        with pytest.raises(errors.ServerFailed):
            quick(script.url, attempts=100, patience=1).get("x")
        assert time.monotonic() - before < 2
        assert len(script.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 500])
def test_refusals_are_not_retried(status):
    with serving((status, {}, PROBLEM)) as script:
        with pytest.raises(errors.ApiError):
            quick(script.url).get("x")
        assert len(script.requests) == 1


def test_slow_server_times_out():
    with serving("hang") as script, pytest.raises(errors.Unreachable):
        quick(script.url, attempts=1, timeout=0.2).get("x")


# What is raised


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.Invalid),
        (401, errors.Unauthenticated),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (405, errors.NotSupported),
        (409, errors.Conflict),
        (412, errors.PreconditionFailed),
        (413, errors.Invalid),
        (500, errors.ServerFailed),
    ],
)
def test_each_status_has_its_error(status, kind):
    with serving((status, {}, PROBLEM)) as script:
        with pytest.raises(kind, match="Bad") as raised:
            quick(script.url).get("x")
        assert raised.value.status == status
        assert raised.value.fields[0].field == "a"


@pytest.mark.parametrize("body", [b"<html>Bad gateway</html>", b"", b"[1]", b'"text"', b"\xff"])
def test_error_that_is_no_problem_document_is_still_an_error(body):
    with serving((404, {}, body)) as script, pytest.raises(errors.NotFound):
        quick(script.url).get("x")


@pytest.mark.parametrize("body", [b"<html></html>", b"", b"[]", b'{"issue_number": 1}', b"\xff"])
def test_answer_that_is_not_of_the_contract(body):
    with serving((200, {}, body)) as script, pytest.raises(errors.BadAnswer):
        quick(script.url).get("x")


def test_redirects_are_not_followed():
    with serving(OK) as elsewhere, serving((302, {"Location": elsewhere.url}, b"")) as script:
        with pytest.raises(errors.BadAnswer):
            quick(script.url).get("x")
        assert elsewhere.requests == []


def test_what_a_newer_server_adds_does_no_harm():
    newer = {**ISSUE, "type": "Rude", "state": "Parked", "priority": 1, "created_by": None}
    with serving((200, {}, newer)) as script:
        issue = quick(script.url).get("x")
        assert (issue.type, issue.state) == ("Rude", "Parked")


def test_token_is_asked_for_with_each_attempt():
    tokens = iter(["old", "new"])
    with serving((503, {}, {}), OK) as script:
        IssuesClient(script.url, lambda: next(tokens)).get("x")
        assert [h["Authorization"] for _, _, h, _ in script.requests] == [
            "Bearer old",
            "Bearer new",
        ]
