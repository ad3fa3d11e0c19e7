"""Sends one request over httpx and reads its response, in a thread or on an event loop.

`send` and `send_async` return by the deadline of the request. They never raise httpx's exceptions,
which contain the request and its token.

The httpx client may be the caller's own. Only its connections are used (transports, proxies,
certificates, event hooks): a request is built here, so that no cookie, header, parameter, URL or
credential of that client is added to it.
"""

import asyncio
import logging
import math
import time
import zlib
from collections.abc import Mapping
from contextlib import aclosing, closing
from contextvars import ContextVar
from typing import Any

import httpx

from issue_portal.client.configuration import PREFIX
from issue_portal.client.responses import TIMED_OUT, NoResponse, Outcome, ReceivedResponse
from issue_portal.client.steps import ClientRequest

LARGEST_RESPONSE = 64 * 2**20
"""Largest body of a response in bytes, decompressed."""

_CLOSED = NoResponse("Cannot send the request: the client is closed.", never_sent=True, final=True)

_FAILURES = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, UnicodeError)

_NOT_DECOMPRESSED = "The server's response cannot be decompressed."


def send(http: httpx.Client, request: ClientRequest) -> Outcome:
    """Send a request and read its response, or return why there is none."""
    if http.is_closed:
        return _CLOSED
    reader = _ResponseReader(request.deadline)
    reset_token = _read_deadline.set(request.deadline)
    try:
        built = _build_request(request, trace=_limit_reads)
        response = http.send(built, stream=True, auth=None, follow_redirects=False)
        with closing(response):
            for chunk in reader.start(response) or response.iter_raw():
                reader.add(chunk)
    except (*_FAILURES, _StopReadingError) as error:
        return reader.finish_after_error(error)
    finally:
        _read_deadline.reset(reset_token)
    return reader.finish()


async def send_async(http: httpx.AsyncClient, request: ClientRequest) -> Outcome:
    """Send a request and read its response, or return why there is none."""
    if http.is_closed:
        return _CLOSED
    reader = _ResponseReader(request.deadline)
    try:
        async with asyncio.timeout(request.deadline - time.monotonic()):
            built = _build_request(request)
            response = await http.send(built, stream=True, auth=None, follow_redirects=False)
            async with aclosing(response):
                if chunks := reader.start(response):
                    reader.add(*chunks)
                else:
                    async for chunk in response.aiter_raw():
                        reader.add(chunk)
    except (*_FAILURES, _StopReadingError, TimeoutError) as error:
        return reader.finish_after_error(error)
    return reader.finish()


class _StopReadingError(Exception):
    """The rest of the response is not worth reading."""


class _ResponseReader:
    """Collects a response while it arrives."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._response: httpx.Response | None = None
        self._body = bytearray()
        self._flaw: str | None = None
        self._gzip: Any = None

    def start(self, response: httpx.Response) -> list[bytes]:
        """Start with the headers of a response.

        Returns the body if it was read already: by an event hook, or by a transport for tests.
        """
        self._response = response
        if response.is_stream_consumed:
            return [response.content]
        encoding = response.headers.get("content-encoding", "identity").lower()
        if encoding == "gzip":
            self._gzip = zlib.decompressobj(wbits=31)
        elif encoding != "identity":
            self._flaw = _NOT_DECOMPRESSED
            raise _StopReadingError
        return []

    def add(self, chunk: bytes) -> None:
        """Add a chunk of the body as it was sent."""
        if self._gzip:
            chunk = self._decompress(chunk)
        self._body += chunk
        if len(self._body) > LARGEST_RESPONSE:
            self._flaw = f"The server's response is larger than {LARGEST_RESPONSE >> 20} MB."
            raise _StopReadingError
        if time.monotonic() > self._deadline:
            raise httpx.ReadTimeout(TIMED_OUT)

    def _decompress(self, chunk: bytes) -> bytes:
        assert self._gzip is not None
        try:
            plain: bytes = self._gzip.decompress(chunk, LARGEST_RESPONSE + 1 - len(self._body))
        except zlib.error:
            self._flaw = _NOT_DECOMPRESSED
            raise _StopReadingError from None
        return plain

    def finish(self) -> ReceivedResponse:
        """Return what was received of the response; without the body if that has a flaw."""
        assert self._response is not None
        body = b"" if self._flaw else bytes(self._body)
        return ReceivedResponse(
            self._response.status_code, self._response.headers, body, self._flaw
        )

    def finish_after_error(self, error: Exception) -> Outcome:
        """Return the outcome of a request that failed with ``error``."""
        if isinstance(error, httpx.HTTPStatusError):  # Raised by an event hook of the caller.
            self._response = error.response
        # The status is enough for an error response, even if its body did not arrive.
        if self._response is not None and (self._flaw or self._response.status_code >= 300):
            return self.finish()
        return _explain_failure(error)


def _explain_failure(error: Exception) -> NoResponse:
    match error:
        case httpx.ConnectError():
            return NoResponse(f"Cannot reach the server: {error}", never_sent=True)
        case httpx.ConnectTimeout():
            # Often the last attempt of a call, which has little time left to connect.
            return NoResponse(TIMED_OUT, never_sent=True)
        case httpx.PoolTimeout() | httpx.ProxyError():
            return NoResponse("Cannot reach the server.", never_sent=True)
        case UnicodeError():
            text = "Cannot send the request: it contains half of a surrogate pair."
            return NoResponse(text, never_sent=True, final=True)
        case httpx.UnsupportedProtocol() | httpx.LocalProtocolError() | httpx.InvalidURL():
            text = "Cannot send the request: the server's URL must start with http:// or https://."
            return NoResponse(text, never_sent=True, final=True)
        case httpx.TimeoutException() | TimeoutError():
            return NoResponse(TIMED_OUT)
        case httpx.StreamError():
            text = "An event hook of the httpx client consumed the response without keeping it."
            return NoResponse(text, final=True)
        case _:
            return NoResponse("Lost the connection to the server.")


def _build_request(request: ClientRequest, **extensions: Any) -> httpx.Request:
    # Hosts often have two addresses, which are tried one after the other.
    timeout = httpx.Timeout(request.timeout, connect=request.timeout / 2)
    return httpx.Request(
        request.method,
        request.url,
        params=request.params,
        json=request.json,
        headers=request.headers,
        extensions={"timeout": timeout.as_dict(), **extensions},
    )


_read_deadline: ContextVar[float] = ContextVar("read_deadline", default=math.inf)
"""Deadline of the request that this thread reads, by `time.monotonic`."""


_OPENED = (".connect_tcp.complete", ".connect_unix_socket.complete", ".start_tls.complete")
"""Ends of the events of httpcore that a new connection triggers."""


def _limit_reads(event: str, info: Mapping[str, Any]) -> None:
    """Limit the reads of a new connection to the deadline of the request that uses it.

    TODO(httpx>0.28): remove when httpx can limit a whole request. It limits single reads only, so
    a server that sends one byte at a time could block a thread for ever. Connections that a caller
    opened with the same httpx client before remain unlimited.
    """
    if not event.endswith(_OPENED):
        return
    stream = info["return_value"]
    read = stream.read

    def read_in_time(max_bytes: int, timeout: float | None = None) -> bytes:
        left = _read_deadline.get() - time.monotonic()
        if left <= 0:
            raise httpx.ReadTimeout(TIMED_OUT)
        # Keep None: a caller that uses the httpx client directly may read without a timeout.
        data: bytes = read(max_bytes, timeout if timeout is None else min(timeout, left))
        return data

    stream.read = read_in_time


class _QueryFilter(logging.Filter):
    """Removes queries, which contain search texts, from the URLs that httpx logs."""

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
