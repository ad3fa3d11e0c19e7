"""Errors that refuse a request. `problem_responses` makes problem documents of them (RFC 9457)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

from issue_portal.models.vocabulary import ProblemCode


class ProblemError(Exception):
    """A refused request, with its HTTP status."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        code: ProblemCode | None = None,
        errors: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.code = code
        self.errors = errors or {}
        self.headers = headers or {}


class IssueNotFoundError(ProblemError):
    """The issue does not exist, is deleted or is someone else's; callers cannot tell which."""

    def __init__(self) -> None:
        super().__init__(404, "This issue does not exist, or you may not see it.")


class ForbiddenError(ProblemError):
    """The caller's role does not allow this."""

    def __init__(self, detail: str) -> None:
        super().__init__(403, detail)


class InvalidFieldError(ProblemError):
    """One field or parameter is invalid."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(400, f"{field}: {message}", errors={field: message})


_MAX_ERRORS: Final = 100
"""Maximum number of invalid fields listed in a response."""


def convert_validation_error(error: ValidationError) -> ProblemError:
    """Return a 400 that names each invalid field of a model."""
    items = error.errors(include_url=False, include_context=False, include_input=False)
    return _make_problem((item["loc"], item["msg"]) for item in items[:_MAX_ERRORS])


def make_validation_problem(items: Sequence[Mapping[str, Any]]) -> ProblemError:
    """Return a 400 that names each invalid field or parameter of a request.

    ``items`` are FastAPI's errors. Their ``loc`` begins with the part of the request, such as
    "query".
    """
    return _make_problem(
        (item["loc"][1:] or item["loc"], item["msg"]) for item in items[:_MAX_ERRORS]
    )


def _make_problem(items: Iterable[tuple[tuple[int | str, ...], str]]) -> ProblemError:
    """Name each invalid field, but not the input, which may be private."""
    errors: dict[str, str] = {}
    for location, message in items:
        field = ".".join(map(str, location)) or "body"
        errors.setdefault(field, message.removeprefix("Value error, "))
    detail = "; ".join(f"{field}: {message}" for field, message in list(errors.items())[:3])
    return ProblemError(400, detail, errors=errors)
