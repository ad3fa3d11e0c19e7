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

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from api.addresses import counted_as
from api.logs import Budget

SILENT_SECONDS: Final = 10.0
"""Time in which the headers of a request have to be here, from the first byte or connection."""

UNREAD_SECONDS: Final = 20.0
"""Time in which a client has to take something of its answer."""

_TAKEN: Final = 20_000
"""Bytes that count as something: a thousand a second, less than the slowest telephone."""

MOST_UNREAD: Final = 128_000_000
"""Bytes of all answers that wait for their clients. Beyond, the longest are given up."""

MOST_CONNECTIONS: Final = 600
"""HTTP connections at once. One more, and the oldest that has no request at work is closed."""

MOST_CONNECTIONS_OF_ONE: Final = 200
"""HTTP connections of one address at once, if they come without a proxy."""

MOST_PIPELINED: Final = 16
"""Requests that a connection may send before the first is answered."""

LONGEST_HEAD: Final = 98_304
"""Bytes of a request before its body: an address of 64 kB, and cookies."""

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


def raise_limit() -> int:
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
    connections = _Connections()
    for protocol in (HttpToolsProtocol, H11Protocol):
        _answer_with_problems(protocol)
        if protocol is HttpToolsProtocol:  # h11 has such limits.
            _limit_heads(protocol)
        connections.watch(protocol)
    _limit_messages(WebSocketsSansIOProtocol, longest_message)


@dataclass
class _Connection:
    address: str
    idle_since: float | None
    """None while a request is at work."""

    taken_at: float
    """When the client last took something of its answer, or had nothing to take."""

    unread: int = 0
    """Bytes that it had not taken then."""


class _Connections:
    """The HTTP connections of this process, the oldest first; looked at every second."""

    def __init__(self) -> None:
        self._all: dict[Any, _Connection] = {}
        self._by_address: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, protocol: Any) -> None:
        """Watch all connections of this class."""
        made, lost = protocol.connection_made, protocol.connection_lost
        received, resumed = protocol.data_received, protocol.resume_writing

        def connection_made(this: Any, transport: Any) -> None:
            made(this, transport)
            self._add(this)

        def connection_lost(this: Any, error: Exception | None) -> None:
            self._forget(this)
            lost(this, error)

        def resume_writing(this: Any) -> None:
            if this in self._all:
                self._all[this].taken_at = this.loop.time()
            resumed(this)

        def data_received(this: Any, data: bytes) -> None:
            for start in range(0, len(data), _READ_AT_ONCE):
                received(this, data[start : start + _READ_AT_ONCE])
                if this.transport.get_protocol() is not this:
                    self._forget(this)  # It has become a WebSocket.
                    return
                if len(getattr(this, "pipeline", ())) > MOST_PIPELINED:
                    this.transport.close()
                if this.transport.is_closing():
                    return

        protocol.connection_made = connection_made
        protocol.connection_lost = connection_lost
        protocol.resume_writing = resume_writing
        protocol.data_received = data_received

    def _add(self, protocol: Any) -> None:
        if not self._timer:
            self._timer = protocol.loop.call_later(1, self._look)
        now = protocol.loop.time()
        address = counted_as((protocol.client or ("",))[0])
        self._all[protocol] = _Connection(address, idle_since=now, taken_at=now)
        self._by_address[address] += 1
        if address and self._by_address[address] > MOST_CONNECTIONS_OF_ONE:
            protocol.transport.abort()
        elif len(self._all) > MOST_CONNECTIONS:
            idle = [each for each in self._all if _is_idle(each)]
            silent = [each for each in idle if not _unread(each)]
            (silent or idle or [protocol])[0].transport.abort()

    def _forget(self, protocol: Any) -> None:
        if connection := self._all.pop(protocol, None):
            self._by_address[connection.address] -= 1
            if not self._by_address[connection.address]:
                del self._by_address[connection.address]

    def _look(self) -> None:
        """Close what has been idle for long, and what nobody reads."""
        unread = 0
        for protocol, connection in self._all.items():
            now = protocol.loop.time()
            left = _unread(protocol)
            unread += left
            if not left or left <= connection.unread - _TAKEN:
                connection.unread, connection.taken_at = left, now
            connection.unread = max(connection.unread, left)
            if now - connection.taken_at > UNREAD_SECONDS:
                protocol.transport.abort()
            if not _is_idle(protocol):
                connection.idle_since = None
            elif connection.idle_since is None:
                connection.idle_since = now
            elif now - connection.idle_since > SILENT_SECONDS:
                protocol.transport.close()
        for protocol in sorted(self._all, key=_unread, reverse=True):
            if unread <= MOST_UNREAD:
                break
            unread -= _unread(protocol)
            protocol.transport.abort()
        self._timer = None
        if self._all:
            self._timer = next(iter(self._all)).loop.call_later(1, self._look)


def _is_idle(protocol: Any) -> bool:
    return protocol.cycle is None or protocol.cycle.response_complete


def _unread(protocol: Any) -> int:
    """Bytes that wait for the client."""
    size: int = protocol.transport.get_write_buffer_size()
    return size


def _limit_heads(protocol: Any) -> None:
    """Bound what comes before the body, and in how many parts the body comes.

    httptools (0.8) takes quadratic time for a header or address that does not end.
    """
    received, begun, headers = (
        protocol.data_received,
        protocol.on_message_begin,
        protocol.on_headers_complete,
    )
    header, body, complete = protocol.on_header, protocol.on_body, protocol.on_message_complete
    # Of the request that is being read: bytes of its head, headers, and parts of its body.
    protocol.head, protocol.header_count, protocol.parts = 0, 0, 0
    protocol.is_in_body = False

    def data_received(self: Any, data: bytes) -> None:
        if not self.is_in_body:
            self.head += len(data)
            if self.head > LONGEST_HEAD:
                self.send_400_response("")
                return
        received(self, data)

    def on_message_begin(self: Any) -> None:
        self.header_count = self.parts = 0
        begun(self)

    def on_header(self: Any, name: bytes, value: bytes) -> None:
        self.header_count += 1
        if self.header_count > MOST_HEADERS:
            raise ValueError("too many headers")
        header(self, name, value)

    def on_headers_complete(self: Any) -> None:
        self.head, self.is_in_body = 0, True
        headers(self)

    def on_body(self: Any, part: bytes) -> None:
        self.parts += 1
        if self.parts > _MOST_PARTS:
            self.transport.close()
        else:
            body(self, part)

    def on_message_complete(self: Any) -> None:
        self.is_in_body = False
        complete(self)

    protocol.data_received = data_received
    protocol.on_message_begin = on_message_begin
    protocol.on_header = on_header
    protocol.on_headers_complete = on_headers_complete
    protocol.on_body = on_body
    protocol.on_message_complete = on_message_complete


def _answer_with_problems(protocol: Any) -> None:
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


def _limit_messages(protocol: Any, longest_message: int) -> None:
    """Read little at once: uvicorn takes apart all frames of up to 256 kB before anything else."""
    made, received, receive = protocol.connection_made, protocol.data_received, protocol.receive

    def connection_made(self: Any, transport: Any) -> None:
        made(self, transport)
        self.conn.max_message_size = longest_message
        self.conn.available_extensions = []  # Compressed, a little can be a lot.
        self.unread = bytearray()
        self.small_frames = Budget(MOST_SMALL_FRAMES)

    def data_received(self: Any, data: bytes) -> None:
        self.unread += data
        read(self)

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
