"""Mutated requests, which must not cause server errors."""

import json
import random
import socket
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from issue_portal.models.vocabulary import Role
from tests.api.request_mutations import MUTATIONS, make_valid_request
from tests.servers.installation import DATABASES, make_api_server

REQUEST_COUNTS = {"sqlite": 2_500, "postgresql": 500}
"""PostgreSQL needs fewer requests: it differs from SQLite only for text that it cannot store."""

THREADS = 4
INCOMPLETE_REQUEST_TIMEOUT = 0.3
"""Seconds to wait for a response to a request that may be incomplete."""


INVALID_HTTP = b"Invalid HTTP request received."
"""Body of uvicorn's response to a request that is not HTTP."""


class Connection:
    """A connection to the server that can send invalid HTTP."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket: socket.socket | None = None

    def send(
        self, data: bytes, *, may_break_connection: bool
    ) -> tuple[int, dict[str, str], bytes] | None:
        """Send a request; return status, headers and body of the response, or None.

        With ``may_break_connection``, wait only for `INCOMPLETE_REQUEST_TIMEOUT`, then close the
        connection.
        """
        reused = self.socket is not None
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        self.socket.settimeout(INCOMPLETE_REQUEST_TIMEOUT if may_break_connection else 20)
        try:
            self.socket.sendall(data)
            response = self._read(head_only=data.startswith(b"HEAD "))
        except (TimeoutError, ConnectionError):
            response = None
        if may_break_connection or response is None or response[1].get("connection") == "close":
            self.socket.close()
            self.socket = None
        if response is None and reused and not may_break_connection:
            # The server may have closed the connection after the previous request, so retry.
            return self.send(data, may_break_connection=may_break_connection)
        return response

    def _read(self, *, head_only: bool) -> tuple[int, dict[str, str], bytes] | None:
        data = b""
        while b"\r\n\r\n" not in data:
            if not (part := self.socket.recv(65536)):
                return None
            data = (data + part).removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
        head, _, body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        status = int(first.split()[1])
        headers = {n.lower(): v for n, _, v in (line.partition(": ") for line in lines)}
        # Without a Content-Length, the body ends when the connection closes.
        until_closed = headers.get("connection") == "close" and "content-length" not in headers
        length = 0 if head_only else int(headers.get("content-length", until_closed * 10**6))
        while len(body) < length and (part := self.socket.recv(65536)):
            body += part
        return status, headers, body


def find_fault(response: tuple[int, dict[str, str], bytes], data: bytes) -> str | None:
    """Return a description of a wrong response, or None if the response is correct."""
    status, headers, body = response
    if status >= 500:
        return f"{status}"
    if status < 400 or INVALID_HTTP in body or data.startswith(b"HEAD "):
        return None
    if headers.get("content-type") != "application/problem+json":
        return f"{status} {headers} {body!r}"
    problem = json.loads(body)
    if problem["status"] != status or not problem["title"] or not problem["detail"]:
        return f"{status} {problem}"
    return None


@pytest.fixture(params=DATABASES)
def server(request, postgresql, tmp_path):
    """A server for this test only, because the test reads the log."""
    url = postgresql() if request.param == "postgresql" else ""
    server = make_api_server(tmp_path / "data", ISSUES_DATABASE_URL=url, ISSUES_RATE_LIMITS="off")
    yield server.start()
    server.stop()


def test_mutated_requests_cause_no_server_error(server, request):
    roles = [Role.ADMIN, Role.ADMIN, Role.MEMBER, Role.GUEST]
    tokens = [server.create_api_token(f"{role.value}{n}", role) for n, role in enumerate(roles)]
    count = REQUEST_COUNTS[request.node.callspec.params["server"]]
    faults: list[str] = []
    response_counts = [0] * THREADS

    def work(number: int) -> None:
        rng = random.Random(number)
        connection = Connection(server.port)
        ids = ["issue_0000000000000000"]
        for _ in range(count // THREADS):
            mutated = make_valid_request(rng, tokens, ids[-5:])
            for _ in range(rng.choice([0, 1, 1, 1, 2, 3])):
                rng.choice(MUTATIONS)(mutated, rng)
            data = mutated.encode()
            response = connection.send(data, may_break_connection=mutated.may_break_connection)
            if response is None:
                # uvicorn may close the connection before it has received a long URL or body.
                if not mutated.may_break_connection and len(data) < 65_536:
                    faults.append(f"no response to {data[:2000]!r}")
                continue
            response_counts[number] += 1
            if fault := find_fault(response, data):
                faults.append(f"{fault} to {data[:2000]!r}")
            if response[0] == 201:
                ids.append(json.loads(response[2])["id"])

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))
    assert not faults, "\n".join([f"{len(faults)} faults", *faults[:20]])
    assert sum(response_counts) > count * 0.9
    assert httpx.get(f"{server.url}/api/ready").json() == {"status": "ready"}
    # uvicorn (0.54) passes some invalid requests to the app before it refuses them. It then logs a
    # traceback when the app responds.
    late_response_count = server.log.count(
        "h11._util.LocalProtocolError: can't handle event type Response"
    )
    assert server.log.count("Traceback") == late_response_count
