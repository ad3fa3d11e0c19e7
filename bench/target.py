"""The server under attack, a portal or a proxy, and connections to it from any client address."""

import socket
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlsplit

ATTACKER = "203.0.113.9"
"""Client address of the attacks."""


@dataclass(frozen=True)
class Target:
    """Opens connections that count as those of other addresses."""

    url: str
    is_proxy: bool = False
    """Whether connections come from different loopback addresses. If not, callers send the client
    address in ``X-Forwarded-For``.
    """

    @property
    def host(self) -> str:
        """Host and port."""
        return urlsplit(self.url).netloc

    def connect(self, address: str) -> socket.socket:
        """Open a TCP connection. For a proxy, it comes from a loopback address like ``address``."""
        parts = urlsplit(self.url)
        source = ("127." + address.partition(".")[2], 0) if self.is_proxy else None
        return socket.create_connection(("127.0.0.1", parts.port or 80), 10, source)

    def connect_http(self, address: str) -> HTTPConnection:
        """Open an HTTP connection, like `connect`."""
        client = HTTPConnection(self.host)
        client.sock = self.connect(address)
        client.sock.settimeout(20)
        return client
