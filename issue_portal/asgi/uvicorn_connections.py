"""Closes HTTP connections that stay idle, do not read, or exceed the limits."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from uvicorn.middleware.proxy_headers import _TrustedHosts

from issue_portal.core.client_address import make_client_key
from issue_portal.core.token_bucket import TokenBucket

SILENT_SECONDS: Final = 10.0
"""Seconds in which all headers must arrive, and for which a connection may stay idle."""

UNREAD_SECONDS: Final = 20.0
"""Seconds in which a client must read `_MIN_READ_BYTES` of its response."""

_MIN_READ_BYTES: Final = 20_000
"""Bytes to read in `UNREAD_SECONDS`: 1 kB/s, less than the slowest phone."""

MAX_CONNECTIONS: Final = 600
"""HTTP connections at once. If there are more, the oldest idle one is closed."""

MAX_CONNECTIONS_PER_ADDRESS: Final = 200
"""Connections per address at once, WebSockets included. Proxies are exempt."""

_CONNECT_BUCKET: Final = (50.0, 500)
"""New connections per address: refill per second, and burst."""

MAX_PIPELINED: Final = 16
"""Requests that a client may send on a connection before the first response."""

PARSED_BYTES: Final = 1024
"""Bytes per call of a parser: a few HTTP requests or, in `uvicorn_websockets`, a few hundred of the
smallest WebSocket frames.
"""


@dataclass
class _Connection:
    protocol: Any
    """None once the connection is a WebSocket."""

    address: str
    idle_since: float | None
    """None while a request is in progress."""

    read_at: float
    """When the client had last read everything, or `_MIN_READ_BYTES` more."""

    most_unread: int = 0
    """Most bytes that waited for the client since ``read_at``."""

    @property
    def is_idle(self) -> bool:
        """Whether this is an HTTP connection without a request in progress."""
        cycle = self.protocol and self.protocol.cycle
        return self.protocol is not None and (cycle is None or cycle.response_complete)


class ConnectionTable:
    """The connections of this process by transport, oldest first; checked every second."""

    def __init__(self) -> None:
        self._all: dict[Any, _Connection] = {}
        self._by_address: Counter[str] = Counter()
        self._connect_buckets: dict[str, TokenBucket] = {}
        self._http_count = 0
        self._trusted: _TrustedHosts | None = None
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, protocol: Any) -> None:
        """Add the HTTP connections of a protocol class to the table, and limit their pipelining."""
        connect, parse, resume = (
            protocol.connection_made,
            protocol.data_received,
            protocol.resume_writing,
        )

        def connection_made(this: Any, transport: Any) -> None:
            connect(this, transport)
            self._add(this, transport)

        def resume_writing(this: Any) -> None:
            if connection := self._all.get(this.transport):
                connection.read_at = this.loop.time()
            resume(this)

        def data_received(this: Any, data: bytes) -> None:
            for start in range(0, len(data), PARSED_BYTES):
                parse(this, data[start : start + PARSED_BYTES])
                if this.transport.get_protocol() is not this:
                    self._mark_as_websocket(this.transport)
                    return
                if len(getattr(this, "pipeline", ())) > MAX_PIPELINED:
                    this.transport.close()
                if this.transport.is_closing():
                    return

        protocol.connection_made = connection_made
        protocol.resume_writing = resume_writing
        protocol.data_received = data_received
        self.watch_end(protocol)

    def watch_end(self, protocol: Any) -> None:
        """Remove the connections of a protocol class from the table when they end."""
        disconnect = protocol.connection_lost

        def connection_lost(this: Any, error: Exception | None) -> None:
            self._remove(this.transport)
            disconnect(this, error)

        protocol.connection_lost = connection_lost

    def _add(self, protocol: Any, transport: Any) -> None:
        if not self._timer:
            self._timer = protocol.loop.call_later(1, self._close_stale, protocol.loop)
        now = protocol.loop.time()
        peer = (protocol.client or ("",))[0]
        # Many people share a proxy's address; uvicorn reads their own addresses later.
        address = "" if peer in self._proxies(protocol) else make_client_key(peer)
        self._all[transport] = _Connection(protocol, address, idle_since=now, read_at=now)
        self._by_address[address] += 1
        self._http_count += 1
        if address and (
            self._exceeds_connect_rate(address)
            or self._by_address[address] > MAX_CONNECTIONS_PER_ADDRESS
        ):
            transport.abort()
        elif self._http_count > MAX_CONNECTIONS:
            idle = (other for other, connection in self._all.items() if connection.is_idle)
            next(idle, transport).abort()

    def _proxies(self, protocol: Any) -> _TrustedHosts:
        if self._trusted is None:
            self._trusted = _TrustedHosts(protocol.config.forwarded_allow_ips)
        return self._trusted

    def _exceeds_connect_rate(self, address: str) -> bool:
        bucket = self._connect_buckets.setdefault(address, TokenBucket(*_CONNECT_BUCKET))
        if bucket.seconds_until_token():
            return True
        bucket.take()
        return False

    def _mark_as_websocket(self, transport: Any) -> None:
        if transport in self._all:
            self._all[transport].protocol = None
            self._http_count -= 1

    def _remove(self, transport: Any) -> None:
        if connection := self._all.pop(transport, None):
            self._http_count -= connection.protocol is not None
            self._by_address[connection.address] -= 1
            if not self._by_address[connection.address]:
                del self._by_address[connection.address]

    def _close_stale(self, loop: asyncio.AbstractEventLoop) -> None:
        """Close connections that have been idle for long, or whose client does not read."""
        now = loop.time()
        self._connect_buckets = {
            name: bucket for name, bucket in self._connect_buckets.items() if not bucket.is_full
        }
        for transport, connection in self._all.items():
            left = transport.get_write_buffer_size()
            if not left or left <= connection.most_unread - _MIN_READ_BYTES:
                connection.most_unread, connection.read_at = left, now
            connection.most_unread = max(connection.most_unread, left)
            if now - connection.read_at > UNREAD_SECONDS:
                transport.abort()
            elif not connection.is_idle:
                connection.idle_since = None
            elif connection.idle_since is None:
                connection.idle_since = now
            elif now - connection.idle_since > SILENT_SECONDS:
                transport.close()
        is_needed = self._all or self._connect_buckets
        self._timer = loop.call_later(1, self._close_stale, loop) if is_needed else None
