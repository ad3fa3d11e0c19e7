"""How much one address may ask over HTTP: so many requests a second, and at once (ASGI middleware).

Requests are delayed, and refused only when very many of an address wait. A long one counts as
several; the bundle of Streamlit's page, some eighty files, counts little.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from api.addresses import counted_as
from api.turns import Bucket, taken

REQUESTS: Final = (100.0, 400)
"""Refill a second, and the most at once."""

MOST_AT_ONCE: Final = 100

REFUSAL_SECONDS: Final = 1.0
"""How long a refusal takes: a client that waits for it cannot ask for the next one."""

_MOST_REFUSALS: Final = 200
"""Refusals that wait at once."""

_BYTES_OF_ONE: Final = 4096
"""A longer address or more headers count as several requests."""

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
    """Requests that wait or are at work; of WebSockets, those that wait."""


class RequestLimitsMiddleware:
    """Delays the requests of an address that sends too many; refuses cookies that take long."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._usage: dict[str, _Usage] = {}
        self._refusals = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on when it is its turn."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        address = counted_as((scope.get("client") or ("",))[0])
        usage = self._usage_of(address) if address else _Usage()
        is_session = scope["type"] == "websocket"
        if usage.at_once >= MOST_AT_ONCE:
            refusal = PlainTextResponse("Too many requests at once.", 429, {"Retry-After": "2"})
            await self._refuse(refusal, scope, receive, send)
            return
        usage.at_once += 1
        try:
            await taken(usage.requests, _cost(scope))
            if _has_bad_cookies(Headers(scope=scope)):
                refusal = PlainTextResponse("The cookies are too long.", 431)
                await self._refuse(refusal, scope, receive, send)
                return
            if not is_session:
                await self.app(scope, receive, send)
                return
        finally:
            usage.at_once -= 1
        await self.app(scope, receive, send)

    async def _refuse(
        self, refusal: PlainTextResponse, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if self._refusals < _MOST_REFUSALS:
            self._refusals += 1
            try:
                await asyncio.sleep(REFUSAL_SECONDS)
            finally:
                self._refusals -= 1
        if scope["type"] == "http":
            await refusal(scope, receive, send)
        else:
            await WebSocket(scope, receive, send).send_denial_response(refusal)

    def _usage_of(self, address: str) -> _Usage:
        if address not in self._usage:
            for name, idle in list(self._usage.items()):
                if not idle.at_once and idle.requests.is_full:
                    del self._usage[name]
        return self._usage.setdefault(address, _Usage())


def _cost(scope: Scope) -> float:
    """How many requests this one counts as."""
    wants_page = "text/html" in Headers(scope=scope).get("accept", "")
    if scope["path"].startswith(_FILES) and not wants_page:
        return _COST_OF_A_FILE
    size = len(scope["path"]) + len(scope["query_string"])
    size += sum(len(name) + len(value) for name, value in scope["headers"])
    return 1 + size // _BYTES_OF_ONE


def _has_bad_cookies(headers: Headers) -> bool:
    cookies = "".join(headers.getlist("cookie"))
    return (
        len(cookies) > _LONGEST_COOKIES
        or cookies.count(";") > _MOST_COOKIES
        or cookies.count("\\") > _MOST_ESCAPES
    )
