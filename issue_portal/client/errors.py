"""What can go wrong when talking to an Issues API: one exception class a kind.

IssuesError
  Unreachable            no answer: connection refused, timed out, broken off
  BadAnswer              an answer that is not of the contract
  ApiError               the server refused, carrying the problem document
    Invalid              400, 413, 415, 422: the request is at fault
    Unauthenticated      401
    Forbidden            403
    NotFound             404, 410
    Conflict             409
    PreconditionFailed   412
    NotSupported         405, 501: this server lacks the call
    RateLimited          429, with ``retry_after`` in seconds when known
    ServerFailed         5xx
"""

from issue_portal.models.responses import FieldError, Problem


class IssuesError(Exception):
    """Anything that kept a call from succeeding.

    ``unsure`` marks a report or change of which it is unknown whether the server stored it. By
    ``request_id`` an operator finds the request in the server's log; anonymous reports and
    receipts have none, so that nobody need be asked for it.
    """

    unsure = False
    request_id: str | None = None


class UnreachableError(IssuesError):
    """No answer came, or not all of it."""


class BadResponseError(IssuesError):
    """The server answered something that is not of the contract."""


class ApiError(IssuesError):
    """The server refused the request."""

    def __init__(self, problem: Problem, retry_after: float | None = None) -> None:
        super().__init__(problem.detail or problem.title or f"HTTP {problem.status}")
        self.problem = problem
        self.retry_after = retry_after

    @property
    def status(self) -> int:
        """The HTTP status code."""
        return self.problem.status

    @property
    def fields(self) -> tuple[FieldError, ...]:
        """The fields at fault, if the server named any."""
        return self.problem.errors


class BadRequestError(ApiError):
    """The request is at fault; ``fields`` says where."""


class AuthenticationError(ApiError):
    """The token is missing, unknown, revoked or expired."""


class PermissionDeniedError(ApiError):
    """The role may not do this."""


class NotFoundError(ApiError):
    """There is no such thing, or it is not yours to see."""


class ConflictError(ApiError):
    """The idempotency key was used for another request."""


class PreconditionFailedError(ApiError):
    """Someone else changed the issue in the meantime."""


class NotSupportedError(ApiError):
    """This server does not have the call."""


class RateLimitError(ApiError):
    """Too many requests; ``retry_after`` says how long to wait, in seconds."""


class ServerError(ApiError):
    """The server failed; trying later may help."""


_BY_STATUS: dict[int, type[ApiError]] = {
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    405: NotSupportedError,
    409: ConflictError,
    410: NotFoundError,
    412: PreconditionFailedError,
    429: RateLimitError,
    501: NotSupportedError,
}


def make_error(problem: Problem, retry_after: float | None = None) -> ApiError:
    """The exception for a refused request, by its status."""
    fallback = ServerError if problem.status >= 500 else BadRequestError
    return _BY_STATUS.get(problem.status, fallback)(problem, retry_after)
