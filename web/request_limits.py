"""How much one address may ask over HTTP: so many requests a second, and at once (ASGI middleware).

Requests are delayed, and refused only when very many of an address wait. Long ones and long answers
count as several; the bundle of Streamlit's page, some eighty files, counts little.
"""

import asyncio
import re
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
"""Refill a second, and the most in a short time. One is about a millisecond of a processor."""

REQUESTS_IN_A_ROW: Final = (400.0, 40)
"""The same for a moment: to open a page takes 40. Of those that come together beyond that, others
have their turns in between.
"""

MOST_AT_ONCE: Final = 100

MOST_IN_ALL: Final = 400
MOST_OF_A_BROWSER: Final = 10
"""Requests at once, of all, beyond which an address may have only as many as a browser: the other
connections of the process (`MOST_CONNECTIONS`) are for those who ask for little.
"""

AT_WORK: Final = 6
WORK_SECONDS: Final = 0.1
"""Requests of an address at work at once, and after how long one counts as waiting for somebody
else. Most take 3 ms: whoever asks more waits for their own requests, and others do not.
"""

REFUSAL_SECONDS: Final = 1.0
"""How long a refusal takes: a client that waits for it cannot ask for the next one."""

MOST_REFUSALS: Final = 150
MOST_REFUSALS_OF_ONE: Final = 50
"""Refusals that wait, in all and of one address. Each keeps a connection, which others need."""

_ASKED_IN_ONE: Final = 4096
"""Bytes of address, headers and body beyond which a request counts as several."""

_ANSWERED_IN_ONE: Final = 16_384
"""Bytes of an answer that count as a request: 1.6 MB a second in the long run."""

_LONGEST_BODY: Final = 200_000
"""Bytes that a body of unknown length counts as."""

_COST_OF_A_SIGN_IN: Final = 10
"""The provider is asked up to three questions, each by a connection of its own."""

_COST_OF_A_SESSION: Final = 5
_COST_OF_THE_UNKNOWN: Final = 3
"""Streamlit has threads look for a file, and then sends a page."""

_CHEAP: Final = ("/api/", "/_stcore/", "/media/")

_COST_OF_A_FILE: Final = 0.2
_COST_OF_A_PART: Final = 0.1
"""Of a file: 16 MB a second in the long run."""

_LONGEST_COOKIES: Final = 32_768
_MOST_COOKIES: Final = 200
_MOST_ESCAPES: Final = 100
"""Backslashes in all cookies: Python before 3.11.10 takes quadratic time for them."""


_ODD: Final = re.compile(rb"[^!-~ \t]")
"""A byte that is in no name of a cookie (RFC 6265)."""


@dataclass(eq=False)
class _Usage:
    requests: TokenBucket = field(default_factory=lambda: TokenBucket(*REQUESTS))
    in_a_row: TokenBucket = field(default_factory=lambda: TokenBucket(*REQUESTS_IN_A_ROW))
    at_once: int = 0
    """Requests that wait or are at work; of WebSockets, those that wait."""
    refusals: int = 0
    """Refusals that wait."""
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_WORK))

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Wait for a turn, and keep it until the end or for `WORK_SECONDS`."""
        await self.turns.acquire()
        held = [self.turns]

        def release() -> None:
            if held:
                held.pop().release()

        over = asyncio.get_running_loop().call_later(WORK_SECONDS, release)
        try:
            yield
        finally:
            over.cancel()
            release()


class RequestLimitsMiddleware:
    """Delays the requests of an address that sends too many; refuses cookies that take long.

    It also removes cookies with a name that none has: browsers keep the prefix ``__Host-`` to this
    host, but Starlette (1.3) would take a no-break space and such a name for it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._usage: dict[str, _Usage] = {}
        self._at_once = 0
        self._refusals = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on when it is its turn."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        _remove_odd_cookies(scope)
        address = find_client_key(scope)
        usage = self._usage_of(address) if address else _Usage()
        if usage.at_once >= self._most_at_once():
            refusal = PlainTextResponse("Too many requests at once.", 429, {"Retry-After": "2"})
            await self._refuse(refusal, usage, scope, receive, send)
            return
        is_file = static_files.is_static_file_request(scope)
        self._at_once += 1
        usage.at_once += 1
        try:
            cost = _COST_OF_A_FILE if is_file else _cost(scope)
            await take_tokens(usage.requests, cost)
            await take_tokens(usage.in_a_row, cost)
            if _has_bad_cookies(Headers(scope=scope)):
                refusal = PlainTextResponse("The cookies are too long.", 431)
                await self._refuse(refusal, usage, scope, receive, send)
                return
            if scope["type"] == "http":
                of_a_byte = (_COST_OF_A_PART if is_file else 1) / _ANSWERED_IN_ONE
                async with usage.at_work():
                    await self.app(scope, receive, _counted(send, usage.requests, of_a_byte))
                return
        finally:
            self._at_once -= 1
            usage.at_once -= 1
        await self.app(scope, receive, send)

    def _most_at_once(self) -> int:
        """How many requests an address may have at once just now."""
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

    def _usage_of(self, address: str) -> _Usage:
        if address not in self._usage:
            for name, idle in list(self._usage.items()):
                if not (idle.at_once or idle.refusals) and idle.requests.is_full:
                    del self._usage[name]
        return self._usage.setdefault(address, _Usage())


def _counted(send: Send, requests: TokenBucket, cost: float) -> Send:
    """What sends an answer when there are tokens for it, of which a byte takes ``cost``."""

    async def send_in_turn(message: Message) -> None:
        if size := len(message.get("body", b"")):
            await take_tokens(requests, size * cost)
        await send(message)

    return send_in_turn


def _cost(scope: Scope) -> float:
    """How many requests this one counts as, before it is answered."""
    headers = Headers(scope=scope)
    size = len(scope["path"]) + len(scope["query_string"])
    size += sum(len(name) + len(value) for name, value in headers.raw)
    size += estimate_body_size(headers, _LONGEST_BODY)
    return _least_cost(scope) + size // _ASKED_IN_ONE


def _least_cost(scope: Scope) -> int:
    """The same for a short one."""
    if scope["type"] == "websocket":
        return _COST_OF_A_SESSION
    if scope["path"].endswith(SIGN_IN_ROUTES):
        return _COST_OF_A_SIGN_IN
    is_known = scope["path"].startswith(_CHEAP) or html_shell.is_page_request(scope)
    return 1 if is_known else _COST_OF_THE_UNKNOWN


def _remove_odd_cookies(scope: Scope) -> None:
    for place, (name, value) in enumerate(scope["headers"]):
        if name == b"cookie" and _ODD.search(value):
            kept = [one for one in value.split(b";") if not _ODD.search(one.partition(b"=")[0])]
            scope["headers"][place] = (name, b";".join(kept))


def _has_bad_cookies(headers: Headers) -> bool:
    cookies = "".join(headers.getlist("cookie"))
    return (
        len(cookies) > _LONGEST_COOKIES
        or cookies.count(";") > _MOST_COOKIES
        or cookies.count("\\") > _MOST_ESCAPES
    )
