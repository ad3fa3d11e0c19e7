"""Exceptions of a call to an Issues API.

IssuesError
  ConfigurationError        a setting of the client is missing or invalid
  UnreachableError          no complete response: connection refused, timed out or lost
  BadResponseError          a response that does not follow the contract
  ApiError                  the server refused the request; ``problem`` has the reason
    BadRequestError         400, 413, 415, 422: the request is invalid; also before it is sent
    AuthenticationError     401
    PermissionDeniedError   403
    NotFoundError           404, 410
    ConflictError           409
    PreconditionFailedError 412
    NotSupportedError       405, 501: this server lacks the call
    RateLimitError          429, with ``retry_after`` in seconds if available
    ServerError             5xx, 408
"""

from typing import Any, Self

from issue_portal.models.responses import FieldError, Problem


class IssuesError(Exception):
    """Base of all exceptions of a call. Attributes that do not apply are None or empty."""

    status: int | None = None
    """The HTTP status code of the response."""

    code: str | None = None
    """Machine-readable reason, if the server gave one: see `ProblemCode`."""

    request_id: str | None = None
    """Identifies the request in the server's log. None for anonymous reports and receipts."""

    retry_after: float | None = None
    """Seconds to wait before another attempt, if the server said so."""

    fields: tuple[FieldError, ...] = ()
    """The invalid fields, if any are known."""

    unsure = False
    """Whether the server may have stored the report or change."""


class ConfigurationError(IssuesError):
    """A setting or header of the client is missing or invalid."""


class UnreachableError(IssuesError):
    """The server sent no response, or only a part of it."""


class BadResponseError(IssuesError):
    """The response does not follow the contract."""


class ApiError(IssuesError):
    """The server refused the request."""

    status: int

    def __init__(self, problem: Problem, retry_after: float | None = None) -> None:
        super().__init__(problem.detail or problem.title or f"HTTP {problem.status}")
        self.problem = problem
        self.status = problem.status
        self.code = problem.code
        self.retry_after = retry_after
        self.fields = problem.errors

    def __reduce__(self) -> tuple[type[Self], tuple[Problem, float | None], dict[str, Any]]:
        # By default, exceptions are unpickled with their text as the argument of `__init__`. The
        # state has the text, which may say more than the problem: see `mark_unsure`.
        return type(self), (self.problem, self.retry_after), vars(self) | {"args": self.args}


class BadRequestError(ApiError):
    """The request is invalid; ``fields`` names the invalid fields."""


class AuthenticationError(ApiError):
    """The token is missing, unknown, revoked or expired."""


class PermissionDeniedError(ApiError):
    """The caller's role, or the scopes of the API token, do not allow the request."""


class NotFoundError(ApiError):
    """The resource does not exist, or the caller may not see it."""


class ConflictError(ApiError):
    """The state of the server does not allow the request; ``code`` has the reason.

    The idempotency key was used for another request, the issue to restore is not deleted, or the
    caller has too many API tokens.
    """


class PreconditionFailedError(ApiError):
    """Someone else changed the issue since it was fetched."""


class NotSupportedError(ApiError):
    """The server lacks this call."""


class RateLimitError(ApiError):
    """Too many requests; ``retry_after`` is the number of seconds to wait."""


class ServerError(ApiError):
    """The server failed; a later attempt may work."""


_BY_STATUS: dict[int, type[ApiError]] = {
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    405: NotSupportedError,
    408: ServerError,
    409: ConflictError,
    410: NotFoundError,
    412: PreconditionFailedError,
    429: RateLimitError,
    501: NotSupportedError,
}


def make_error(problem: Problem, retry_after: float | None = None) -> ApiError:
    """Return the exception for a refused request, by its status."""
    fallback = ServerError if problem.status >= 500 else BadRequestError
    return _BY_STATUS.get(problem.status, fallback)(problem, retry_after)
