"""Limits the HTTP requests of each address: requests per second, and concurrent requests.

The middleware delays an address that sends too many requests per second, and refuses a request if
too many others of the address are unanswered. A long request or response counts as several
requests. One of Streamlit's static files counts as a fraction of a request, because a page loads
about eighty of them.
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
"""Requests of an address: refill per second, and burst. A request takes about 1 ms of processor
time.
"""

PEAK_REQUESTS: Final = (400.0, 40)
"""Additional limit of an address: refill per second, and burst. Opening a page
costs about 40 with its files and its session, so one page opens without a delay. Further requests
are spread out, so that other addresses get their turns.
"""

MAX_AT_ONCE: Final = 100
"""Requests of an address at once, waiting or running."""

BUSY_ABOVE: Final = 400
"""Requests of all addresses at once. From this number on, the portal is busy."""

MAX_AT_ONCE_WHEN_BUSY: Final = 10
"""Requests of an address at once while the portal is busy, as many as a browser needs. Uvicorn
accepts `MAX_CONNECTIONS` (`uvicorn_connections`), so some connections remain for addresses that
have fewer requests than this.
"""

MAX_RUNNING: Final = 6
"""Requests of an address that run at once. Each counts for at most `RUN_SECONDS`."""

RUN_SECONDS: Final = 0.1
"""Seconds after which a request no longer counts as running, because it waits for the database or
the network. Most requests take 3 ms.
"""

REFUSAL_SECONDS: Final = 1.0
"""Delay of a refusal, which slows down retries."""

MAX_REFUSALS: Final = 150
MAX_REFUSALS_PER_ADDRESS: Final = 50
"""Concurrent delayed refusals, in total and per address. Each keeps a connection open. Further
refusals are sent without a delay and close the connection.
"""

_REQUEST_UNIT: Final = 4096
"""Bytes of URL, headers and body that count as one request."""

_RESPONSE_UNIT: Final = 16_384
"""Bytes of a response that count as one request. An address can thus receive 1.6 MB per second."""

_LONGEST_BODY: Final = 200_000
"""Bytes assumed for a body of unknown length."""

_SIGN_IN_COST: Final = 10
"""Cost of a sign-in, in requests. A sign-in causes up to three requests to the provider, each on a
new connection.
"""

_SESSION_COST: Final = 5
"""Cost of opening a browser session, in requests."""

_UNKNOWN_PATH_COST: Final = 3
"""Cost of a request to an unknown path, in requests. Streamlit uses a thread to look for a
file with this path, and then sends the HTML page of the portal.
"""

_KNOWN_PATHS: Final = ("/api/", "/_stcore/", "/media/")

_FILE_COST: Final = 0.2
"""Cost of a static file without its content, in requests."""

_FILE_RESPONSE_FACTOR: Final = 0.1
"""Cost of a byte of a static file, relative to other responses. An address can thus receive static
files at 16 MB per second.
"""

_LONGEST_COOKIES: Final = 32_768
"""Bytes of all cookies of a request."""

_MAX_COOKIES: Final = 200

_MAX_ESCAPES: Final = 100
"""Backslashes in all cookies of a request. Python before 3.11.10 takes quadratic time to unquote
them.
"""


@dataclass(eq=False)
class _Usage:
    """The current requests of one address."""

    requests: TokenBucket = field(default_factory=lambda: TokenBucket(*REQUESTS))
    peak_requests: TokenBucket = field(default_factory=lambda: TokenBucket(*PEAK_REQUESTS))
    at_once: int = 0
    """Requests that wait or run. A WebSocket counts only until it is open."""
    refusals: int = 0
    """Refusals that are being delayed."""
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_RUNNING))

    @asynccontextmanager
    async def take_turn(self) -> AsyncIterator[None]:
        """Wait for a turn, and keep it until the block ends or `RUN_SECONDS` have passed."""
        await self.turns.acquire()
        unreleased = [self.turns]

        def release() -> None:
            if unreleased:
                unreleased.pop().release()

        timer = asyncio.get_running_loop().call_later(RUN_SECONDS, release)
        try:
            yield
        finally:
            timer.cancel()
            release()


class RequestLimitsMiddleware:
    """Delays or refuses requests if their address sends too many; refuses excessive cookies."""

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
            refusal = PlainTextResponse(
                "Too many requests at once. Try again in a moment.", 429, {"Retry-After": "2"}
            )
            await self._refuse(refusal, usage, scope, receive, send)
            return
        is_file = static_files.is_static_file_request(scope)
        self._at_once += 1
        usage.at_once += 1
        try:
            cost = _FILE_COST if is_file else _estimate_cost(scope)
            await take_tokens(usage.requests, cost)
            await take_tokens(usage.peak_requests, cost)
            if _has_excessive_cookies(Headers(scope=scope)):
                refusal = PlainTextResponse(
                    "The cookies are too long. Delete this site's cookies and sign in again.",
                    431,
                )
                await self._refuse(refusal, usage, scope, receive, send)
                return
            if scope["type"] == "http":
                byte_cost = (_FILE_RESPONSE_FACTOR if is_file else 1) / _RESPONSE_UNIT
                async with usage.take_turn():
                    await self.app(
                        scope, receive, _limit_response_rate(send, usage.requests, byte_cost)
                    )
                return
        finally:
            self._at_once -= 1
            usage.at_once -= 1
        await self.app(scope, receive, send)

    def _get_most_at_once(self) -> int:
        """Return how many requests an address may currently have at once."""
        return MAX_AT_ONCE if self._at_once < BUSY_ABOVE else MAX_AT_ONCE_WHEN_BUSY

    async def _refuse(
        self,
        refusal: PlainTextResponse,
        usage: _Usage,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        if self._refusals < MAX_REFUSALS and usage.refusals < MAX_REFUSALS_PER_ADDRESS:
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
            for other_address, other in list(self._usage.items()):
                if not (other.at_once or other.refusals) and other.requests.is_full:
                    del self._usage[other_address]
        return self._usage.setdefault(address, _Usage())


def _limit_response_rate(send: Send, requests: TokenBucket, byte_cost: float) -> Send:
    """Return a wrapper of ``send`` that takes ``byte_cost`` tokens per byte of the body."""

    async def send_wrapper(message: Message) -> None:
        if size := len(message.get("body", b"")):
            await take_tokens(requests, size * byte_cost)
        await send(message)

    return send_wrapper


def _estimate_cost(scope: Scope) -> float:
    """Return the cost of a request without its response; a short request to a page costs 1."""
    headers = Headers(scope=scope)
    size = len(scope["path"]) + len(scope["query_string"])
    size += sum(len(name) + len(value) for name, value in headers.raw)
    size += estimate_body_size(headers, _LONGEST_BODY)
    return _get_base_cost(scope) + size // _REQUEST_UNIT


def _get_base_cost(scope: Scope) -> int:
    """Return the cost of a short request to this path."""
    if scope["type"] == "websocket":
        return _SESSION_COST
    if scope["path"].endswith(SIGN_IN_ROUTES):
        return _SIGN_IN_COST
    is_known = scope["path"].startswith(_KNOWN_PATHS) or html_shell.is_page_request(scope)
    return 1 if is_known else _UNKNOWN_PATH_COST


def _has_excessive_cookies(headers: Headers) -> bool:
    cookies = "".join(headers.getlist("cookie"))
    return (
        len(cookies) > _LONGEST_COOKIES
        or cookies.count(";") > _MAX_COOKIES
        or cookies.count("\\") > _MAX_ESCAPES
    )
