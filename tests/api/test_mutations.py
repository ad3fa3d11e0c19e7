"""Thousands of mutated requests, none of which may cause a server error."""

import json
import random
import socket
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from issue_portal.models.vocabulary import Role
from tests.api.request_mutations import MUTATIONS, valid
from tests.servers.installation import DATABASES, api_server

REQUESTS = {"sqlite": 2_500, "postgresql": 500}
"""The database matters for few mutations, such as text that PostgreSQL cannot store."""

THREADS = 4
PATIENCE = 0.3  # seconds, for an answer that may never come because the request never ends

OUTSIDE_HTTP = b"Invalid HTTP request received."
"""uvicorn's response to an invalid request."""


class Connection:
    """A raw HTTP connection, which sends invalid requests as well."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket: socket.socket | None = None

    def send(self, data: bytes, *, last: bool) -> tuple[int, dict[str, str], bytes] | None:
        """Send a request; return status, headers and body, or None without a response."""
        reused = self.socket is not None
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        self.socket.settimeout(PATIENCE if last else 20)
        try:
            self.socket.sendall(data)
            answer = self._read(head_only=data.startswith(b"HEAD "))
        except (TimeoutError, ConnectionError):
            answer = None
        if last or answer is None or answer[1].get("connection") == "close":
            self.socket.close()
            self.socket = None
        if answer is None and reused and not last:
            # The server may close a connection between two requests: the second one is sent again.
            return self.send(data, last=last)
        return answer

    def _read(self, *, head_only: bool) -> tuple[int, dict[str, str], bytes] | None:
        data = b""
        while b"\r\n\r\n" not in data:
            if not (more := self.socket.recv(65536)):
                return None
            data = (data + more).removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
        head, _, body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        status = int(first.split()[1])
        headers = {n.lower(): v for n, _, v in (line.partition(": ") for line in lines)}
        # Without a length it ends with the connection.
        until_closed = headers.get("connection") == "close" and "content-length" not in headers
        length = 0 if head_only else int(headers.get("content-length", until_closed * 10**6))
        while len(body) < length and (more := self.socket.recv(65536)):
            body += more
        return status, headers, body


def fault(answer: tuple[int, dict[str, str], bytes], data: bytes) -> str | None:
    """Return what is wrong with a response, or None."""
    status, headers, body = answer
    if status >= 500:
        return f"{status}"
    if status < 400 or OUTSIDE_HTTP in body or data.startswith(b"HEAD "):
        return None
    if headers.get("content-type") != "application/problem+json":
        return f"{status} {headers} {body!r}"
    problem = json.loads(body)
    if problem["status"] != status or not problem["title"] or not problem["detail"]:
        return f"{status} {problem}"
    return None


@pytest.fixture(params=DATABASES)
def server(request, postgresql, tmp_path):
    """A server with a log of its own."""
    url = postgresql() if request.param == "postgresql" else ""
    server = api_server(tmp_path / "data", ISSUES_DATABASE_URL=url, ISSUES_RATE_LIMITS="off")
    yield server.start()
    server.stop()


def test_no_mutated_request_causes_a_server_error(server, request):
    roles = [Role.ADMIN, Role.ADMIN, Role.MEMBER, Role.GUEST]
    tokens = [server.create_api_token(f"{role.value}{n}", role) for n, role in enumerate(roles)]
    count = REQUESTS[request.node.callspec.params["server"]]
    faults: list[str] = []
    answered = [0] * THREADS

    def work(number: int) -> None:
        chance = random.Random(number)
        connection = Connection(server.port)
        ids = ["issue_0000000000000000"]
        for _ in range(count // THREADS):
            mutated = valid(chance, tokens, ids[-5:])
            for _ in range(chance.choice([0, 1, 1, 1, 2, 3])):
                chance.choice(MUTATIONS)(mutated, chance)
            data = mutated.bytes()
            answer = connection.send(data, last=mutated.last)
            if answer is None:
                # On a longer address or body, uvicorn may close before all of it was sent.
                if not mutated.last and len(data) < 65_536:
                    faults.append(f"no answer to {data[:2000]!r}")
                continue
            answered[number] += 1
            if wrong := fault(answer, data):
                faults.append(f"{wrong} to {data[:2000]!r}")
            if answer[0] == 201:
                ids.append(json.loads(answer[2])["id"])

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))
    assert not faults, "\n".join([f"{len(faults)} faults", *faults[:20]])
    assert sum(answered) > count * 0.9
    assert httpx.get(f"{server.url}/api/ready").json() == {"status": "ready"}
    # uvicorn 0.54 refuses broken framing itself, and then logs that the answer came too late.
    too_late = server.log.count("h11._util.LocalProtocolError: can't handle event type Response")
    assert server.log.count("Traceback") == too_late
