"""One request and its response: limits of time and size, and private logs."""

import logging
import time
import traceback

import pytest

from issue_portal.client import errors
from issue_portal.models.requests import IssueQuery
from tests.factories import make_new_issue
from tests.servers.script import (
    drop,
    endless_body,
    serving,
    slow_body,
    slow_headers,
    truncated_not_found,
)

OK = (200, {}, {"id": "i", "issue_number": 7})


@pytest.mark.parametrize("answer", [slow_body, slow_headers])
def test_dripping_server_times_out(quick, answer):
    with serving(answer) as script:
        began = time.monotonic()
        with pytest.raises(errors.UnreachableError, match="in time"):
            quick(script.url, patience=0.7).get("x")
        assert 0.6 < time.monotonic() - began < 3
        assert len(script.requests) == 1


def test_dripping_server_times_out_on_a_reused_connection(quick):
    with serving(OK, slow_headers) as script:
        client = quick(script.url, patience=1.0)
        client.get("x")
        began = time.monotonic()
        with pytest.raises(errors.UnreachableError):
            client.get("x")
        assert time.monotonic() - began < 3
        assert len(script.connections) == 1


def test_endless_answer_is_too_large(quick):
    with serving(endless_body) as script, pytest.raises(errors.BadResponseError, match="64 MB"):
        quick(script.url, patience=20.0).get("x")


def test_truncated_refusal_is_a_refusal(quick):
    with serving(truncated_not_found) as script, pytest.raises(errors.NotFoundError):
        quick(script.url).get("x")


@pytest.mark.parametrize(
    ("status", "kind"), [(200, errors.BadResponseError), (404, errors.NotFoundError)]
)
def test_response_that_cannot_be_decompressed(quick, status, kind):
    answer = (status, {"Content-Encoding": "gzip"}, b"not packed")
    with serving(answer) as script, pytest.raises(kind):
        quick(script.url).get("x")


# Given by name below, because a traceback shows lines of this file.
RECEIPT, KEY, TEXT, SEARCH = "1234-5678", "key-of-mine", "what-happened", "looked-for"
SECRETS = ("the-token-of-the-tests", RECEIPT, KEY, TEXT, SEARCH)


def chain(error: BaseException) -> str:
    """Return all text that a log of ``error`` could show."""
    shown = "".join(traceback.format_exception(error))
    while error:
        shown += repr(error.args) + repr(vars(error))
        error = error.__cause__ or error.__context__
    return shown


@pytest.mark.parametrize(
    "answers",
    [
        [drop, (404, {"Idempotency-Key-Lifetime": "86400"}, {}), (503, {}, {})],
        [(200, {}, b'{"data": [{"id": 1, "description": "what-happened"}]}')],
        [(200, {}, b"the-token-of-the-tests what-happened")],
        [(401, {}, {"detail": "Invalid token the-token-of-the-tests."})],
        [(302, {"Location": "http://elsewhere.example/?q=looked-for"}, b"")],
    ],
    ids=["broken off", "not as expected", "not JSON", "told back", "redirect"],
)
def test_nothing_private_is_logged_or_raised(quick, caplog, answers):
    with serving(*answers) as script, caplog.at_level(logging.DEBUG):
        client = quick(script.url, attempts=2)
        for call in (
            lambda: client.create(make_new_issue(TEXT), idempotency_key=KEY),
            lambda: client.look_up_receipt(RECEIPT),
            lambda: client.list(IssueQuery(filter_by_text=SEARCH)),
        ):
            with pytest.raises(errors.IssuesError) as raised:
                call()
            said = chain(raised.value)
            assert not any(secret in said for secret in SECRETS), said
        assert not any(secret in repr(client) for secret in SECRETS)
    # httpcore logs the heads of answers at DEBUG, so what a server puts there: not ours to cut.
    records = [r for r in caplog.records if not r.name.startswith("httpcore")]
    logged = "\n".join(r.getMessage() for r in records)
    assert "/api/v1/app/issue" in logged
    assert not any(secret in logged for secret in SECRETS), logged


def test_attempts_are_logged_with_their_reason(quick, caplog):
    with serving(drop, (503, {}, {}), OK) as script, caplog.at_level("INFO", "issue_portal.client"):
        quick(script.url).get("x")
        lines = [r.getMessage() for r in caplog.records if r.name == "issue_portal.client"]
        assert [line.split(": retry in ")[0] for line in lines] == ["GET /issue/x"] * 2
        assert lines[0].endswith(" s, no response")
        assert lines[1].endswith(" s, HTTP 503")
