"""deploy/haproxy.cfg with names of replicas, and behind a load balancer with the PROXY protocol."""

import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from tests.servers.processes import HAPROXY, ServerProcess, find_free_port, make_proxy_environment
from tests.waiting import wait_until

MOST_CONNECTIONS = 1500
"""New connections per address in ten seconds that the proxy accepts."""


class Replica(BaseHTTPRequestHandler):
    """Answers each request with the client's address, as the proxy sends it."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # Send header and body at once.

    def do_GET(self) -> None:
        address = self.headers.get("X-Forwarded-For", "").encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(address)))
        self.end_headers()
        self.wfile.write(address)

    def log_message(self, *_: object) -> None:
        """Write no log."""


@pytest.fixture
def replica() -> Iterator[int]:
    """The port of a replica."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Replica) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def make_environment(address: str, **settings: str) -> dict[str, str]:
    """Return the environment of a proxy with the replicas at ``address``, on free ports."""
    bind, bind_inside = (f"127.0.0.1:{find_free_port()}" for _ in range(2))
    return make_proxy_environment(bind, bind_inside, [address] * 2, [address] * 2) | settings


@contextmanager
def run_proxy(directory: Path, address: str, **settings: str) -> Iterator[ServerProcess]:
    """Run a proxy with the replicas at ``address``."""
    env = make_environment(address, **settings)
    port = int(env["BIND"].rpartition(":")[2])
    ready_path = "" if "PROXY_PROTOCOL" in settings else "/api/ready"
    with ServerProcess(HAPROXY, port, directory / "proxy", env, ready_path=ready_path) as proxy:
        yield proxy


def check(**settings: str) -> subprocess.CompletedProcess[str]:
    """Let HAProxy check the configuration with an unknown name of the replicas."""
    env = make_environment("replica.invalid:8501", **settings)
    return subprocess.run([*HAPROXY, "-c"], env=env, capture_output=True, text=True, check=False)


def test_names_of_the_hosts_file_need_no_dns(replica, tmp_path):
    with run_proxy(tmp_path, f"localhost:{replica}") as proxy:
        assert httpx.get(f"{proxy.url}/api/issue").text == "127.0.0.1"
        assert httpx.get(f"{proxy.url}/").text == "127.0.0.1"


def test_proxy_waits_for_unknown_names_only_if_it_follows_dns():
    """Otherwise it says at start which name it cannot find."""
    refused = check()
    assert refused.returncode
    assert "could not resolve address 'replica.invalid'" in refused.stderr
    assert check(FOLLOW_DNS="1").returncode == 0


def connect(port: int, address: str) -> socket.socket:
    """Connect as a load balancer does for a client at ``address``."""
    connection = socket.create_connection(("127.0.0.1", port), 10)
    connection.sendall(f"PROXY TCP4 {address} 127.0.0.1 1024 80\r\n".encode())
    return connection


def fetch(connection: socket.socket) -> bytes:
    """Return the response to a request, or nothing if the proxy closes the connection."""
    try:
        connection.sendall(b"GET /api/issue HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        with connection.makefile("rb") as response:
            return response.read()
    except ConnectionError:
        return b""


def test_load_balancer_with_the_proxy_protocol_is_not_the_client(replica, tmp_path):
    with (
        run_proxy(tmp_path, f"127.0.0.1:{replica}", PROXY_PROTOCOL="1") as proxy,
        ExitStack() as connections,
    ):
        first = wait_until(lambda: try_fetch(proxy.port, "192.0.2.1"))
        assert first.endswith(b"192.0.2.1")
        for _ in range(MOST_CONNECTIONS):
            connections.enter_context(connect(proxy.port, "192.0.2.1"))
        # HAProxy's threads count the connections a moment after they are opened.
        wait_until(lambda: not try_fetch(proxy.port, "192.0.2.1"))
        # Other clients of the load balancer have their own limits.
        other = fetch(connections.enter_context(connect(proxy.port, "192.0.2.2")))
        assert other.endswith(b"192.0.2.2")


def try_fetch(port: int, address: str) -> bytes:
    """Return the successful response to a request, or nothing if the proxy starts or refuses it."""
    try:
        with connect(port, address) as connection:
            response = fetch(connection)
    except ConnectionError:
        return b""
    return response if response.startswith(b"HTTP/1.1 200") else b""
