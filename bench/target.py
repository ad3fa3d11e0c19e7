"""The server under attack, a portal or a proxy, and connections to it from any client address."""

import socket
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlsplit

ATTACKER = "203.0.113.9"
"""Client address of the attacks."""


@dataclass(frozen=True)
class Target:
    """Opens connections that claim to come from any address, because this machine has only one."""

    url: str
    uses_proxy_protocol: bool = False
    """Whether to send the client address by the PROXY protocol. If not, callers send it in
    ``X-Forwarded-For``.
    """

    @property
    def host(self) -> str:
        """Host and port."""
        return urlsplit(self.url).netloc

    def connect(self, address: str) -> socket.socket:
        """Open a TCP connection that claims, by the PROXY protocol, to come from ``address``."""
        parts = urlsplit(self.url)
        connection = socket.create_connection((parts.hostname, parts.port or 80), 10)
        if self.uses_proxy_protocol:
            connection.sendall(f"PROXY TCP4 {address} 127.0.0.1 50000 80\r\n".encode())
        return connection

    def connect_http(self, address: str) -> HTTPConnection:
        """Open an HTTP connection that claims, by the PROXY protocol, to come from ``address``."""
        client = HTTPConnection(self.host)
        client.sock = self.connect(address)
        client.sock.settimeout(20)
        return client
