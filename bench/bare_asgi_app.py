"""A bare ASGI app that sends stored responses: no API on the same server can be faster."""

import os
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_PATH = "/api/v1/app/issue"
_RESPONSES = Path(os.environ["BENCH_RESPONSES"])
LIST, ONE = (_RESPONSES / "list.json").read_bytes(), (_RESPONSES / "one.json").read_bytes()


async def list_issues(_: Request) -> Response:
    """Send a page of issues."""
    return Response(LIST, media_type="application/json")


async def get_issue(_: Request) -> Response:
    """Send an issue."""
    return Response(ONE, media_type="application/json")


async def create_issue(request: Request) -> Response:
    """Read a report and confirm it without storing it."""
    await request.body()
    return Response(ONE, 201, media_type="application/json")


async def change_issue(request: Request) -> Response:
    """Read a change and confirm it without storing it."""
    await request.body()
    return Response(ONE, media_type="application/json")


app = Starlette(
    routes=[
        Route(_PATH, list_issues, methods=["GET"]),
        Route(_PATH, create_issue, methods=["POST"]),
        Route(_PATH + "/{id}", get_issue, methods=["GET"]),
        Route(_PATH + "/{id}", change_issue, methods=["PUT"]),
    ]
)
