"""Sends large responses in chunks, each after the client has read most of the previous one.

uvicorn (0.54) keeps a chunk in memory until the client has read it, and considers a request
finished once it has the last chunk.
"""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_CHUNK_SIZE: Final = 65_536
"""Bytes per chunk: as much as uvicorn buffers before it waits."""


class ResponseChunksMiddleware:
    """Splits the bodies of responses into chunks."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and split the body of its response."""

        async def send_wrapper(message: Message) -> None:
            body = message.get("body", b"")
            if message["type"] != "http.response.body" or len(body) <= _CHUNK_SIZE:
                await send(message)
                return
            for start in range(0, len(body), _CHUNK_SIZE):
                part = body[start : start + _CHUNK_SIZE]
                is_last = start + _CHUNK_SIZE >= len(body)
                more = message.get("more_body", False) or not is_last
                await send({**message, "body": part, "more_body": more})

        await self.app(scope, receive, send_wrapper if scope["type"] == "http" else send)
