"""The router of the calls under ``/v1/app``, and the parameters that several calls share."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Path, Request

from issue_portal.server.http.openapi import get_operation_id
from issue_portal.server.http.openapi_examples import ISSUE
from issue_portal.server.http.request_body import JsonRoute
from issue_portal.server.services.preconditions import Preconditions

CALLS_PATH: Final = "/v1/app/"
"""Path of the calls that need a token, inside the API."""

IssueId = Annotated[str, Path(description="An issue's `id`.", examples=[ISSUE["id"]])]

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        description="A random string that makes retries safe for 24 hours. For an anonymous"
        " report, it must have at least 16 characters.",
    ),
]


def make_router(tag: str) -> APIRouter:
    """Return a router for calls under ``/v1/app``, which the documentation lists under ``tag``."""
    return APIRouter(
        prefix=CALLS_PATH.removesuffix("/"),
        tags=[tag],
        route_class=JsonRoute,
        generate_unique_id_function=get_operation_id,
    )


def _join_lines(request: Request, name: str) -> str | None:
    """Return the value of a header that may have several lines (RFC 9110, section 5.3)."""
    lines = request.headers.getlist(name)
    return ", ".join(lines) if lines else None


async def _read_preconditions(
    request: Request,
    if_match: Annotated[
        str | None, Header(description="412 unless the issue still has this `ETag`.")
    ] = None,
    if_none_match: Annotated[
        str | None, Header(description="If the issue has this `ETag`: 304 for a GET, else 412.")
    ] = None,
) -> Preconditions:
    # The parameters are for the OpenAPI document: FastAPI passes only one line of each header.
    del if_match, if_none_match
    return Preconditions(_join_lines(request, "if-match"), _join_lines(request, "if-none-match"))


PreconditionsParameter = Annotated[Preconditions, Depends(_read_preconditions)]
