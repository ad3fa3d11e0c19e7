"""Limits below ASGI: file descriptors, connections that ask nothing, and how much is read at once.

uvicorn (0.54) closes a connection that is idle after a request, but waits for the first request of
a connection for ever. A WebSocket message may have 16 MB unless it is told otherwise, which
`streamlit run` and `uvicorn app:app` do in different ways.
"""

import asyncio
import json
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from api.logs import Budget

SILENT_SECONDS: Final = 10.0
"""Time in which the headers of a request have to be here, from the first byte or connection."""

MOST_CONNECTIONS: Final = 600
"""HTTP connections at once. One more, and the oldest that has no request at work is closed."""

MOST_PIPELINED: Final = 16
"""Requests that a connection may send before the first is answered."""

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
    connections: dict[Any, asyncio.TimerHandle | None] = {}
    for protocol in (HttpToolsProtocol, H11Protocol):
        _limit_requests(protocol, connections)
        _answer_with_problems(protocol)
    _limit_messages(WebSocketsSansIOProtocol, longest_message)


def _limit_requests(protocol: Any, connections: dict[Any, asyncio.TimerHandle | None]) -> None:
    """Close connections that ask nothing, or more than they wait to be answered.

    ``connections`` are all of this process, the oldest first, each with the timer that closes it
    unless it asks something.
    """
    made, lost, received = (
        protocol.connection_made,
        protocol.connection_lost,
        protocol.data_received,
    )

    def is_idle(self: Any) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self: Any, transport: Any) -> None:
        made(self, transport)
        connections[self] = self.loop.call_later(SILENT_SECONDS, close_if_idle, self)
        if len(connections) > MOST_CONNECTIONS:
            close_if_idle(next(filter(is_idle, connections)))

    def close_if_idle(self: Any) -> None:
        if self not in connections:
            return
        connections[self] = None
        if is_idle(self):
            self.transport.close()

    def data_received(self: Any, data: bytes) -> None:
        for start in range(0, len(data), _READ_AT_ONCE):
            received(self, data[start : start + _READ_AT_ONCE])
            if self.transport.get_protocol() is not self:
                forget(self)  # It has become a WebSocket.
                return
            if self.transport.is_closing():
                return
            if len(getattr(self, "pipeline", ())) > MOST_PIPELINED:
                self.transport.close()
                return
        # uvicorn's own timer ends with the first byte of a request, ours with its headers.
        timer = connections.get(self)
        if not is_idle(self):
            if timer:
                timer.cancel()
                connections[self] = None
        elif self in connections and timer is None:
            connections[self] = self.loop.call_later(SILENT_SECONDS, close_if_idle, self)

    def forget(self: Any) -> None:
        if timer := connections.pop(self, None):
            timer.cancel()

    def connection_lost(self: Any, error: Exception | None) -> None:
        forget(self)
        lost(self, error)

    protocol.connection_made = connection_made
    protocol.connection_lost = connection_lost
    protocol.data_received = data_received


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
