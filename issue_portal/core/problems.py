"""Requests that are refused, as errors; `error_handlers` makes their answers (RFC 9457)."""

from collections.abc import Mapping
from typing import Final

from pydantic import ValidationError


class ProblemError(Exception):
    """A request that is refused."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors or {}
        self.headers = headers or {}


def IssueNotFoundError() -> ProblemError:
    """The same answer whether an issue never was, is deleted or is someone else's."""
    return ProblemError(404, "There is no such issue, or it is not yours to see.")


def ForbiddenError(detail: str) -> ProblemError:
    """The caller's role may not do this."""
    return ProblemError(403, detail)


def InvalidFieldError(field: str, message: str) -> ProblemError:
    """One field or parameter is at fault."""
    return ProblemError(400, f"{field}: {message}", errors={field: message})


_MOST_ERRORS: Final = 100
"""Fields that are named as wrong in one answer."""


def convert_validation_error(error: ValidationError) -> ProblemError:
    """A 400 that names each field at fault; never repeats the input, which may be private."""
    errors: dict[str, str] = {}
    items = error.errors(include_url=False, include_context=False, include_input=False)
    for item in items[:_MOST_ERRORS]:
        field = ".".join(map(str, item["loc"])) or "body"
        errors.setdefault(field, item["msg"].removeprefix("Value error, "))
    detail = "; ".join(f"{field}: {message}" for field, message in list(errors.items())[:3])
    return ProblemError(400, detail, errors=errors)
