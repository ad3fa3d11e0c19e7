"""Lost responses to changes: the client repeats the change if that is safe, or raises an error."""

import time
from types import SimpleNamespace

import httpx
import pytest

from issue_portal.client import errors
from issue_portal.client.async_client import AsyncIssuesClient
from issue_portal.client.client import IssuesClient
from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import IssueState
from tests.client.prepared_responses import (
    CREATED,
    ISSUE,
    KEY_LIFETIME_HEADER,
    LOST_RESPONSES,
    ME_WITH_KEY_LIFETIME,
    OK,
    RATE_LIMITED,
)
from tests.factories import make_new_issue
from tests.loops import run_in_loop
from tests.servers.scripted_server import drop, forward, respond_and_close, serving


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_connection_that_the_server_may_be_closing_is_not_used(monkeypatch, kind):
    """Many servers close a connection that has been idle for 5 s, and requests may cross this."""
    idle = 0.0
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + idle)
    monkeypatch.setattr(f"httpcore._{kind}.http11.time", clock)
    with serving(OK) as server:

        async def call_with_pauses():
            nonlocal idle
            client = (AsyncIssuesClient if kind == "async" else IssuesClient)(server.url, "token")
            connections = []
            for idle in (0.0, 2.0, 6.5):  # noqa: B007 - the clock reads it
                issue = client.get("i")
                if kind == "async":
                    await issue
                connections.append(len(server.connections))
            return connections

        assert run_in_loop(call_with_pauses) == [1, 1, 2]


# Reports


@pytest.mark.parametrize("failure", LOST_RESPONSES)
def test_report_is_not_repeated_if_it_could_be_stored_twice(make_client, failure):
    with serving(failure, (404, {}, b"")) as server:
        with pytest.raises(
            (errors.UnreachableError, errors.ServerError), match="may have stored it"
        ) as raised:
            make_client(server.url).create(make_new_issue())
        assert raised.value.unsure
        assert server.calls == ["POST /issue", "GET /me"]


@pytest.mark.parametrize("failure", LOST_RESPONSES)
def test_report_is_repeated_if_the_server_keeps_idempotency_keys(make_client, failure):
    with serving(failure, ME_WITH_KEY_LIFETIME, failure, CREATED) as server:
        assert (
            make_client(server.url).create(make_new_issue(), idempotency_key="k").issue_number == 7
        )
        assert server.calls == ["POST /issue", "GET /me", "POST /issue", "POST /issue"]
        keys = {h.get("Idempotency-Key") for _, path, h, _ in server.requests if "issue" in path}
        assert keys == {"k"}


def test_any_response_can_announce_the_lifetime_of_keys(make_client):
    with serving((200, KEY_LIFETIME_HEADER, ISSUE), drop, CREATED) as server:
        client = make_client(server.url)
        client.get("x")
        client.create(make_new_issue())
        assert server.calls == ["GET /issue/x", "POST /issue", "POST /issue"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/issue", 200),
        ("GET", "/issue?page=0", 400),
        ("GET", "/issue/issue_0000000000000000", 404),
        ("POST", "/issue", 415),
    ],
)
def test_our_server_sends_the_lifetime_of_idempotency_keys(api, method, path, status):
    for token, expected in ((api.token("Ann"), status), ("unknown-token", 401)):
        headers = {"Authorization": f"Bearer {token}"}
        response = httpx.request(method, f"{api.url}/api/v1/app{path}", headers=headers)
        assert response.status_code == expected
        assert response.headers["Idempotency-Key-Lifetime"] == "86400"


@pytest.mark.parametrize("lifetime", ["0", "3", "no", "", "-1"])
def test_report_is_not_repeated_if_the_lifetime_of_keys_is_short(make_client, lifetime):
    headers = {"Idempotency-Key-Lifetime": lifetime}
    with serving(drop, (200, headers, {})) as server:
        with pytest.raises(errors.UnreachableError, match="may have stored it"):
            make_client(server.url).create(make_new_issue())
        assert len(server.requests) == 2


def test_copy_with_more_time_does_not_repeat_a_report_after_the_lifetime_of_keys(make_client):
    announced = (200, {"Idempotency-Key-Lifetime": "60"}, ISSUE)
    with serving(announced, drop, (404, {}, b""), drop, CREATED) as server:
        client = make_client(server.url, total_timeout=10.0)
        client.get("x")
        with pytest.raises(errors.UnreachableError, match="may have stored it"):
            client.with_options(total_timeout=90.0).create(make_new_issue())
        assert server.calls[1:] == ["POST /issue", "GET /me"]
        assert client.create(make_new_issue()).issue_number == 7


def test_report_is_repeated_as_soon_as_the_server_recovers(make_client):
    with serving(drop, (502, {}, b""), ME_WITH_KEY_LIFETIME, CREATED) as server:
        make_client(server.url).create(make_new_issue())
        assert server.calls == ["POST /issue", "GET /me", "GET /me", "POST /issue"]


def test_rate_limited_report_is_repeated(make_client):
    with serving(RATE_LIMITED, RATE_LIMITED, CREATED) as server:
        make_client(server.url).create(make_new_issue())
        assert server.calls == ["POST /issue"] * 3


def test_outcome_stays_unknown_after_a_refused_retry(make_client):
    with serving(drop, ME_WITH_KEY_LIFETIME, (401, {}, {"title": "Expired."})) as server:
        with pytest.raises(errors.AuthenticationError, match=r"Expired\. The server may") as raised:
            make_client(server.url).create(make_new_issue())
        assert raised.value.unsure


def test_report_with_an_unreadable_response_is_not_repeated(make_client):
    with serving((201, KEY_LIFETIME_HEADER, b"<html>")) as server:
        with pytest.raises(errors.BadResponseError, match="The server may have stored it anyway"):
            make_client(server.url).create(make_new_issue())
        assert len(server.requests) == 1


def test_report_with_a_lost_response_is_stored_once(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    url = api_variant.server.url
    before = len(list(client.iterate()))
    with serving(forward(url, lose=True), forward(url)) as server:
        proxied = api_variant.make_client(client_factory, url=server.url)
        if api_variant.name == "ours":
            proxied.create(api_variant.make_new_issue("x"))
            assert server.calls == ["POST /issue", "GET /me", "POST /issue"]
        else:
            with pytest.raises(errors.UnreachableError, match="may have stored it"):
                proxied.create(api_variant.make_new_issue("x"))
    assert len(list(client.iterate())) == before + 1


def test_deletion_with_a_lost_response_succeeds(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    issue = client.create(api_variant.make_new_issue("x"))
    url = api_variant.server.url
    with serving(forward(url, lose=True), forward(url)) as server:
        api_variant.make_client(client_factory, url=server.url).delete(issue.id)
    with pytest.raises(errors.NotFoundError):
        client.get(issue.id)


def test_update_with_a_lost_response_succeeds(api_variant, client_factory):
    client = api_variant.make_client(client_factory)
    issue = client.get(client.create(api_variant.make_new_issue("x")).id)
    url = api_variant.server.url
    with serving(forward(url, lose=True), forward(url)) as server:
        proxied = api_variant.make_client(client_factory, url=server.url)
        changed = proxied.update(issue.model_copy(), is_read=True, if_unchanged=bool(issue.etag))
    assert changed.is_read
    assert changed.etag == client.get(issue.id).etag


# Connections that the server closed


def test_closed_connections_are_reopened(make_client):
    with serving(respond_and_close(200, KEY_LIFETIME_HEADER, ISSUE)) as server:
        client = make_client(server.url)
        for _ in range(3):
            client.get("x")
            client.create(make_new_issue())
            client.update(Issue(id="i"), is_read=True)
            client.delete("x")


# Changes and deletions


@pytest.mark.parametrize("status", [404, 410])
def test_not_found_after_a_lost_response_counts_as_deleted(make_client, status):
    with serving(drop, (status, {}, {})) as server:
        make_client(server.url).delete("x")
        assert server.calls == ["DELETE /issue/x"] * 2


def test_not_found_without_a_lost_response_is_an_error(make_client):
    for answers in ([(404, {}, {})], [RATE_LIMITED, (404, {}, {})]):
        with serving(*answers) as server, pytest.raises(errors.NotFoundError):
            make_client(server.url).delete("x")


@pytest.mark.parametrize("current", [(404, {}, {}), (200, {}, {**ISSUE, "state": "Deleted"})])
def test_conditional_delete_succeeds_if_the_issue_is_gone_after_a_lost_response(
    make_client, current
):
    with serving(drop, (412, {}, {}), current) as server:
        make_client(server.url).delete("x", etag='"a"')
        assert [h.get("If-Match") for _, _, h, _ in server.requests] == ['"a"', '"a"', None]


def test_conditional_delete_detects_a_change_by_another_client(make_client):
    with serving(drop, (412, {}, {}), OK) as server, pytest.raises(errors.PreconditionFailedError):
        make_client(server.url).delete("x", etag='"a"')


def test_update_with_if_unchanged_sends_the_entity_tag(make_client):
    with serving((200, {"ETag": 'W/"a"'}, ISSUE), (200, {"ETag": '"b"'}, ISSUE)) as server:
        client = make_client(server.url)
        issue = client.get("i")
        assert client.update(issue, is_read=True, if_unchanged=True).etag == '"b"'
        assert client.update(issue, is_read=True).etag == '"b"'
        assert [h.get("If-Match") for _, _, h, _ in server.requests] == [None, '"a"', None]


def test_retry_of_a_change_that_was_stored_is_no_conflict(make_client):
    closed = {**ISSUE, "state": "Closed"}
    first = (200, {"ETag": '"a"'}, ISSUE)
    with serving(first, drop, (412, {}, {}), (200, {"ETag": '"b"'}, closed)) as server:
        client = make_client(server.url)
        issue = client.update(client.get("i"), state=IssueState.CLOSED, if_unchanged=True)
        assert (issue.state, issue.etag) == ("Closed", '"b"')


@pytest.mark.parametrize("fields", [{}, {"state": "Closed", "description": "theirs"}])
def test_change_by_another_client_after_a_lost_response_is_a_conflict(make_client, fields):
    first = (200, {"ETag": '"a"'}, ISSUE)
    with serving(first, drop, (412, {}, {}), (200, {}, ISSUE | fields)) as server:
        client = make_client(server.url)
        with pytest.raises(errors.PreconditionFailedError):
            client.update(client.get("i"), state=IssueState.CLOSED, if_unchanged=True)


def test_errors_say_whether_the_outcome_is_unknown(make_client):
    refused = (403, {}, {"title": "No."})
    for call in (lambda client: client.delete("i"), lambda client: client.update(Issue(id="i"))):
        with serving(drop, refused) as server:
            with pytest.raises(
                errors.PermissionDeniedError, match="The server may have stored it anyway"
            ) as raised:
                call(make_client(server.url))
            assert raised.value.unsure
        with serving(refused) as server:
            with pytest.raises(errors.PermissionDeniedError) as raised:
                call(make_client(server.url))
            assert not raised.value.unsure


def test_failed_condition_at_the_first_attempt_is_a_conflict(make_client):
    with serving((200, {"ETag": '"a"'}, ISSUE), (412, {}, {})) as server:
        client = make_client(server.url)
        with pytest.raises(errors.PreconditionFailedError):
            client.update(client.get("i"), state=IssueState.CLOSED, if_unchanged=True)
        assert len(server.requests) == 2


def test_probe_after_an_anonymous_report_has_no_token(make_client):
    """The server records the use of a token, which would be at the time of the report."""
    with serving(drop, ME_WITH_KEY_LIFETIME, CREATED) as server:
        make_client(server.url).create(make_new_issue(anonymous=True))
        assert server.calls == ["POST /issue", "GET /me", "POST /issue"]
        has_token = ["Authorization" in headers for _, _, headers, _ in server.requests]
    assert has_token == [True, False, True]
