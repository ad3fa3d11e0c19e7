"""Retries, timeouts and request ids of the client."""

import time

import pytest

from issue_portal.client import errors
from issue_portal.models.vocabulary import REQUEST_ID_HEADER
from tests.client.prepared_responses import CREATED, LOST_RESPONSES, OK, RATE_LIMITED
from tests.factories import make_new_issue
from tests.servers.processes import find_free_port
from tests.servers.scripted_server import drop, hang, serving

# Safe calls


@pytest.mark.parametrize("failure", [*LOST_RESPONSES, RATE_LIMITED])
def test_safe_calls_are_retried(make_client, failure):
    with serving(failure, OK) as server:
        assert make_client(server.url).get("x").issue_number == 7
        assert len(server.requests) == 2


def test_receipt_lookup_is_retried(make_client):
    view = {
        "issue_number": 7,
        "type": "Other",
        "state": "Closed",
        "created_at": "2026-02-08T14:55:10Z",
        "updated_at": "2026-02-08T14:55:10Z",
        "history": None,
    }
    with serving(drop, (200, {}, view)) as server:
        assert make_client(server.url).look_up_receipt("1").issue_number == 7
        assert server.calls == ["POST /issue/receipt"] * 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 500, 501])
def test_permanent_errors_are_not_retried(make_client, status):
    with serving((status, {}, {})) as server:
        client = make_client(server.url)
        for call in (lambda: client.get("x"), lambda: client.create(make_new_issue())):
            server.requests.clear()
            with pytest.raises(errors.ApiError):
                call()
            assert len(server.requests) == 1


def test_call_raises_after_its_last_attempt(make_client):
    with serving((503, {}, {"detail": "Down."})) as server:
        with pytest.raises(errors.ServerError, match=r"^Down\.$"):
            make_client(server.url, max_retries=2).get("x")
        assert len(server.requests) == 3


def test_error_of_a_refused_connection_is_not_unsure(make_client):
    with pytest.raises(errors.UnreachableError, match="Cannot reach") as raised:
        make_client(f"http://127.0.0.1:{find_free_port()}", max_retries=1).create(make_new_issue())
    assert not raised.value.unsure


@pytest.mark.parametrize("url", ["localhost:1", "ftp://localhost", ""])
def test_invalid_base_url_is_refused(make_client, url):
    with pytest.raises(errors.ConfigurationError, match="URL"):
        make_client(url)


def test_retry_after_is_honoured(make_client):
    with serving((429, {"Retry-After": "1"}, {}), CREATED) as server:
        start_time = time.monotonic()
        make_client(server.url).create(make_new_issue())
        assert time.monotonic() - start_time >= 1


def test_long_retry_after_raises_at_once(make_client):
    with serving((429, {"Retry-After": "3600"}, {})) as server:
        with pytest.raises(errors.RateLimitError) as raised:
            make_client(server.url).get("x")
        assert raised.value.retry_after == 3600
        assert len(server.requests) == 1


# Limits


def test_call_does_not_wait_longer_than_its_total_timeout(make_client):
    with serving((503, {"Retry-After": "2"}, {})) as server:
        start_time = time.monotonic()
        with pytest.raises(errors.ServerError):
            make_client(server.url, max_retries=99, total_timeout=1).get("x")
        assert time.monotonic() - start_time < 2
        assert len(server.requests) == 1


def test_many_failures_cause_few_requests(make_client):
    with serving((500, {}, b"<html>")) as server:
        client = make_client(server.url)
        for _ in range(20):
            with pytest.raises(errors.ServerError):
                client.list()
        assert len(server.requests) == 20
    with serving((503, {}, b"")) as server:
        # On a busy machine, the time limit may end during an attempt.
        with pytest.raises((errors.ServerError, errors.UnreachableError)):
            make_client(server.url, max_retries=99, total_timeout=1).list()
        assert len(server.requests) < 10


def test_slow_server_times_out(make_client):
    with serving(hang) as server, pytest.raises(errors.UnreachableError, match="in time"):
        make_client(server.url, max_retries=0, timeout=0.6).get("x")


# Request ids


def test_attempts_of_a_call_share_a_request_id(make_client):
    with serving(drop, OK) as server:
        client = make_client(server.url)
        client.get("x")
        client.get("x")
        first, retried, other = (headers[REQUEST_ID_HEADER] for _, _, headers, _ in server.requests)
        assert first == retried != other


@pytest.mark.parametrize(
    ("headers", "server_id"), [({}, None), ({REQUEST_ID_HEADER: "its-own-id"}, "its-own-id")]
)
def test_errors_have_the_request_id_of_server_or_client(make_client, headers, server_id):
    with serving((500, headers, {})) as server:
        with pytest.raises(errors.ServerError) as failure:
            make_client(server.url).get("x")
        assert failure.value.request_id == (server_id or server.requests[0][2][REQUEST_ID_HEADER])


@pytest.mark.parametrize("answer", [drop, (500, {REQUEST_ID_HEADER: "its-own-id"}, {})])
def test_anonymous_reports_and_receipts_have_no_request_id(make_client, answer):
    with serving(answer) as server:
        client = make_client(server.url, max_retries=0)
        for call in (
            lambda: client.create(make_new_issue(anonymous=True)),
            lambda: client.look_up_receipt("1"),
        ):
            with pytest.raises(errors.IssuesError) as failure:
                call()
            assert failure.value.request_id is None
        assert not any(REQUEST_ID_HEADER in headers for _, _, headers, _ in server.requests)
