"""The portal under load, or the proxy before it, as clients at different addresses reach it."""

import socket
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlsplit

ATTACKER = "203.0.113.9"
"""Address of the attacks."""


@dataclass(frozen=True)
class Target:
    """Opens connections that seem to come from any address: this machine has only one."""

    url: str
    uses_proxy_protocol: bool = False
    """Send the client's address by the PROXY protocol, else in ``X-Forwarded-For``."""

    @property
    def host(self) -> str:
        """Host and port."""
        return urlsplit(self.url).netloc

    def connect(self, address: str) -> socket.socket:
        """Open a connection from ``address``."""
        parts = urlsplit(self.url)
        connection = socket.create_connection((parts.hostname, parts.port or 80), 10)
        if self.uses_proxy_protocol:
            connection.sendall(f"PROXY TCP4 {address} 127.0.0.1 50000 80\r\n".encode())
        return connection

    def connect_http(self, address: str) -> HTTPConnection:
        """Open an HTTP connection from ``address``."""
        client = HTTPConnection(self.host)
        client.sock = self.connect(address)
        client.sock.settimeout(20)
        return client
