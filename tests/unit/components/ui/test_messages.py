"""Each kind of failure has a cause and something to do."""

import pytest

from components.ui import messages
from issue_portal.client import errors
from issue_portal.models.responses import Problem


def refusal(detail: str = "x") -> Problem:
    return Problem(status=400, title="Refused", detail=detail)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (errors.UnreachableError("x"), "isn't responding"),
        (errors.AuthenticationError(refusal()), "Sign in again"),
        (errors.PermissionDeniedError(refusal("Not *yours*")), "Not  yours."),
        (errors.BadRequestError(refusal("Too long.")), "Too long."),
        (errors.NotFoundError(refusal()), "doesn't exist"),
        (errors.ConflictError(refusal()), "has changed"),
        (errors.PreconditionFailedError(refusal()), "has changed"),
        (errors.NotSupportedError(refusal()), "can't do that"),
        (errors.ServerError(refusal()), "server failed"),
        (errors.BadResponseError("x"), "server failed"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_cause_is_explained(backend, error, expected):
    assert expected in messages.explain_cause(error)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(1, "again in 1 second."), (30, "again in 30 seconds."), (None, "again in 60 seconds.")],
)
def test_retry_time_is_shown(backend, seconds, expected):
    error = errors.RateLimitError(refusal())
    error.retry_after = seconds
    assert expected in messages.explain_cause(error)


def test_another_server_that_refuses_our_token_needs_an_administrator(backend):
    backend.shares_key = False
    assert "administrator" in messages.explain_cause(errors.AuthenticationError(refusal()))


def test_request_id_is_told(backend):
    error = errors.ServerError(refusal())
    error.request_id = "abc-123"
    assert messages.explain_cause(error).endswith("Request ID: abc-123")


def test_failure_says_what_why_and_that_it_may_have_succeeded(backend):
    error = errors.UnreachableError("x")
    error.unsure = True
    text = messages.format_failure(error, doing="We couldn't send it, but it is safe.")
    assert text.startswith("We couldn't send it, but it is safe. The server isn't responding")
    assert text.endswith("It may have been sent anyway.")
