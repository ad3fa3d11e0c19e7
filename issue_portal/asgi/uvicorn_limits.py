"""Limits below ASGI: connections that ask nothing or read nothing, and how much is read at once.

uvicorn (0.54) waits for ever for the first request of a connection, for the end of a header and for
a browser that does not read its answer. A WebSocket message may have 16 MB unless it is told
otherwise, which `streamlit run` and `uvicorn app:app` do in different ways.
"""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from uvicorn.middleware.proxy_headers import _TrustedHosts
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets import http11

from issue_portal.core.client_address import normalize_address
from issue_portal.core.logging_setup import LogBudget
from issue_portal.core.token_bucket import TokenBucket

SILENT_SECONDS: Final = 10.0
"""Time in which the headers of a request have to be here, from the first byte or connection."""

UNREAD_SECONDS: Final = 20.0
"""Time in which a client has to take something of its answer."""

_TAKEN: Final = 20_000
"""Bytes that count as something: a thousand a second, less than the slowest telephone."""

MOST_CONNECTIONS: Final = 600
"""HTTP connections at once. One more, and the oldest that has no request at work is closed."""

MOST_CONNECTIONS_PER_ADDRESS: Final = 200
"""Connections of one address at once, WebSockets too, if they come without a proxy."""

_CONNECT_BUCKET: Final = (50.0, 500)
"""New connections of one address: refill a second, and the most at once."""

MOST_PIPELINED: Final = 16
"""Requests that a connection may send before the first is answered."""

LONGEST_HEAD: Final = 98_304
"""Bytes of a request before its body: an address of 64 kB, and cookies."""

_LONGEST_HEADER: Final = 40_000
"""Bytes of one header of a WebSocket. Cookies of a person in two hundred groups have half of that,
and websockets (17) would take 8 kB.
"""

MOST_HEADERS: Final = 100

_MOST_PARTS: Final = 2_000
"""Parts in which a body may come: one of a single byte is as much work as one of a kilobyte."""

MOST_SMALL_FRAMES: Final = 300
"""Pings, pongs and parts of messages that a WebSocket may send in a minute; browsers send a few."""

_READ_AT_ONCE: Final = 1024
"""Bytes that are taken apart at once: some hundred of the smallest frames, or a few requests."""

DESCRIPTORS_FOR_OTHERS: Final = MOST_CONNECTIONS + 300
"""File descriptors for all but WebSockets: HTTP connections, databases, files, our own calls."""

_MOST_DESCRIPTORS: Final = 65_536


def raise_descriptor_limit() -> int:
    """Take as many file descriptors as this process may; returns how many it has then."""
    try:
        import resource  # noqa: PLC0415 - not on Windows, which has no such limit
    except ImportError:
        return _MOST_DESCRIPTORS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _MOST_DESCRIPTORS)
    if soft == resource.RLIM_INFINITY or soft >= most:
        return _MOST_DESCRIPTORS if soft == resource.RLIM_INFINITY else soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most


def limit_connections(longest_message: int) -> None:
    """Set the limits for all connections of this process. Once, before the server starts.

    ``longest_message`` is the size in bytes of the largest WebSocket message.
    """
    connections = _ConnectionTable()
    for protocol in (HttpToolsProtocol, H11Protocol):
        _send_problem_documents(protocol)
        if protocol is HttpToolsProtocol:  # h11 has such limits.
            _limit_headers(protocol)
        connections.watch(protocol)
    connections.watch_end(WebSocketsSansIOProtocol)
    http11.MAX_LINE_LENGTH = _LONGEST_HEADER
    _limit_websockets(WebSocketsSansIOProtocol, longest_message)


@dataclass
class _Connection:
    protocol: Any
    """None once it has become a WebSocket."""

    address: str
    idle_since: float | None
    """None while a request is at work."""

    taken_at: float
    """When the client last took something of its answer, or had nothing to take."""

    unread: int = 0
    """Bytes that it had not taken then."""

    @property
    def is_idle(self) -> bool:
        """Whether no request is at work."""
        cycle = self.protocol and self.protocol.cycle
        return self.protocol is not None and (cycle is None or cycle.response_complete)


class _ConnectionTable:
    """The connections of this process, by transport, the oldest first; looked at every second."""

    def __init__(self) -> None:
        self._all: dict[Any, _Connection] = {}
        self._by_address: Counter[str] = Counter()
        self._new: dict[str, TokenBucket] = {}
        self._http = 0
        self._trusted: _TrustedHosts | None = None
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, protocol: Any) -> None:
        """Watch all HTTP connections of this class."""
        made, received, resumed = (
            protocol.connection_made,
            protocol.data_received,
            protocol.resume_writing,
        )

        def connection_made(this: Any, transport: Any) -> None:
            made(this, transport)
            self._add(this, transport)

        def resume_writing(this: Any) -> None:
            if connection := self._all.get(this.transport):
                connection.taken_at = this.loop.time()
            resumed(this)

        def data_received(this: Any, data: bytes) -> None:
            for start in range(0, len(data), _READ_AT_ONCE):
                received(this, data[start : start + _READ_AT_ONCE])
                if this.transport.get_protocol() is not this:
                    self._is_websocket(this.transport)
                    return
                if len(getattr(this, "pipeline", ())) > MOST_PIPELINED:
                    this.transport.close()
                if this.transport.is_closing():
                    return

        protocol.connection_made = connection_made
        protocol.resume_writing = resume_writing
        protocol.data_received = data_received
        self.watch_end(protocol)

    def watch_end(self, protocol: Any) -> None:
        """Watch connections of this class end."""
        lost = protocol.connection_lost

        def connection_lost(this: Any, error: Exception | None) -> None:
            self._forget(this.transport)
            lost(this, error)

        protocol.connection_lost = connection_lost

    def _add(self, protocol: Any, transport: Any) -> None:
        if not self._timer:
            self._timer = protocol.loop.call_later(1, self._look, protocol.loop)
        now = protocol.loop.time()
        peer = (protocol.client or ("",))[0]
        # Behind one address of a proxy are those of many people, which uvicorn reads later.
        address = "" if peer in self._proxies(protocol) else normalize_address(peer)
        self._all[transport] = _Connection(protocol, address, idle_since=now, taken_at=now)
        self._by_address[address] += 1
        self._http += 1
        if address and (
            self._is_too_fast(address) or self._by_address[address] > MOST_CONNECTIONS_PER_ADDRESS
        ):
            transport.abort()
        elif self._http > MOST_CONNECTIONS:
            idle = (other for other, connection in self._all.items() if connection.is_idle)
            next(idle, transport).abort()

    def _proxies(self, protocol: Any) -> _TrustedHosts:
        if self._trusted is None:
            self._trusted = _TrustedHosts(protocol.config.forwarded_allow_ips)
        return self._trusted

    def _is_too_fast(self, address: str) -> bool:
        bucket = self._new.setdefault(address, TokenBucket(*_CONNECT_BUCKET))
        if bucket.seconds_until_token():
            return True
        bucket.take()
        return False

    def _is_websocket(self, transport: Any) -> None:
        if transport in self._all:
            self._all[transport].protocol = None
            self._http -= 1

    def _forget(self, transport: Any) -> None:
        if connection := self._all.pop(transport, None):
            self._http -= connection.protocol is not None
            self._by_address[connection.address] -= 1
            if not self._by_address[connection.address]:
                del self._by_address[connection.address]

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Close what has been idle for long, and what nobody reads."""
        now = loop.time()
        self._new = {name: bucket for name, bucket in self._new.items() if not bucket.is_full}
        for transport, connection in self._all.items():
            left = transport.get_write_buffer_size()
            if not left or left <= connection.unread - _TAKEN:
                connection.unread, connection.taken_at = left, now
            connection.unread = max(connection.unread, left)
            if now - connection.taken_at > UNREAD_SECONDS:
                transport.abort()
            elif not connection.is_idle:
                connection.idle_since = None
            elif connection.idle_since is None:
                connection.idle_since = now
            elif now - connection.idle_since > SILENT_SECONDS:
                transport.close()
        busy = self._all or self._new
        self._timer = loop.call_later(1, self._look, loop) if busy else None


def _limit_headers(protocol: Any) -> None:
    """Bound what comes before the body, and in how many parts the body comes; ignore trailers.

    httptools (0.8) takes quadratic time for a header or address that does not end. uvicorn takes
    headers that come after the body for those of the request, which a proxy did not see as such.
    """
    received, begun, headers = (
        protocol.data_received,
        protocol.on_message_begin,
        protocol.on_headers_complete,
    )
    header, body, complete = protocol.on_header, protocol.on_body, protocol.on_message_complete
    # Of the request that is being read: bytes that are no body, headers, and parts of its body.
    protocol.around, protocol.header_count, protocol.parts = 0, 0, 0
    protocol.is_in_body = False

    def data_received(self: Any, data: bytes) -> None:
        self.around += len(data)
        if self.around > LONGEST_HEAD:
            self.send_400_response("")
            return
        received(self, data)

    def on_message_begin(self: Any) -> None:
        self.header_count = self.parts = 0
        self.is_in_body = False
        begun(self)

    def on_header(self: Any, name: bytes, value: bytes) -> None:
        self.header_count += 1
        if self.header_count > MOST_HEADERS:
            raise ValueError("too many headers")
        if not self.is_in_body:
            header(self, name, value)

    def on_headers_complete(self: Any) -> None:
        self.around, self.is_in_body = 0, True
        headers(self)

    def on_body(self: Any, part: bytes) -> None:
        self.around = 0
        self.parts += 1
        if self.parts > _MOST_PARTS:
            self.transport.close()
        else:
            body(self, part)

    def on_message_complete(self: Any) -> None:
        self.around, self.is_in_body = 0, False
        complete(self)

    protocol.data_received = data_received
    protocol.on_message_begin = on_message_begin
    protocol.on_header = on_header
    protocol.on_headers_complete = on_headers_complete
    protocol.on_body = on_body
    protocol.on_message_complete = on_message_complete


def _send_problem_documents(protocol: Any) -> None:
    """Answer what is not HTTP, or has an address of more than 64 kB, as the API answers errors."""
    body = json.dumps(
        {
            "type": "about:blank",
            "title": "Bad Request",
            "status": 400,
            "detail": "This is not HTTP, or its address or headers are too long.",
        }
    )
    head = "\r\n".join(
        [
            "HTTP/1.1 400 Bad Request",
            "content-type: application/problem+json",
            f"content-length: {len(body)}",
            "connection: close",
        ]
    )
    answer = f"{head}\r\n\r\n{body}".encode()

    def send_400_response(self: Any, _message: str) -> None:
        self.transport.write(answer)
        self.transport.close()

    protocol.send_400_response = send_400_response


def _limit_websockets(protocol: Any, longest_message: int) -> None:
    """Read little at once: uvicorn takes apart all frames of up to 256 kB before anything else."""
    made, received, receive = protocol.connection_made, protocol.data_received, protocol.receive

    def connection_made(self: Any, transport: Any) -> None:
        made(self, transport)
        self.conn.max_message_size = longest_message
        self.conn.available_extensions = []  # Compressed, a little can be a lot.
        self.unread = bytearray()
        self.small_frames = LogBudget(MOST_SMALL_FRAMES)

    def data_received(self: Any, data: bytes) -> None:
        self.unread += data
        read(self)
        # The first data are the whole request. Where websockets (16) refuses it, uvicorn would
        # neither say so nor close the connection.
        if not self.handshake_initiated and not self.transport.is_closing():
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    def read(self: Any) -> None:
        while self.unread and not self.read_paused and not self.transport.is_closing():
            part = bytes(self.unread[:_READ_AT_ONCE])
            del self.unread[:_READ_AT_ONCE]
            received(self, part)

    async def receive_one(self: Any) -> Any:
        message = await receive(self)
        read(self)
        return message

    def counted(handle: Any) -> Any:
        def handle_frame(self: Any, *frame: Any) -> None:
            if self.small_frames.spend():
                handle(self, *frame)
            else:
                self.transport.close()

        return handle_frame

    protocol.connection_made = connection_made
    protocol.data_received = data_received
    protocol.receive = receive_one
    for name in ("handle_ping", "handle_pong", "handle_cont"):
        setattr(protocol, name, counted(getattr(protocol, name)))
