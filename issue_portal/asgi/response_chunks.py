"""Splits large response bodies, so that a slow client does not fill the server's memory.

In uvicorn (0.54), ``send`` waits while its buffer is full. But uvicorn adds each chunk to the
buffer whole, so a large chunk exceeds the limit. With a single chunk, the request would also count
as finished before the client has read the response.
"""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_CHUNK_SIZE: Final = 65_536
"""Bytes per chunk: as much as uvicorn buffers before ``send`` waits."""


class ResponseChunksMiddleware:
    """Sends the body of each response in chunks of at most `_CHUNK_SIZE` bytes."""

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
