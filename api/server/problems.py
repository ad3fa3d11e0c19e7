"""Errors as problem documents (RFC 9457): every error answer of the API is made here."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

log = logging.getLogger(__name__)


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


def not_found() -> ProblemError:
    """The same answer whether an issue never was, is deleted or is someone else's."""
    return ProblemError(404, "There is no such issue, or it is not yours to see.")


def forbidden(detail: str) -> ProblemError:
    """The caller's role may not do this."""
    return ProblemError(403, detail)


def invalid_field(field: str, message: str) -> ProblemError:
    """One field or parameter is at fault."""
    return ProblemError(400, f"{field}: {message}", errors={field: message})


def problem_response(problem: ProblemError) -> JSONResponse:
    """The answer for a refused request."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.errors:
        body["errors"] = [{"field": f, "message": m} for f, m in problem.errors.items()]
    return JSONResponse(
        body, problem.status, problem.headers, media_type="application/problem+json"
    )


def from_validation(error: ValidationError | RequestValidationError) -> ProblemError:
    """A 400 that names each field at fault; never repeats the input, which may be private."""
    errors: dict[str, str] = {}
    for item in error.errors():
        if item["type"] == "json_invalid":
            return ProblemError(400, "The body is not JSON.", errors={"body": "is not JSON"})
        path = [
            str(part) for part in item["loc"] if part not in ("body", "query", "path", "header")
        ]
        field = ".".join(path) or "body"
        errors.setdefault(field, item["msg"].removeprefix("Value error, "))
    detail = "; ".join(f"{field}: {message}" for field, message in list(errors.items())[:3])
    return ProblemError(400, detail, errors=errors)


def install(app: FastAPI) -> None:
    """Make every error of ``app`` a problem document."""

    @app.exception_handler(ProblemError)
    async def refused(_: Request, error: ProblemError) -> JSONResponse:
        return problem_response(error)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return problem_response(from_validation(error))

    @app.exception_handler(HTTPException)
    async def http_error(_: Request, error: HTTPException) -> JSONResponse:
        details = {
            404: "There is nothing at this address.",
            405: "This address does not answer to this method.",
        }
        detail = details.get(error.status_code, str(error.detail))
        return problem_response(ProblemError(error.status_code, detail, headers=error.headers))

    @app.exception_handler(OperationalError)
    async def database_failed(_: Request, error: OperationalError) -> JSONResponse:
        log.error("database: %s", error.orig)
        return problem_response(
            ProblemError(
                503,
                "The database does not answer at the moment. Try again shortly.",
                headers={"Retry-After": "2"},
            )
        )

    @app.exception_handler(Exception)
    async def failed(_: Request, error: Exception) -> JSONResponse:
        return problem_response(ProblemError(500, "Something failed here. It has been logged."))
