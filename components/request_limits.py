"""How much one address may ask over HTTP: so many requests a second, and at once (ASGI middleware).

Requests are delayed, and refused only when very many of an address wait. The bundle of Streamlit's
page, some eighty files, counts little.
"""

from dataclasses import dataclass, field
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from api.addresses import counted_as
from components.script_turns import Bucket, taken

REQUESTS: Final = (100.0, 400)
"""Refill a second, and the most at once."""

MOST_AT_ONCE: Final = 100

_COST_OF_A_FILE: Final = 0.1
_FILES: Final = "/static/"

_LONGEST_COOKIES: Final = 32_768
_MOST_COOKIES: Final = 200
_MOST_ESCAPES: Final = 100
"""Backslashes in all cookies: Python before 3.11.10 takes quadratic time for them."""


@dataclass(eq=False)
class _Usage:
    requests: Bucket = field(default_factory=lambda: Bucket(*REQUESTS))
    at_once: int = 0


class RequestLimitsMiddleware:
    """Delays the requests of an address that sends too many; refuses cookies that take long."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._usage: dict[str, _Usage] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on when it is its turn."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        if _has_bad_cookies(Headers(scope=scope)):
            # For a WebSocket, uvicorn answers 403.
            refusal = PlainTextResponse("The cookies are too long.", 431)
            await (refusal(scope, receive, send) if scope["type"] == "http" else _close(send))
            return
        address = counted_as((scope.get("client") or ("",))[0])
        if scope["type"] == "websocket" or not address:
            await self.app(scope, receive, send)
            return
        usage = self._usage_of(address)
        if usage.at_once >= MOST_AT_ONCE:
            headers = {"Retry-After": "2"}
            refusal = PlainTextResponse("Too many requests at once.", 429, headers)
            await refusal(scope, receive, send)
            return
        usage.at_once += 1
        try:
            await taken(usage.requests, _COST_OF_A_FILE if _FILES in scope["path"] else 1)
            await self.app(scope, receive, send)
        finally:
            usage.at_once -= 1

    def _usage_of(self, address: str) -> _Usage:
        if address not in self._usage:
            for name, idle in list(self._usage.items()):
                if not idle.at_once and idle.requests.is_full:
                    del self._usage[name]
        return self._usage.setdefault(address, _Usage())


async def _close(send: Send) -> None:
    await send({"type": "websocket.close", "code": 1008})


def _has_bad_cookies(headers: Headers) -> bool:
    cookies = "".join(headers.getlist("cookie"))
    return (
        len(cookies) > _LONGEST_COOKIES
        or cookies.count(";") > _MOST_COOKIES
        or cookies.count("\\") > _MOST_ESCAPES
    )
