"""One request and its response: limits of time and size, and logs without private data."""

import logging
import time
import traceback

import pytest

from issue_portal.client import errors
from issue_portal.models.requests import IssueQuery
from tests.factories import make_new_issue
from tests.servers.scripted_server import (
    drop,
    endless_body,
    serving,
    slow_body,
    slow_headers,
    truncated_not_found,
)

OK = (200, {}, {"id": "i", "issue_number": 7})


@pytest.mark.parametrize("response", [slow_body, slow_headers])
def test_slowly_sent_response_times_out(make_client, response):
    with serving(response) as server:
        started = time.monotonic()
        with pytest.raises(errors.UnreachableError, match="in time"):
            make_client(server.url, total_timeout=0.7).get("x")
        assert 0.6 < time.monotonic() - started < 3
        assert len(server.requests) == 1


def test_slowly_sent_response_times_out_on_a_reused_connection(make_client):
    with serving(OK, slow_headers) as server:
        client = make_client(server.url, total_timeout=1.0)
        client.get("x")
        started = time.monotonic()
        with pytest.raises(errors.UnreachableError):
            client.get("x")
        assert time.monotonic() - started < 3
        assert len(server.connections) == 1


def test_endless_response_raises_bad_response(make_client):
    with serving(endless_body) as server, pytest.raises(errors.BadResponseError, match="64 MB"):
        make_client(server.url, total_timeout=20.0).get("x")


def test_truncated_error_response_raises_the_error_of_its_status(make_client):
    with serving(truncated_not_found) as server, pytest.raises(errors.NotFoundError):
        make_client(server.url).get("x")


@pytest.mark.parametrize(
    ("status", "error_type"), [(200, errors.BadResponseError), (404, errors.NotFoundError)]
)
def test_response_that_cannot_be_decompressed_raises_an_error(make_client, status, error_type):
    response = (status, {"Content-Encoding": "gzip"}, b"not compressed")
    with serving(response) as server, pytest.raises(error_type):
        make_client(server.url).get("x")


# A traceback quotes lines of this file, so the calls contain these names instead of the secrets.
RECEIPT, KEY, TEXT, SEARCH = "1234-5678", "private-key", "private-text", "private-search"
SECRETS = ("the-token-of-the-tests", RECEIPT, KEY, TEXT, SEARCH)


def format_error(error: BaseException) -> str:
    """Return all text that a log of ``error`` could show."""
    text = "".join(traceback.format_exception(error))
    while error:
        text += repr(error.args) + repr(vars(error))
        error = error.__cause__ or error.__context__
    return text


@pytest.mark.parametrize(
    "responses",
    [
        [drop, (404, {"Idempotency-Key-Lifetime": "86400"}, {}), (503, {}, {})],
        [(200, {}, b'{"data": [{"id": 1, "description": "private-text"}]}')],
        [(200, {}, b"the-token-of-the-tests private-text")],
        [(401, {}, {"detail": "Invalid token the-token-of-the-tests."})],
        [(302, {"Location": "http://elsewhere.example/?q=private-search"}, b"")],
    ],
    ids=["dropped connection", "invalid issue", "invalid JSON", "refused token", "redirect"],
)
def test_logs_and_errors_contain_no_private_data(make_client, caplog, responses):
    with serving(*responses) as server, caplog.at_level(logging.DEBUG):
        client = make_client(server.url, max_retries=1)
        for call in (
            lambda: client.create(make_new_issue(TEXT), idempotency_key=KEY),
            lambda: client.look_up_receipt(RECEIPT),
            lambda: client.list(IssueQuery(filter_by_text=SEARCH)),
        ):
            with pytest.raises(errors.IssuesError) as raised:
                call()
            text = format_error(raised.value)
            assert not any(secret in text for secret in SECRETS), text
        assert not any(secret in repr(client) for secret in SECRETS)
    # At DEBUG, httpcore logs response headers, which may contain anything.
    records = [r for r in caplog.records if not r.name.startswith("httpcore")]
    logged = "\n".join(r.getMessage() for r in records)
    assert "/api/v1/app/issue" in logged
    assert not any(secret in logged for secret in SECRETS), logged


def test_retries_are_logged_with_their_reason(make_client, caplog):
    with serving(drop, (503, {}, {}), OK) as server, caplog.at_level("INFO", "issue_portal.client"):
        make_client(server.url).get("x")
        lines = [r.getMessage() for r in caplog.records if r.name == "issue_portal.client"]
        assert [line.split(": retry in ")[0] for line in lines] == ["GET /issue/x"] * 2
        assert lines[0].endswith(" s, no response")
        assert lines[1].endswith(" s, HTTP 503")
