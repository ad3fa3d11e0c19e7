"""Answers are sent in parts, each once the client has taken most of the last (ASGI middleware).

uvicorn (0.54) keeps a part in memory until the client has read it, and takes the request for
answered once it has the last one.
"""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LONGEST: Final = 65_536
"""Bytes of a part: what uvicorn keeps of an answer before it waits."""


class ResponseChunksMiddleware:
    """Cuts what the application sends into parts."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""

        async def send_wrapper(message: Message) -> None:
            body = message.get("body", b"")
            if message["type"] != "http.response.body" or len(body) <= _LONGEST:
                await send(message)
                return
            for start in range(0, len(body), _LONGEST):
                part = body[start : start + _LONGEST]
                is_last = start + _LONGEST >= len(body)
                more = message.get("more_body", False) or not is_last
                await send({**message, "body": part, "more_body": more})

        await self.app(scope, receive, send_wrapper if scope["type"] == "http" else send)
