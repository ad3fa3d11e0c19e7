"""One request and its answer over httpx, waiting in a thread or on an event loop.

Both end by the request's deadline, whatever the server does, and never raise what httpx raises:
its exceptions carry the request, token included.
"""

import asyncio
import logging
import math
import time
import zlib
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

import httpx

from issue_portal.client.core import ClientRequest
from issue_portal.client.responses import NoResponse, Outcome, ReceivedResponse

PREFIX = "/api/v1/app"

LARGEST_ANSWER = 64 * 2**20
"""Bytes, unpacked."""

_IN_TIME = "The server did not answer in time."


def build_http_settings(base_url: str, org: str | None) -> dict[str, Any]:
    """How both kinds of httpx client are set up."""
    # User info in the address would replace our Authorization header, and show up in logs.
    url = httpx.URL(base_url).copy_with(userinfo=b"")
    return {
        "base_url": url,
        "headers": {
            "Accept": "application/json",
            # The one encoding that is unpacked here, to a bounded size.
            "Accept-Encoding": "gzip",
            "User-Agent": "issue-portal-client",
        }
        | ({"x-org": org} if org else {}),
        "follow_redirects": False,
    }


def send(http: httpx.Client, request: ClientRequest) -> Outcome:
    """Send ``request`` and read what comes of it."""
    reading = _ResponseReader(request.deadline)
    before = _deadline.set(request.deadline)
    try:
        with http.stream(
            **_build_arguments(request), extensions={"trace": _bound_reads}
        ) as response:
            reading.begin(response)
            for chunk in response.iter_raw():
                reading.add(chunk)
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, _StopReadingError) as error:
        return reading.broken(error)
    finally:
        _deadline.reset(before)
    return reading.answer()


async def send_async(http: httpx.AsyncClient, request: ClientRequest) -> Outcome:
    """Send ``request`` and read what comes of it."""
    reading = _ResponseReader(request.deadline)
    try:
        async with (
            asyncio.timeout(request.deadline - time.monotonic()),
            http.stream(**_build_arguments(request)) as response,
        ):
            reading.begin(response)
            async for chunk in response.aiter_raw():
                reading.add(chunk)
    except (
        httpx.HTTPError,
        httpx.InvalidURL,
        UnicodeError,
        _StopReadingError,
        TimeoutError,
    ) as error:
        return reading.broken(error)
    return reading.answer()


class _StopReadingError(Exception):
    """No more is read."""


class _ResponseReader:
    """An answer while it is read."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._response: httpx.Response | None = None
        self._body = bytearray()
        self._flaw: str | None = None
        self._gzip: Any = None

    def begin(self, response: httpx.Response) -> None:
        self._response = response
        encoding = response.headers.get("content-encoding", "identity").lower()
        if encoding == "gzip":
            self._gzip = zlib.decompressobj(wbits=31)
        elif encoding != "identity":
            self._flaw = "The server's answer cannot be unpacked."
            raise _StopReadingError

    def add(self, chunk: bytes) -> None:
        if self._gzip:
            chunk = self._unpacked(chunk)
        self._body += chunk
        if len(self._body) > LARGEST_ANSWER:
            self._flaw = f"The server's answer is larger than {LARGEST_ANSWER >> 20} MB."
            raise _StopReadingError
        if time.monotonic() > self._deadline:
            raise httpx.ReadTimeout(_IN_TIME)

    def _unpacked(self, chunk: bytes) -> bytes:
        assert self._gzip is not None
        try:
            unpacked: bytes = self._gzip.decompress(chunk, LARGEST_ANSWER + 1 - len(self._body))
        except zlib.error:
            self._flaw = "The server's answer cannot be unpacked."
            raise _StopReadingError from None
        return unpacked

    def answer(self) -> ReceivedResponse:
        assert self._response is not None
        body = b"" if self._flaw else bytes(self._body)
        return ReceivedResponse(
            self._response.status_code, self._response.headers, body, self._flaw
        )

    def broken(self, error: Exception) -> Outcome:
        """What it means that reading ended with ``error``."""
        # A refusal is one even if its explanation did not arrive.
        if self._response is not None and (self._flaw or self._response.status_code >= 300):
            return self.answer()
        return _explain_failure(error)


def _explain_failure(error: Exception) -> NoResponse:
    match error:
        case httpx.ConnectError():
            return NoResponse(f"The server cannot be reached: {error}", never_sent=True)
        case httpx.ConnectTimeout() | httpx.PoolTimeout() | httpx.ProxyError():
            return NoResponse("The server cannot be reached.", never_sent=True)
        case UnicodeError():
            text = "The request cannot be sent: it has characters that are none."
            return NoResponse(text, never_sent=True, final=True)
        case httpx.UnsupportedProtocol() | httpx.LocalProtocolError() | httpx.InvalidURL():
            text = "The request cannot be sent: the server's address has to begin with http:// or https://."
            return NoResponse(text, never_sent=True, final=True)
        case httpx.TimeoutException() | TimeoutError():
            return NoResponse(_IN_TIME)
        case _:
            return NoResponse("The connection to the server broke off.")


def _build_arguments(request: ClientRequest) -> dict[str, Any]:
    return {
        "method": request.method,
        "url": PREFIX + request.path,
        "params": request.params,
        "json": request.json,
        "headers": request.headers,
        # Many hosts have two addresses, and one is tried after the other.
        "timeout": httpx.Timeout(request.timeout, connect=request.timeout / 2),
    }


_deadline: ContextVar[float] = ContextVar("deadline", default=math.inf)


def _bound_reads(event: str, info: Mapping[str, Any]) -> None:
    """Have a new connection read until the deadline of whichever request uses it.

    httpx 0.28 limits each read from the socket only, so that a server which sends a header a byte
    at a time could hold a thread for ever. To go when httpx can limit a request as a whole.
    """
    if not event.endswith((".connect_tcp.complete", ".start_tls.complete")):
        return
    stream = info["return_value"]
    read = stream.read

    def read_in_time(max_bytes: int, timeout: float | None = None) -> bytes:
        left = _deadline.get() - time.monotonic()
        if left <= 0:
            raise httpx.ReadTimeout(_IN_TIME)
        # Without a limit of its own it is a request of someone who shares the transport.
        data: bytes = read(max_bytes, timeout if timeout is None else min(timeout, left))
        return data

    stream.read = read_in_time


class _QueryFilter(logging.Filter):
    """Keeps what people search for out of the lines that httpx logs: cuts the query off."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                arg.copy_with(query=None)
                if isinstance(arg, httpx.URL) and f"{PREFIX}/" in arg.path
                else arg
                for arg in record.args
            )
        return True


logging.getLogger("httpx").addFilter(_QueryFilter())
