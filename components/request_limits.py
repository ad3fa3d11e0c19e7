"""How much one address may ask over HTTP: so many requests a second, and at once (ASGI middleware).

Requests are delayed, and refused only when very many of an address wait. Long ones and long answers
count as several; the bundle of Streamlit's page, some eighty files, counts little.
"""

import asyncio
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from streamlit.file_util import get_static_dir

from api.addresses import client_of
from api.turns import Bucket, body_size, taken
from components.errands import ROUTES

REQUESTS: Final = (100.0, 400)
"""Refill a second, and the most at once."""

MOST_AT_ONCE: Final = 100

REFUSAL_SECONDS: Final = 1.0
"""How long a refusal takes: a client that waits for it cannot ask for the next one."""

_MOST_REFUSALS: Final = 200
"""Refusals of WebSockets that wait at once. Those of requests are as few as HTTP connections."""

_ASKED_IN_ONE: Final = 4096
"""Bytes of address, headers and body beyond which a request counts as several."""

_ANSWERED_IN_ONE: Final = 16_384
"""Bytes of an answer that count as a request: 1.6 MB a second in the long run."""

_LONGEST_BODY: Final = 200_000
"""Bytes that a body of unknown length counts as."""

_COST_OF_A_SIGN_IN: Final = 10
"""The provider is asked up to three questions, each by a connection of its own."""

_COST_OF_A_FILE: Final = 0.1
"""Also of each part of it: 16 MB a second in the long run."""

_FILES: Final = "static/**/*"

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
        address = client_of(scope)
        usage = self._usage_of(address) if address else _Usage()
        is_session = scope["type"] == "websocket"
        if usage.at_once >= MOST_AT_ONCE:
            refusal = PlainTextResponse("Too many requests at once.", 429, {"Retry-After": "2"})
            await self._refuse(refusal, scope, receive, send)
            return
        is_file = _is_file(scope)
        usage.at_once += 1
        try:
            await taken(usage.requests, _COST_OF_A_FILE if is_file else _cost(scope))
            if _has_bad_cookies(Headers(scope=scope)):
                refusal = PlainTextResponse("The cookies are too long.", 431)
                await self._refuse(refusal, scope, receive, send)
                return
            if not is_session:
                if is_file:
                    del MutableHeaders(scope=scope)["range"]  # Many parts are much work.
                cost = (_COST_OF_A_FILE if is_file else 1) / _ANSWERED_IN_ONE
                await self.app(scope, receive, _counted(send, usage.requests, cost))
                return
        finally:
            usage.at_once -= 1
        await self.app(scope, receive, send)

    async def _refuse(
        self, refusal: PlainTextResponse, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if scope["type"] == "http":
            await asyncio.sleep(REFUSAL_SECONDS)
            await refusal(scope, receive, send)
            return
        if self._refusals < _MOST_REFUSALS:
            self._refusals += 1
            try:
                await asyncio.sleep(REFUSAL_SECONDS)
            finally:
                self._refusals -= 1
        await WebSocket(scope, receive, send).send_denial_response(refusal)

    def _usage_of(self, address: str) -> _Usage:
        if address not in self._usage:
            for name, idle in list(self._usage.items()):
                if not idle.at_once and idle.requests.is_full:
                    del self._usage[name]
        return self._usage.setdefault(address, _Usage())


def _counted(send: Send, requests: Bucket, cost: float) -> Send:
    """What sends an answer when there are tokens for it, of which a byte takes ``cost``."""

    async def send_in_turn(message: Message) -> None:
        if size := len(message.get("body", b"")):
            await taken(requests, size * cost)
        await send(message)

    return send_in_turn


def _cost(scope: Scope) -> float:
    """How many requests this one counts as, before it is answered."""
    headers = Headers(scope=scope)
    size = len(scope["path"]) + len(scope["query_string"])
    size += sum(len(name) + len(value) for name, value in headers.raw)
    size += body_size(headers, _LONGEST_BODY)
    least = _COST_OF_A_SIGN_IN if scope["path"].endswith(ROUTES) else 1
    return least + size // _ASKED_IN_ONE


def _is_file(scope: Scope) -> bool:
    """Whether this asks for a file of Streamlit's bundle; where there is none, a page is sent."""
    if scope["path"] not in _files() or scope.get("method") not in ("GET", "HEAD"):
        return False
    headers = Headers(scope=scope)
    return "text/html" not in headers.get("accept", "") and not body_size(headers, 1)


@cache
def _files() -> frozenset[str]:
    """The paths of the bundle's files."""
    folder = Path(get_static_dir())
    return frozenset(
        f"/{file.relative_to(folder).as_posix()}" for file in folder.glob(_FILES) if file.is_file()
    )


def _has_bad_cookies(headers: Headers) -> bool:
    cookies = "".join(headers.getlist("cookie"))
    return (
        len(cookies) > _LONGEST_COOKIES
        or cookies.count(";") > _MOST_COOKIES
        or cookies.count("\\") > _MOST_ESCAPES
    )
