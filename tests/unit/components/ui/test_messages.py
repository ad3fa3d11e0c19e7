"""The message of each kind of failure: its cause, and what the person can do."""

import pytest

from components.ui import messages
from issue_portal.client import errors
from issue_portal.models.responses import Problem


def make_problem(detail: str = "x") -> Problem:
    return Problem(status=400, title="Refused", detail=detail)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (errors.UnreachableError("x"), "isn't responding"),
        (errors.AuthenticationError(make_problem()), "Sign in again"),
        (errors.PermissionDeniedError(make_problem("Not *yours*")), "Not  yours."),
        (errors.BadRequestError(make_problem("Too long.")), "Too long."),
        (errors.NotFoundError(make_problem()), "doesn't exist"),
        (errors.ConflictError(make_problem()), "has changed"),
        (errors.PreconditionFailedError(make_problem()), "has changed"),
        (errors.NotSupportedError(make_problem()), "can't do that"),
        (errors.ServerError(make_problem()), "went wrong on the server"),
        (errors.BadResponseError("x"), "went wrong on the server"),
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
    error = errors.RateLimitError(make_problem())
    error.retry_after = seconds
    assert expected in messages.explain_cause(error)


def test_token_refused_by_a_remote_server_needs_an_administrator(backend):
    backend.accepts_portal_tokens = False
    assert "administrator" in messages.explain_cause(errors.AuthenticationError(make_problem()))


def test_request_id_of_a_server_error_is_shown(backend):
    error = errors.ServerError(make_problem())
    error.request_id = "abc-123"
    assert messages.explain_cause(error).endswith("Request ID: abc-123")


def test_failure_with_unknown_outcome_may_have_succeeded(backend):
    error = errors.UnreachableError("x")
    error.unsure = True
    text = messages.format_failure(error, failed="We couldn't send it, but it is safe.")
    assert text.startswith("We couldn't send it, but it is safe. The server isn't responding")
    assert text.endswith("It may have gone through anyway.")
