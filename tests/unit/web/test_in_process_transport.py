"""Calls of the API in the same process."""

import asyncio

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from tests.loops import run_in_loop
from web.in_process_transport import InProcessTransport


def test_responses_are_not_compressed():
    async def respond(request: Request) -> PlainTextResponse:
        return PlainTextResponse(request.headers["Accept-Encoding"])

    async def call() -> httpx.Response:
        app = Starlette(routes=[Route("/", respond)])
        transport = InProcessTransport(app, asyncio.get_running_loop())
        with httpx.Client(transport=transport) as client:
            return await asyncio.to_thread(client.get, "http://embedded/")

    assert run_in_loop(call).text == "identity"
