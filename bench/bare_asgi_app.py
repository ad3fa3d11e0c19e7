"""A bare ASGI app that answers with the bytes of real responses: the limit of the server."""

import os
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_ANSWERS = Path(os.environ["BENCH_ANSWERS"])
LIST, ONE = (_ANSWERS / "list.json").read_bytes(), (_ANSWERS / "one.json").read_bytes()


async def listed(_: Request) -> Response:
    """A page of issues."""
    return Response(LIST, media_type="application/json")


async def created(request: Request) -> Response:
    """A report that is read and not stored."""
    await request.body()
    return Response(ONE, 201, media_type="application/json")


app = Starlette(
    routes=[Route("/issue", listed, methods=["GET"]), Route("/issue", created, methods=["POST"])]
)
