"""Rate limits for the HTTP requests of an address: per second, and at once.

Requests beyond a limit are delayed. They are refused only when very many of the address wait. Long
requests and responses count as several. Streamlit's static files, about eighty per page, count
little.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from issue_portal.core.body_size import estimate_body_size
from issue_portal.core.client_address import find_client_key
from issue_portal.core.token_bucket import TokenBucket, take_tokens
from web import html_shell, static_files
from web.streamlit_compat import SIGN_IN_ROUTES

REQUESTS: Final = (100.0, 400)
"""Refill a second, and burst. A request takes about a millisecond of processor time."""

REQUESTS_IN_A_ROW: Final = (400.0, 40)
"""Refill a second, and burst. Opening a page takes 40 requests; after those, requests of other
addresses get turns in between.
"""

MOST_AT_ONCE: Final = 100
"""Requests of an address at once."""

MOST_IN_ALL: Final = 400
MOST_OF_A_BROWSER: Final = 10
"""Once there are `MOST_IN_ALL` requests, an address may have only as many as a browser needs. The
remaining connections (`uvicorn_connections.MOST_CONNECTIONS`) are for addresses with few requests.
"""

MOST_AT_WORK: Final = 6
WORK_SECONDS: Final = 0.1
"""Requests of an address that run at once. After `WORK_SECONDS` a request counts as waiting for the
database or the network, and the next one may run. Most requests take 3 ms.
"""

REFUSAL_SECONDS: Final = 1.0
"""Delay of a refusal, which slows down retries."""

MOST_REFUSALS: Final = 150
MOST_REFUSALS_OF_ONE: Final = 50
"""Delayed refusals at once, in total and per address. Each keeps a connection open."""

_REQUEST_UNIT: Final = 4096
"""Bytes of URL, headers and body that count as one request."""

_RESPONSE_UNIT: Final = 16_384
"""Bytes of a response that count as one request: 1.6 MB a second in the long run."""

_LONGEST_BODY: Final = 200_000
"""Bytes assumed for a body of unknown length."""

_COST_OF_A_SIGN_IN: Final = 10
"""A sign-in causes up to three requests to the provider, each with its own connection."""

_COST_OF_A_SESSION: Final = 5
_COST_OF_AN_UNKNOWN_PATH: Final = 3
"""For an unknown path, Streamlit looks for a file in a thread and then sends its page."""

_CHEAP: Final = ("/api/", "/_stcore/", "/media/")

_COST_OF_A_FILE: Final = 0.2
_FILE_RESPONSE_FACTOR: Final = 0.1
"""Static files may be sent at 16 MB a second in the long run."""

_LONGEST_COOKIES: Final = 32_768
_MOST_COOKIES: Final = 200
_MOST_ESCAPES: Final = 100
"""Backslashes in all cookies: Python before 3.11.10 unquotes them in quadratic time."""


@dataclass(eq=False)
class _Usage:
    """Current usage of one address."""

    requests: TokenBucket = field(default_factory=lambda: TokenBucket(*REQUESTS))
    in_a_row: TokenBucket = field(default_factory=lambda: TokenBucket(*REQUESTS_IN_A_ROW))
    at_once: int = 0
    """Requests that wait or run; WebSockets count until they are open."""
    refusals: int = 0
    """Delayed refusals."""
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_AT_WORK))

    @asynccontextmanager
    async def take_turn(self) -> AsyncIterator[None]:
        """Wait for a turn, and keep it until the block ends, at most for `WORK_SECONDS`."""
        await self.turns.acquire()
        unreleased = [self.turns]

        def release() -> None:
            if unreleased:
                unreleased.pop().release()

        timer = asyncio.get_running_loop().call_later(WORK_SECONDS, release)
        try:
            yield
        finally:
            timer.cancel()
            release()


class RequestLimitsMiddleware:
    """Delays the requests of an address that sends too many, and refuses excessive cookies."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._usage: dict[str, _Usage] = {}
        self._at_once = 0
        self._refusals = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on when its turn comes, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        address = find_client_key(scope)
        usage = self._get_usage(address) if address else _Usage()
        if usage.at_once >= self._get_most_at_once():
            refusal = PlainTextResponse("Too many requests at once.", 429, {"Retry-After": "2"})
            await self._refuse(refusal, usage, scope, receive, send)
            return
        is_file = static_files.is_static_file_request(scope)
        self._at_once += 1
        usage.at_once += 1
        try:
            cost = _COST_OF_A_FILE if is_file else _estimate_cost(scope)
            await take_tokens(usage.requests, cost)
            await take_tokens(usage.in_a_row, cost)
            if _has_excessive_cookies(Headers(scope=scope)):
                refusal = PlainTextResponse("The cookies are too long.", 431)
                await self._refuse(refusal, usage, scope, receive, send)
                return
            if scope["type"] == "http":
                cost_of_a_byte = (_FILE_RESPONSE_FACTOR if is_file else 1) / _RESPONSE_UNIT
                async with usage.take_turn():
                    await self.app(
                        scope, receive, _limit_response_rate(send, usage.requests, cost_of_a_byte)
                    )
                return
        finally:
            self._at_once -= 1
            usage.at_once -= 1
        await self.app(scope, receive, send)

    def _get_most_at_once(self) -> int:
        """Return how many requests an address may currently have at once."""
        return MOST_AT_ONCE if self._at_once < MOST_IN_ALL else MOST_OF_A_BROWSER

    async def _refuse(
        self,
        refusal: PlainTextResponse,
        usage: _Usage,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        if self._refusals < MOST_REFUSALS and usage.refusals < MOST_REFUSALS_OF_ONE:
            self._refusals += 1
            usage.refusals += 1
            try:
                await asyncio.sleep(REFUSAL_SECONDS)
            finally:
                self._refusals -= 1
                usage.refusals -= 1
        else:
            refusal.headers["Connection"] = "close"
        if scope["type"] == "http":
            await refusal(scope, receive, send)
        else:
            await WebSocket(scope, receive, send).send_denial_response(refusal)

    def _get_usage(self, address: str) -> _Usage:
        if address not in self._usage:
            for name, idle in list(self._usage.items()):
                if not (idle.at_once or idle.refusals) and idle.requests.is_full:
                    del self._usage[name]
        return self._usage.setdefault(address, _Usage())


def _limit_response_rate(send: Send, requests: TokenBucket, cost: float) -> Send:
    """Return a wrapper of ``send`` that takes ``cost`` tokens per byte of the body."""

    async def send_wrapper(message: Message) -> None:
        if size := len(message.get("body", b"")):
            await take_tokens(requests, size * cost)
        await send(message)

    return send_wrapper


def _estimate_cost(scope: Scope) -> float:
    """Return the cost in requests, without the response."""
    headers = Headers(scope=scope)
    size = len(scope["path"]) + len(scope["query_string"])
    size += sum(len(name) + len(value) for name, value in headers.raw)
    size += estimate_body_size(headers, _LONGEST_BODY)
    return _get_base_cost(scope) + size // _REQUEST_UNIT


def _get_base_cost(scope: Scope) -> int:
    """Return the cost in requests of a short request to this path."""
    if scope["type"] == "websocket":
        return _COST_OF_A_SESSION
    if scope["path"].endswith(SIGN_IN_ROUTES):
        return _COST_OF_A_SIGN_IN
    is_known = scope["path"].startswith(_CHEAP) or html_shell.is_page_request(scope)
    return 1 if is_known else _COST_OF_AN_UNKNOWN_PATH


def _has_excessive_cookies(headers: Headers) -> bool:
    cookies = "".join(headers.getlist("cookie"))
    return (
        len(cookies) > _LONGEST_COOKIES
        or cookies.count(";") > _MOST_COOKIES
        or cookies.count("\\") > _MOST_ESCAPES
    )
