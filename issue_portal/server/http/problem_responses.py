"""Errors as problem documents (RFC 9457): every error answer of the API is made here."""

import logging
from collections.abc import Sequence
from typing import Any

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Match, Route

from issue_portal.asgi.problem_response import make_problem_response
from issue_portal.core.problems import ProblemError

log = logging.getLogger(__name__)


def respond_not_found(_: Request, _error: Exception) -> JSONResponse:
    """The answer where there is no route."""
    return make_problem_response(ProblemError(404, "There is nothing at this address."))


def respond_to_error(error: Exception) -> JSONResponse | None:
    """The answer where an operation fails so; None if that is a failure of ours."""
    match error:
        case ProblemError():
            return make_problem_response(error)
        case OperationalError() | InterfaceError() | PoolTimeout():
            # Not the whole error, which repeats the statement with its values.
            log.error("database: %s", getattr(error, "orig", error))
            return make_problem_response(
                ProblemError(
                    503,
                    "The database does not answer at the moment. Try again shortly.",
                    headers={"Retry-After": "2"},
                )
            )
        case _:
            return None


def make_exception_handlers(routes: Sequence[BaseRoute]) -> dict[Any, Any]:
    """For an application with these ``routes``: every error is a problem document."""

    async def http_error(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == 404:
            return respond_not_found(request, error)
        headers = dict(error.headers or {})
        if error.status_code == 405:
            headers["Allow"] = ", ".join(_list_methods(routes, request)) or headers.get(
                "Allow", "GET"
            )
            error.detail = "This address does not answer to this method."
        return make_problem_response(ProblemError(error.status_code, error.detail, headers=headers))

    async def refused(_: Request, error: ProblemError) -> JSONResponse:
        return make_problem_response(error)

    async def failed(_: Request, _error: Exception) -> JSONResponse:
        return make_problem_response(
            ProblemError(500, "Something failed here. It has been logged.")
        )

    return {HTTPException: http_error, ProblemError: refused, Exception: failed}


def _list_methods(routes: Sequence[BaseRoute], request: Request) -> list[str]:
    """What an address answers to. Starlette names the methods of the first route alone."""
    candidates = [route for route in routes if isinstance(route, Route)]
    paths = [
        route.path for route in candidates if route.matches(request.scope)[0] is not Match.NONE
    ]
    methods = {
        method for route in candidates if route.path in paths[:1] for method in route.methods or ()
    }
    return sorted(methods)
