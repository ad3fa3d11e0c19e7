"""Errors that refuse a request. `problem_responses` makes problem documents of them (RFC 9457)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import ValidationError

from issue_portal.models.vocabulary import FieldErrorCode, ProblemCode, Scope

_CODES: Final = {
    400: ProblemCode.INVALID_REQUEST,
    401: ProblemCode.UNAUTHENTICATED,
    403: ProblemCode.FORBIDDEN,
    404: ProblemCode.NOT_FOUND,
    405: ProblemCode.METHOD_NOT_ALLOWED,
    408: ProblemCode.REQUEST_TIMEOUT,
    412: ProblemCode.PRECONDITION_FAILED,
    413: ProblemCode.BODY_TOO_LARGE,
    415: ProblemCode.UNSUPPORTED_MEDIA_TYPE,
    429: ProblemCode.RATE_LIMITED,
    503: ProblemCode.UNAVAILABLE,
}
"""Codes of the statuses that have a single usual reason."""

_BODY_CODES: Final = {
    "state": ProblemCode.INVALID_STATE,
    "type": ProblemCode.INVALID_TYPE,
    "config": ProblemCode.INVALID_CONFIG,
}
"""Codes of the fields of a body whose errors clients tell apart."""

_FIELD_CODES: Final = {
    "missing": FieldErrorCode.MISSING,
    "extra_forbidden": FieldErrorCode.UNKNOWN,
    "string_too_long": FieldErrorCode.TOO_LONG,
    "too_long": FieldErrorCode.TOO_LONG,
    "string_too_short": FieldErrorCode.TOO_SHORT,
    "too_short": FieldErrorCode.TOO_SHORT,
}
"""Codes by pydantic's type of error. All other types are `FieldErrorCode.INVALID`."""


@dataclass(frozen=True)
class FieldFault:
    """Why one field or parameter is invalid. ``message`` does not repeat the input."""

    field: str
    message: str
    code: FieldErrorCode = FieldErrorCode.INVALID


class ProblemError(Exception):
    """A refused request, with its HTTP status.

    ``code`` is needed if the status has several reasons.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        code: ProblemCode | None = None,
        errors: Sequence[FieldFault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.code = code or _CODES.get(status, ProblemCode.INTERNAL_ERROR)
        self.errors = errors
        self.headers = headers or {}


class IssueNotFoundError(ProblemError):
    """The issue does not exist, is deleted or is someone else's; callers cannot tell which."""

    def __init__(self) -> None:
        super().__init__(404, "This issue does not exist, or you may not see it.")


class ForbiddenError(ProblemError):
    """The caller's role does not allow this."""

    def __init__(self, detail: str) -> None:
        super().__init__(403, detail)


class InsufficientScopeError(ProblemError):
    """The caller's role allows this, but the scopes of the API token do not."""

    def __init__(self, scope: Scope) -> None:
        detail = f"This token lacks the scope '{scope}': use a token that has it."
        # RFC 6750, section 3.1.
        challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
        headers = {"WWW-Authenticate": challenge}
        super().__init__(403, detail, code=ProblemCode.INSUFFICIENT_SCOPE, headers=headers)


class InvalidParameterError(ProblemError):
    """One parameter or header is invalid."""

    def __init__(self, name: str, message: str) -> None:
        errors = [FieldFault(name, message)]
        code = ProblemCode.INVALID_PARAMETER
        super().__init__(400, f"{name}: {message}", code=code, errors=errors)


class InvalidBodyError(ProblemError):
    """The body is invalid as a whole, or because of one field."""

    def __init__(self, detail: str, *errors: FieldFault) -> None:
        super().__init__(400, detail, code=ProblemCode.INVALID_BODY, errors=errors)


_MAX_ERRORS: Final = 100
"""Maximum number of invalid fields listed in a response."""

Part = Literal["body", "query"]
"""Part of a request that a model describes."""


def convert_validation_error(error: ValidationError, part: Part) -> ProblemError:
    """Return a 400 that names each invalid field of a model."""
    items = error.errors(include_url=False, include_context=False, include_input=False)
    return make_validation_problem(
        [{**item, "loc": (part, *item["loc"])} for item in items[:_MAX_ERRORS]]
    )


def make_validation_problem(items: Sequence[Mapping[str, Any]]) -> ProblemError:
    """Return a 400 that names each invalid field or parameter of a request, but not the input.

    ``items`` are pydantic's errors. Their ``loc`` begins with the part of the request, such as
    "query", like FastAPI's.
    """
    faults: dict[str, FieldFault] = {}
    for item in items[:_MAX_ERRORS]:
        field = ".".join(map(str, item["loc"][1:])) or str(item["loc"][0])
        message = item["msg"].removeprefix("Value error, ")
        code = _FIELD_CODES.get(item["type"], FieldErrorCode.INVALID)
        faults.setdefault(field, FieldFault(field, message, code))
    detail = "; ".join(f"{fault.field}: {fault.message}" for fault in list(faults.values())[:3])
    problem_code = _choose_code(items[0]["loc"])
    if problem_code is ProblemCode.INVALID_STATE:
        detail = f"invalid issue state: {detail}"
    return ProblemError(400, detail, code=problem_code, errors=tuple(faults.values()))


def _choose_code(location: Iterable[int | str]) -> ProblemCode:
    """Return the code of a 400 by the location of the first invalid field."""
    part, *path = location
    if part != "body":
        return ProblemCode.INVALID_PARAMETER
    codes = [_BODY_CODES[name] for name in path if isinstance(name, str) and name in _BODY_CODES]
    return codes[0] if codes else ProblemCode.INVALID_BODY
