"""Connections of a portal: timeouts, limits, invalid HTTP and WebSocket data, file descriptors."""

import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from issue_portal.asgi import uvicorn_connections, uvicorn_limits
from tests.servers.installation import Server, make_api_server, make_portal_server


@pytest.fixture(scope="module")
def portal(tmp_path_factory) -> Iterator[Server]:
    server = make_portal_server(tmp_path_factory.mktemp("sockets") / "data").start()
    yield server
    server.stop()


def is_closed(connection: socket.socket, seconds: float) -> bool:
    """Return whether the server closes the connection within ``seconds``."""
    connection.settimeout(seconds)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def test_idle_connections_are_closed_after_a_timeout(portal):
    request = b"GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with ExitStack() as stack:

        def send(data: bytes) -> socket.socket:
            connection = stack.enter_context(socket.create_connection(("localhost", portal.port)))
            connection.settimeout(20)
            connection.sendall(data)
            return connection

        start = time.monotonic()
        idle = [send(b""), send(request[:20]), send(request)]
        # The first byte of a second request stops uvicorn's keep-alive timeout.
        assert idle[2].recv(100_000).startswith(b"HTTP/1.1 200")
        idle[2].sendall(b"G")
        for connection in idle:
            connection.settimeout(uvicorn_connections.SILENT_SECONDS + 20)
            with suppress(ConnectionError):
                while connection.recv(100_000):
                    pass
            assert time.monotonic() - start >= uvicorn_connections.SILENT_SECONDS


def test_pipelined_requests_are_limited(portal):
    with socket.create_connection(("localhost", portal.port)) as connection:
        connection.settimeout(20)
        with suppress(OSError):
            connection.sendall(b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50_000)
        received = b""
        with suppress(ConnectionError):
            while part := connection.recv(65_536):
                received += part
    # The portal checks the limit once per `PARSED_BYTES`, so it accepts about 28 requests more.
    assert received.count(b"HTTP/1.1") <= 2 * uvicorn_connections.MAX_PIPELINED + 40
    assert httpx.get(f"{portal.url}/api/health").status_code == 200


def test_websocket_compression_is_off(portal):
    with connect(
        f"ws://localhost:{portal.port}/_stcore/stream",
        subprotocols=["streamlit"],
        origin=portal.url,
        compression="deflate",
    ) as connection:
        assert connection.protocol.extensions == []


def test_api_server_closes_the_oldest_idle_connection_over_its_limit(tmp_path):
    server = make_api_server(tmp_path / "data").start()
    try:
        with ExitStack() as stack:
            idle = [
                stack.enter_context(socket.create_connection(("localhost", server.port)))
                for _ in range(uvicorn_connections.MAX_CONNECTIONS + 50)
            ]
            assert is_closed(idle[0], 20)
            assert httpx.get(f"{server.url}/api/ready").status_code == 200
    finally:
        server.stop()


def test_idle_connections_over_the_limit_do_not_close_sessions(portal):
    with ExitStack() as stack:
        session = stack.enter_context(connect_session(portal))
        idle = []
        for _ in range(uvicorn_connections.MAX_CONNECTIONS + 50):
            connection = stack.enter_context(socket.create_connection(("localhost", portal.port)))
            idle.append(connection)
        for _ in range(20):
            assert httpx.get(f"{portal.url}/api/health").status_code == 200
        assert is_closed(idle[0], 20)
        session.ping().wait(20)


def connect_session(portal, **headers):
    return connect(
        f"ws://localhost:{portal.port}/_stcore/stream",
        subprotocols=["streamlit"],
        origin=portal.url,
        additional_headers=headers,
        compression=None,
    )


@pytest.mark.parametrize("opcode", [0x89, 0x8A, 0x00], ids=["pings", "pongs", "endless message"])
def test_flood_of_frames_closes_the_connection(portal, opcode):
    with connect_session(portal) as connection:
        frames = bytes([opcode, 0x80, 0, 0, 0, 0]) * 50_000
        if opcode == 0x00:
            frames = bytes([0x02, 0x80, 0, 0, 0, 0]) + frames
        with pytest.raises((ConnectionClosed, OSError)):
            connection.socket.sendall(frames)
            while True:
                connection.recv(20)
    assert httpx.get(f"{portal.url}/api/health").status_code == 200


def test_oversized_message_closes_the_connection(portal):
    with connect_session(portal) as connection:
        connection.send(b"x" * 300_000)
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                connection.recv(20)
    assert closed.value.rcvd.code == 1009


CHUNKED = b"Host: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("start", "repeated"),
    [
        (b"GET /", b"b" * 65_536),
        (b"GET / HTTP/1.1\r\nX: ", b"b" * 65_536),
        (b"GET / HTTP/1.1\r\n" + CHUNKED + b"0\r\nX: ", b"b" * 65_536),
        (b"POST /api/v1/app/issue HTTP/1.1\r\n" + CHUNKED, b"1\r\na\r\n" * 10_000),
    ],
    ids=["address", "header", "trailer", "body in tiny chunks"],
)
def test_endless_request_closes_the_connection(portal, start, repeated):
    """Regression: a header of 8 MB blocked the portal for five seconds."""
    with socket.create_connection(("localhost", portal.port)) as connection:
        connection.sendall(start + 2 * repeated)
        # The connection closes long before the timeout for idle connections.
        connection.settimeout(uvicorn_connections.SILENT_SECONDS / 2)
        with suppress(ConnectionError):
            while connection.recv(65_536):
                pass
    with socket.create_connection(("localhost", portal.port)) as connection:
        connection.sendall(start)
        sent = 0
        with suppress(ConnectionError):
            while sent < 50_000_000:
                sent += connection.send(repeated)
    assert sent < 50_000_000
    assert httpx.get(f"{portal.url}/api/health").status_code == 200


def test_too_many_headers_are_refused(portal):
    for count, status in (
        (uvicorn_limits.MAX_HEADERS - 20, 200),
        (uvicorn_limits.MAX_HEADERS + 1, 400),
    ):
        headers = {f"X-{number}": "x" for number in range(count)}
        assert httpx.get(f"{portal.url}/api/health", headers=headers).status_code == status


HANDSHAKE = (
    b"Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /_stcore/stream HTTP/1.1\r\n" + HANDSHAKE + b"Content-Length: 5\r\n\r\n",
        b"GET /_stcore/stream HTTP/1.1\r\n" + HANDSHAKE + b"X: " + b"x" * 50_000 + b"\r\n\r\n",
        b"GET /_stcore/stream?" + b"x" * 50_000 + b" HTTP/1.1\r\n" + HANDSHAKE + b"\r\n",
    ],
    ids=["body", "header", "address"],
)
def test_invalid_handshake_closes_the_connection(portal, request_):
    """Regression: such connections stayed open, and 2,000 of them used all file descriptors."""
    with socket.create_connection(("localhost", portal.port)) as connection:
        connection.settimeout(uvicorn_connections.SILENT_SECONDS)
        connection.sendall(request_)
        with suppress(ConnectionError):
            while connection.recv(65_536):
                pass


@pytest.mark.parametrize("pipelined", [b"", b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n"])
def test_trailers_are_ignored(portal, pipelined):
    """A proxy removes identity headers of clients, but not trailers."""
    chunked = b"Host: x\r\nTransfer-Encoding: chunked\r\n"
    headers = b"GET /api/v1/app/issue HTTP/1.1\r\n" + chunked
    token = f"Authorization: Bearer {portal.token('Boss')}\r\n".encode()
    for request, status in (
        (headers + token + b"\r\n0\r\n\r\n", b"200"),
        (headers + b"\r\n0\r\n" + token + b"\r\n", b"401"),
        (headers + b"\r\n1\r\nx\r\n0\r\n" + token + b"\r\n", b"401"),
    ):
        with socket.create_connection(("localhost", portal.port)) as connection:
            connection.settimeout(20)
            connection.sendall(request + pipelined)
            assert connection.recv(65_536)[9:12] == status


@pytest.mark.parametrize("path", ["/", "/api/v1/app/issue"])
def test_overlong_url_gets_a_problem_document(portal, path):
    with socket.create_connection(("localhost", portal.port)) as connection:
        connection.settimeout(20)
        request = f"GET {path}?q={'x' * 70_000} HTTP/1.1\r\nHost: localhost\r\n\r\n"
        connection.sendall(request.encode())
        response = b""
        while part := connection.recv(65_536):
            response += part
    head, _, body = response.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 4")
    assert b"content-type: application/problem+json" in head
    assert b'"status": 4' in body


def start_with_file_limits(soft: int, hard: int, tmp_path) -> Server:
    """Start a portal with these soft and hard limits of open files."""
    server = make_portal_server(tmp_path / "data")
    script = f'ulimit -Sn {soft} && ulimit -Hn {hard} && exec "$@"'
    server.command = ["bash", "-c", script, "-", *server.command]
    return server.start()


def test_process_raises_its_file_limit(tmp_path):
    hard = min(10_000, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    server = start_with_file_limits(256, hard, tmp_path)
    try:
        limits = Path(f"/proc/{server.process.pid}/limits").read_text().splitlines()
        [soft] = [line.split()[3] for line in limits if line.startswith("Max open files")]
        assert int(soft) == hard
        assert "sessions fit" not in server.log
    finally:
        server.stop()


def test_sessions_over_the_file_limit_are_refused_and_logged(tmp_path):
    hard_limit = uvicorn_limits.NON_WEBSOCKET_DESCRIPTORS + 20
    server = start_with_file_limits(256, hard_limit, tmp_path)
    try:
        assert "Only 5 sessions fit at once, not ISSUES_MAX_SESSIONS=2000" in server.log
        with ExitStack() as stack:
            for _ in range(5):
                stack.enter_context(connect_session(server))
            with pytest.raises(Exception, match="503"):
                connect_session(server)
        assert httpx.get(f"{server.url}/api/ready").status_code == 200
    finally:
        server.stop()
