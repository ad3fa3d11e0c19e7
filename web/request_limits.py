"""Rate limit for HTTP requests of one address: requests a second, and requests at once.

Requests are delayed, and refused only when very many of an address wait. Long requests and long
responses count as several. The files of Streamlit's page, about eighty, count little.
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
"""Refill a second, and burst, of requests in a row: opening a page takes 40. Beyond that, requests
of other addresses get turns in between.
"""

MOST_AT_ONCE: Final = 100

MOST_IN_ALL: Final = 400
MOST_OF_A_BROWSER: Final = 10
"""With `MOST_IN_ALL` requests at once, each address may have only as many as a browser needs. The
remaining connections (`uvicorn_connections.MOST_CONNECTIONS`) are for addresses with few requests.
"""

MOST_AT_WORK: Final = 6
WORK_SECONDS: Final = 0.1
"""Requests of an address that are processed at once, and the seconds after which one counts as
waiting, for the database or the network, and frees its place. Most requests take 3 ms.
"""

REFUSAL_SECONDS: Final = 1.0
"""Delay of a refusal, so that a client cannot retry at once."""

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
"""Streamlit looks for a file in a thread, and then sends its page."""

_CHEAP: Final = ("/api/", "/_stcore/", "/media/")

_COST_OF_A_FILE: Final = 0.2
_FILE_RESPONSE_FACTOR: Final = 0.1
"""Files of the page may be sent at 16 MB a second in the long run."""

_LONGEST_COOKIES: Final = 32_768
_MOST_COOKIES: Final = 200
_MOST_ESCAPES: Final = 100
"""Backslashes in all cookies: Python before 3.11.10 unquotes them in quadratic time."""


@dataclass(eq=False)
class _Usage:
    """What one address uses."""

    requests: TokenBucket = field(default_factory=lambda: TokenBucket(*REQUESTS))
    in_a_row: TokenBucket = field(default_factory=lambda: TokenBucket(*REQUESTS_IN_A_ROW))
    at_once: int = 0
    """Requests that wait or are processed; WebSockets count until they are open."""
    refusals: int = 0
    """Delayed refusals."""
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_AT_WORK))

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Wait for a turn, and keep it to the end of the block or for `WORK_SECONDS`."""
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
    """Delays the requests of an address that sends too many; refuses cookies that are too long."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._usage: dict[str, _Usage] = {}
        self._at_once = 0
        self._refusals = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on once it is its turn, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        address = find_client_key(scope)
        usage = self._get_usage(address) if address else _Usage()
        if usage.at_once >= self._most_at_once():
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
                async with usage.at_work():
                    await self.app(
                        scope, receive, _limit_response_rate(send, usage.requests, cost_of_a_byte)
                    )
                return
        finally:
            self._at_once -= 1
            usage.at_once -= 1
        await self.app(scope, receive, send)

    def _most_at_once(self) -> int:
        """Return how many requests an address may have at once now."""
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
    """Return a wrapper of ``send`` that waits for tokens; a byte of the body costs ``cost``."""

    async def send_wrapper(message: Message) -> None:
        if size := len(message.get("body", b"")):
            await take_tokens(requests, size * cost)
        await send(message)

    return send_wrapper


def _estimate_cost(scope: Scope) -> float:
    """Return as how many requests this one counts, without its response."""
    headers = Headers(scope=scope)
    size = len(scope["path"]) + len(scope["query_string"])
    size += sum(len(name) + len(value) for name, value in headers.raw)
    size += estimate_body_size(headers, _LONGEST_BODY)
    return _get_base_cost(scope) + size // _REQUEST_UNIT


def _get_base_cost(scope: Scope) -> int:
    """Return as how many requests a short one of this path counts."""
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
