"""Graceful shutdown: not ready first, then no new requests; accepted ones are finished."""

import json
import signal
import socket

import httpx
import pytest

from issue_portal.models.requests import IssueQuery
from issue_portal.models.vocabulary import Role
from tests.api.conftest import Caller
from tests.servers.installation import api_server, listens, portal_server
from tests.waiting import wait_until


@pytest.fixture(params=[api_server, portal_server], ids=["api", "portal"])
def make_server(request, tmp_path):
    made = []

    def make(**settings):
        made.append(request.param(tmp_path / "data", **settings))
        return made[-1].start()

    yield make
    for server in made:
        server.kill()


def test_stopping_server_is_not_ready_but_serves_until_it_stops(make_server):
    server = make_server(ISSUES_DRAIN_SECONDS="300")
    server.process.send_signal(signal.SIGTERM)
    wait_until(lambda: httpx.get(f"{server.url}/api/ready").status_code == 503)
    assert httpx.get(f"{server.url}/api/health").status_code == 200
    Caller(server.url, server.token("Ann")).report("in the meantime")
    # Whoever will not wait says so again.
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(20)


def test_stopping_server_stores_an_accepted_report(make_server):
    server = make_server()
    body = json.dumps(
        {"description": "late", "resource_type": "Thread", "type": "Other", "anonymous": False}
    ).encode()
    head = (
        "POST /api/v1/app/issue HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
        f"Authorization: Bearer {server.token('Ann')}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("localhost", server.port), 20) as connection:
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 100")
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not listens(server.port))
        connection.sendall(body)
        answer = connection.recv(10_000)
    assert answer.startswith(b"HTTP/1.1 201"), answer
    server.process.wait(20)
    server.start()
    with server.client(server.token("Rob", Role.ADMIN)) as client:
        assert [issue.description for issue in client.iterate(IssueQuery())] == ["late"]
