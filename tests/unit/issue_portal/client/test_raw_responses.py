"""Raw responses, and requests that the client has no method for."""

import json

import pytest

from issue_portal import (
    BadRequestError,
    BadResponseError,
    ConflictError,
    IssuesError,
    NotFoundError,
    ServerError,
)
from issue_portal.client.async_client import AsyncIssuesClient
from issue_portal.client.client import IssuesClient
from issue_portal.models.requests import BulkChange
from issue_portal.models.vocabulary import REQUEST_ID_HEADER
from tests.client.prepared_responses import LOST_RESPONSES, ME_WITH_KEY_LIFETIME
from tests.factories import make_new_issue
from tests.servers.scripted_server import drop, serving

ISSUE = {"id": "x", "issue_number": 7, "is_read": False}
TAGGED = (200, {"ETag": '"1"', REQUEST_ID_HEADER: "id-of-the-server"}, ISSUE)


def test_raw_response_has_the_response_and_the_result(make_client):
    with serving(TAGGED) as server:
        raw = make_client(server.url).with_raw_response
        response = raw.get("x")
        assert response.status == 200
        assert response.headers["etag"] == '"1"'
        assert response.request_id == "id-of-the-server"
        assert json.loads(response.content) == json.loads(response.text()) == ISSUE
        assert response.parse().issue_number == 7
        assert response.parse().etag == '"1"'
        assert "issue_number" not in repr(response)


def test_raw_response_is_the_last_of_a_call(make_client):
    with serving(TAGGED, (200, {}, {"id": "x", "state": "Closed"})) as server:
        response = make_client(server.url).with_raw_response.update("x", state="Closed")
        assert server.calls == ["GET /issue/x", "PUT /issue/x"]
        assert "state" in response.text()
        assert response.request_id == server.requests[-1][2][REQUEST_ID_HEADER]


def list_calls(client_type: type) -> set[str]:
    names = {name for name in dir(client_type) if not name.startswith("_")}
    others = {"aclose", "close", "iterate", "learn_values", "request"}
    return names - others - {"with_options", "with_raw_response"}


def test_every_call_has_a_raw_response():
    with IssuesClient("http://test", "t") as client:
        assert {*vars(client.with_raw_response), "create"} - {"_client"} == list_calls(IssuesClient)
        names = {*vars(AsyncIssuesClient("http://test", "t").with_raw_response), "create"}
        assert names - {"_client"} == list_calls(AsyncIssuesClient)


def test_raw_response_is_that_of_its_call(make_client):
    page = {"data": []}
    stats = dict.fromkeys(("total", "unread", "anonymous"), 0)
    stats |= {"by_state": {}, "by_type": {}, "by_day": []}
    view = {"issue_number": 7, "type": "Other", "state": "Closed"}
    view |= dict.fromkeys(("created_at", "updated_at"), "2026-02-08T14:55:10Z")
    user = {"id": "u"}
    calls = {
        "create": ((make_new_issue(),), ISSUE),
        "get": (("x",), ISSUE),
        "delete": (("x",), ISSUE),
        "restore": (("x",), ISSUE),
        "update_many": ((["x"], BulkChange(is_read=True)), []),
        "list": ((), page),
        "history": (("x",), page),
        "stats": ((), stats),
        "look_up_receipt": (("1",), view),
        "me": ((), user),
        "users": ((), page),
        "projects": ((), page),
        "name_project": (("p", "n"), user),
    }
    for name, (arguments, document) in calls.items():
        with serving((200, {"X-Name": name}, document)) as server:
            raw = make_client(server.url).with_raw_response
            response = getattr(raw, name)(*arguments)
            assert response.headers["x-name"] == name
            response.parse()


def test_raw_calls_raise_the_usual_errors(make_client):
    with serving((404, {}, {"detail": "No."})) as server, pytest.raises(NotFoundError, match="No"):
        make_client(server.url).with_raw_response.get("x")


def test_anonymous_reports_have_no_request_id(make_client):
    with serving((201, {}, ISSUE)) as server:
        client = make_client(server.url)
        new = make_new_issue(anonymous=True)
        assert client.with_raw_response.create(new).request_id is None
        body = new.model_dump(mode="json", exclude_none=True)
        assert client.request("POST", "/issue", json=body).request_id is None
        client.request("POST", "issue/receipt/message", json={"receipt": "1", "text": "x"})
        assert not any(REQUEST_ID_HEADER in headers for _, _, headers, _ in server.requests)


# Requests that the client has no method for


def test_request_sends_what_it_is_given(make_client):
    with serving((200, {}, [{"name": "a"}]), (204, {}, b"")) as server:
        client = make_client(server.url, org="aurora")
        response = client.request("get", "tag", params={"q": "a b", "n": 1, "all": True})
        assert response.parse() == [{"name": "a"}]
        assert server.requests[0][1] == "/api/v1/app/tag?q=a+b&n=1&all=true"
        assert server.requests[0][2]["x-org"] == "aurora"
        sent = client.request("PUT", "/tag/a", json={"name": "b"}, headers={"If-Match": '"1"'})
        assert sent.parse() is None
        _, _, headers, body = server.requests[1]
        assert (headers["If-Match"], json.loads(body)) == ('"1"', {"name": "b"})


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/../../secret",
            "tag/..",
            "/tag?q=1",
            "/tag#x",
            "/a\nb",
            "..",
            "/./x",
            "\\x",
            "/%2e%2E/x",
        ),
        *("http://127.0.0.1/x", "/api/v1/app/me"),
    ],
)
def test_request_stays_under_the_path_of_the_api(make_client, path):
    with serving(TAGGED) as server:
        with pytest.raises(BadRequestError) as raised:
            make_client(server.url).request("GET", path)
        assert raised.value.fields[0].field == "path"
        make_client(server.url).request("GET", "//elsewhere.example/x@y")
        assert server.requests[0][1] == "/api/v1/app//elsewhere.example/x@y"
        assert len(server.requests) == 1


def test_request_raises_the_usual_errors(make_client):
    with serving((409, {}, {"code": "conflict"}), (200, {}, b"<html>")) as server:
        client = make_client(server.url)
        with pytest.raises(ConflictError) as raised:
            client.request("GET", "/tag")
        assert raised.value.code == "conflict"
        response = client.request("GET", "/tag")
        assert response.text() == "<html>"
        with pytest.raises(BadResponseError):
            response.parse()
        for method in ("G T", "", "GET\n"):
            with pytest.raises(BadRequestError, match="method"):
                client.request(method, "/tag")


def test_request_raises_an_error_for_a_body_that_cannot_be_read(make_client):
    """An empty `content` would look like an empty response."""
    flawed = (200, {"Content-Encoding": "gzip"}, b"not compressed")
    with serving(flawed, flawed) as server:
        client = make_client(server.url)
        with pytest.raises(BadResponseError, match="decompressed") as read:
            client.request("GET", "/tag")
        with pytest.raises(BadResponseError, match="decompressed") as stored:
            client.request("POST", "/tag", json={})
    assert (read.value.unsure, stored.value.unsure) == (False, True)


def test_unchanged_resource_is_no_error(make_client):
    with serving((304, {"ETag": '"1"'}, b"")) as server:
        response = make_client(server.url).request(
            "GET", "/issue/x", headers={"If-None-Match": '"1"'}
        )
        assert (response.status, response.parse()) == (304, None)


@pytest.mark.parametrize("failure", LOST_RESPONSES)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_idempotent_requests_are_repeated(make_client, method, failure):
    with serving(failure, TAGGED) as server:
        response = make_client(server.url).request(method, "/tag")
        assert server.calls == [f"{method} /tag"] * 2
        assert response.parse() == ISSUE


def test_head_has_headers_only_and_is_repeated(make_client):
    with serving(drop, TAGGED) as server:
        response = make_client(server.url).request("HEAD", "/issue/x")
        assert server.calls == ["HEAD /issue/x"] * 2
        assert (response.headers["etag"], response.parse()) == ('"1"', None)


@pytest.mark.parametrize("failure", LOST_RESPONSES)
@pytest.mark.parametrize(
    ("method", "headers"), [("POST", None), ("PATCH", None), ("PATCH", {"Idempotency-Key": "k"})]
)
def test_other_requests_are_not_repeated(make_client, method, headers, failure):
    with serving((200, {"Idempotency-Key-Lifetime": "86400"}, ISSUE), failure, TAGGED) as server:
        client = make_client(server.url)
        client.get("x")
        with pytest.raises(IssuesError) as raised:
            client.request(method, "/view", json={}, headers=headers)
        assert raised.value.unsure
        assert server.calls[1:] == [f"{method} /view"]


@pytest.mark.parametrize("failure", LOST_RESPONSES)
def test_post_with_a_key_is_repeated_if_the_server_keeps_keys(make_client, failure):
    headers = {"idempotency-key": "k"}
    with serving(failure, ME_WITH_KEY_LIFETIME, failure, TAGGED) as server:
        client = make_client(server.url)
        assert client.request("POST", "/view", json={}, headers=headers).status == 200
    with serving(failure, (404, {}, {}), TAGGED) as server:
        with pytest.raises(IssuesError) as raised:
            make_client(server.url).request("POST", "/view", json={}, headers=headers)
        assert raised.value.unsure
        assert server.calls == ["POST /view", "GET /me"]


def test_post_that_was_not_accepted_is_repeated(make_client):
    with serving((429, {"Retry-After": "0"}, {}), TAGGED) as server:
        make_client(server.url).request("POST", "/view", json={})
        assert len(server.requests) == 2


def test_lost_get_is_not_unsure(make_client):
    with serving(drop, (503, {}, {})) as server, pytest.raises(ServerError) as raised:
        make_client(server.url, max_retries=1).request("GET", "/tag")
    assert not raised.value.unsure
