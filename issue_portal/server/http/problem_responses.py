"""Turns exceptions into the error responses of the API: problem documents (RFC 9457)."""

import logging
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Scope

from issue_portal.asgi.problem_response import make_problem_response
from issue_portal.core.problems import ProblemError, make_validation_problem
from issue_portal.server.http.options_requests import list_methods
from issue_portal.server.http.request_body import RefusedBodyError
from issue_portal.server.services.bulk_changes import DATABASE_ERRORS

log = logging.getLogger(__name__)


def _respond(problem: ProblemError, scope: Scope) -> JSONResponse:
    return make_problem_response(problem, _find_request_id(scope))


def _find_request_id(scope: Scope) -> str | None:
    """Return the id of a request, unless the caller may be an anonymous reporter.

    People send error messages to the operator, whose log has the time of each id.
    """
    state = scope.get("state", {})
    principal = state.get("principal")
    if principal and principal.is_visitor:
        return None
    if scope["method"] == "POST":
        is_report = scope["path"].endswith("/v1/app/issue")
        if "/issue/receipt" in scope["path"] or (is_report and not state.get("is_named")):
            return None
    request_id: str | None = state.get("request_id")
    return request_id


def _respond_misaddressed(problem: ProblemError, scope: Scope) -> JSONResponse:
    """Respond to a request without a route. Near ``/issue`` it may be an anonymous report."""
    if "/v1/app/issue" in scope["path"]:
        return make_problem_response(problem, None)
    return _respond(problem, scope)


def respond_not_found(request: Request, _error: Exception) -> JSONResponse:
    """Respond to a path without a route."""
    problem = ProblemError(404, "There is nothing at this URL.")
    return _respond_misaddressed(problem, request.scope)


def respond_to_error(error: Exception, scope: Scope) -> JSONResponse | None:
    """Return the response for an expected exception; None for a bug."""
    if isinstance(error, ProblemError):
        return _respond(error, scope)
    if not isinstance(error, DATABASE_ERRORS):
        return None
    # Log only the cause: the whole error contains the statement and its values.
    log.error("database: %s", getattr(error, "orig", error))
    problem = ProblemError(
        503, "The database does not respond. Try again shortly.", headers={"Retry-After": "2"}
    )
    return _respond(problem, scope)


def make_exception_handlers() -> dict[Any, Any]:
    """Return handlers that respond to every error with a problem document."""

    async def respond_to_http_error(request: Request, error: HTTPException) -> JSONResponse:
        if isinstance(error, RefusedBodyError):
            return _respond(error.problem, request.scope)
        if error.status_code == 404:
            return respond_not_found(request, error)
        headers = dict(error.headers or {})
        if error.status_code == 405:
            headers["Allow"] = list_methods(request.scope)
            detail = "This URL does not support this method."
            problem = ProblemError(405, detail, headers=headers)
            return _respond_misaddressed(problem, request.scope)
        problem = ProblemError(error.status_code, error.detail, headers=headers)
        return _respond(problem, request.scope)

    async def respond_to_invalid_request(
        request: Request, error: RequestValidationError
    ) -> JSONResponse:
        return _respond(make_validation_problem(error.errors()), request.scope)

    async def respond_to_expected_error(request: Request, error: Exception) -> JSONResponse:
        response = respond_to_error(error, request.scope)
        assert response is not None
        return response

    async def respond_to_failure(request: Request, _error: Exception) -> JSONResponse:
        problem = ProblemError(500, "Something went wrong on the server. The error is in its log.")
        return _respond(problem, request.scope)

    return {
        HTTPException: respond_to_http_error,
        RequestValidationError: respond_to_invalid_request,
        **dict.fromkeys((ProblemError, *DATABASE_ERRORS), respond_to_expected_error),
        Exception: respond_to_failure,
    }
