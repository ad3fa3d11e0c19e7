"""Errors as problem documents (RFC 9457)."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse

from issue_portal.core.problems import ProblemError

_TITLES = {413: "Content Too Large"}
"""Titles by RFC 9110 that differ from those of Python 3.12 and older."""


def make_problem_response(problem: ProblemError, request_id: str | None = None) -> JSONResponse:
    """Return the response for a refused request. ``request_id`` is None if it must not appear."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": _TITLES.get(problem.status) or HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
    }
    if request_id is not None:
        body["request_id"] = request_id
    if problem.errors:
        body["errors"] = [asdict(fault) for fault in problem.errors]
    headers = {"Cache-Control": "no-store", **problem.headers}
    return JSONResponse(body, problem.status, headers, media_type="application/problem+json")
