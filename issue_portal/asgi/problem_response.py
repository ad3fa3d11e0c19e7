"""Errors as problem documents (RFC 9457)."""

from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse

from issue_portal.core.problems import ProblemError


def make_problem_response(problem: ProblemError) -> JSONResponse:
    """Return the response for a refused request."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.code:
        body["code"] = problem.code
    if problem.errors:
        body["errors"] = [{"field": f, "message": m} for f, m in problem.errors.items()]
    return JSONResponse(
        body, problem.status, problem.headers, media_type="application/problem+json"
    )
