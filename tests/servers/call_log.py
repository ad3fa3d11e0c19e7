"""The log of the calls that a server received, and the middleware that keeps it."""

import time
from dataclasses import asdict, dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOG_PATH: Final = "/__calls"
"""``GET`` returns the log, oldest call first; ``DELETE`` empties it."""


@dataclass
class Call:
    """One call that a server received. Times are those of ``time.monotonic``."""

    method: str
    target: str
    """Path, and query if there is one."""
    received_at: float
    responded_at: float | None = None
    """Time at which the response was complete; None while the call is in flight."""
    body: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.target.removeprefix('/api/v1/app')}"

    def overlaps(self, other: "Call") -> bool:
        """Return whether both calls were in flight at the same time."""
        first, second = sorted((self, other), key=lambda call: call.received_at)
        return first.responded_at is None or second.received_at < first.responded_at


class CallLogMiddleware:
    """Log all calls, and serve the log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._calls: list[Call] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        if request.url.path == LOG_PATH:
            if request.method == "DELETE":
                self._calls.clear()
            await JSONResponse([asdict(call) for call in self._calls])(scope, receive, send)
            return
        query = f"?{request.url.query}" if request.url.query else ""
        call = Call(request.method, f"{request.url.path}{query}", time.monotonic())
        self._calls.append(call)

        async def receive_wrapper() -> Message:
            message = await receive()
            call.body += message.get("body", b"").decode(errors="replace")
            return message

        async def send_wrapper(message: Message) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body"):
                call.responded_at = time.monotonic()
            await send(message)

        await self._app(scope, receive_wrapper, send_wrapper)
