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
        (errors.UnreachableError("x"), "does not answer"),
        (errors.AuthenticationError(refusal()), "Sign in again"),
        (errors.PermissionDeniedError(refusal("Not *yours*")), "Not  yours."),
        (errors.BadRequestError(refusal("Too long.")), "Too long."),
        (errors.NotFoundError(refusal()), "does not exist"),
        (errors.ConflictError(refusal()), "was changed"),
        (errors.PreconditionFailedError(refusal()), "was changed"),
        (errors.NotSupportedError(refusal()), "cannot do that"),
        (errors.ServerError(refusal()), "failed on the server"),
        (errors.BadResponseError("x"), "failed on the server"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_cause_is_explained(backend, error, expected):
    assert expected in messages.explain_cause(error)


@pytest.mark.parametrize(
    ("seconds", "expected"), [(1, "Wait 1 second "), (30, "Wait 30 seconds "), (None, "Wait 60 s")]
)
def test_wait_is_told(backend, seconds, expected):
    error = errors.RateLimitError(refusal())
    error.retry_after = seconds
    assert expected in messages.explain_cause(error)


def test_another_server_that_refuses_our_token_needs_an_operator(backend):
    backend.is_ours = False
    assert "operator" in messages.explain_cause(errors.AuthenticationError(refusal()))


def test_code_for_the_operator_is_told(backend):
    error = errors.ServerError(refusal())
    error.request_id = "abc-123"
    assert messages.explain_cause(error).endswith("The code is abc-123.")


def test_failure_says_what_why_and_what_is_kept(backend):
    error = errors.UnreachableError("x")
    error.unsure = True
    text = messages.format_failure(error, doing="We could not send it.", kept=True)
    assert text.startswith("We could not send it. The server does not answer")
    assert "It may have arrived" in text
    assert text.endswith("Nothing you typed is lost.")
