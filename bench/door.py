"""Where people come in: the portal itself, or the proxy before it."""

import socket
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Door:
    """Opens connections from any address, as this machine has only one."""

    url: str
    believes_proxies: bool = False
    """Whether an address is told by the PROXY protocol; else by ``X-Forwarded-For``."""

    @property
    def host(self) -> str:
        """Host and port."""
        return urlsplit(self.url).netloc

    def connection(self, address: str) -> socket.socket:
        """A connection from there on which nothing was asked yet."""
        parts = urlsplit(self.url)
        connection = socket.create_connection((parts.hostname, parts.port or 80), 10)
        if self.believes_proxies:
            connection.sendall(f"PROXY TCP4 {address} 127.0.0.1 50000 80\r\n".encode())
        return connection

    def client(self, address: str) -> HTTPConnection:
        """The same, to ask by HTTP."""
        client = HTTPConnection(self.host)
        client.sock = self.connection(address)
        client.sock.settimeout(20)
        return client
