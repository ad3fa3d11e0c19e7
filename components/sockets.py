"""Limits below ASGI: file descriptors, connections that ask nothing, and how much is read at once.

uvicorn (0.54) closes a connection that is idle after a request, but waits for the first request of
a connection for ever. A WebSocket message may have 16 MB unless it is told otherwise, which
`streamlit run` and `uvicorn app:app` do in different ways.
"""

import asyncio
import json
import logging
from collections import OrderedDict
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from api.logs import Budget
from api.settings import get_settings
from components.browser_messages import LONGEST_MESSAGE

SILENT_SECONDS: Final = 10.0
"""Time in which a new connection has to send the headers of its first request."""

MOST_SILENT: Final = 300
"""Connections that have not asked anything yet. One more, and the oldest of them is closed."""

MOST_SMALL_FRAMES: Final = 300
"""Pings, pongs and parts of messages that a WebSocket may send in a minute; browsers send a few."""

_READ_AT_ONCE: Final = 1024
"""Bytes of a WebSocket: some hundred of the smallest frames, which take milliseconds."""

_DESCRIPTORS_PER_SESSION: Final = 4
"""The WebSocket, and the event loop that Streamlit (1.67) gives each session: three."""

_DESCRIPTORS_FOR_OTHERS: Final = MOST_SILENT + 300
"""For databases, files, requests to the API, and connections that ask nothing."""

_MOST_DESCRIPTORS: Final = 65_536

log = logging.getLogger(__name__)


def most_sessions() -> int:
    """How many sessions the file descriptors of this process are enough for."""
    return max(1, (_descriptors() - _DESCRIPTORS_FOR_OTHERS) // _DESCRIPTORS_PER_SESSION)


def raise_limits() -> None:
    """Take as many file descriptors as this process may; warn if they are too few."""
    try:
        import resource  # noqa: PLC0415 - not on Windows, which has no such limit
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    wanted = get_settings().max_sessions
    if most_sessions() < wanted:
        log.warning(
            "Only %d sessions fit at once, not ISSUES_MAX_SESSIONS=%d: this process may open %d"
            " files. Raise the limit (LimitNOFILE, ulimit -n) to %d.",
            most_sessions(),
            wanted,
            _descriptors(),
            wanted * _DESCRIPTORS_PER_SESSION + _DESCRIPTORS_FOR_OTHERS,
        )


def limit_connections() -> None:
    """Set the limits for all connections of this process. Once, before the server starts."""
    silent: OrderedDict[Any, asyncio.TimerHandle] = OrderedDict()
    for protocol in (HttpToolsProtocol, H11Protocol):
        _limit_silence(protocol, silent)
        _answer_with_problems(protocol)
    _limit_messages(WebSocketsSansIOProtocol)


def _limit_silence(protocol: Any, silent: OrderedDict[Any, asyncio.TimerHandle]) -> None:
    made, lost = protocol.connection_made, protocol.connection_lost

    def connection_made(self: Any, transport: Any) -> None:
        made(self, transport)
        silent[self] = self.loop.call_later(SILENT_SECONDS, close_if_silent, self)
        if len(silent) > MOST_SILENT:
            close_if_silent(next(iter(silent)))

    def close_if_silent(connection: Any) -> None:
        silent.pop(connection).cancel()
        upgraded = connection.transport.get_protocol() is not connection
        if connection.cycle is None and not upgraded:
            connection.transport.close()

    def connection_lost(self: Any, error: Exception | None) -> None:
        if timer := silent.pop(self, None):
            timer.cancel()
        lost(self, error)

    protocol.connection_made = connection_made
    protocol.connection_lost = connection_lost


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


def _limit_messages(protocol: Any) -> None:
    """Read little at once: uvicorn takes apart all frames of up to 256 kB before anything else."""
    made, received, receive = protocol.connection_made, protocol.data_received, protocol.receive

    def connection_made(self: Any, transport: Any) -> None:
        made(self, transport)
        self.conn.max_message_size = LONGEST_MESSAGE
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


def _descriptors() -> int:
    try:
        import resource  # noqa: PLC0415 - not on Windows, which has no such limit
    except ImportError:
        return _MOST_DESCRIPTORS
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return _MOST_DESCRIPTORS if soft == resource.RLIM_INFINITY else soft
