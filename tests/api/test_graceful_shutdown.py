"""Graceful shutdown: the server stops being ready, drains, and finishes accepted requests."""

import json
import signal
import socket

import httpx
import pytest

from issue_portal.models.requests import IssueQuery
from issue_portal.models.vocabulary import Role
from tests.api.conftest import ApiCaller
from tests.servers.installation import is_listening, make_api_server, make_portal_server
from tests.waiting import wait_until


@pytest.fixture(params=[make_api_server, make_portal_server], ids=["api", "portal"])
def start_server(request, tmp_path):
    """A function that starts an API server or a portal; its arguments are settings."""
    servers = []

    def start(**settings):
        servers.append(request.param(tmp_path / "data", **settings))
        return servers[-1].start()

    yield start
    for server in servers:
        server.kill()


def test_draining_server_is_not_ready_but_serves_requests(start_server):
    server = start_server(ISSUES_DRAIN_SECONDS="300")
    server.process.send_signal(signal.SIGTERM)
    wait_until(lambda: httpx.get(f"{server.url}/api/ready").status_code == 503)
    assert httpx.get(f"{server.url}/api/health").status_code == 200
    ApiCaller(server.url, server.token("Ann")).report("while draining")
    # A second signal ends the drain time.
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(20)


def test_stopping_server_stores_an_accepted_report(start_server):
    server = start_server()
    body = json.dumps(
        {"description": "late", "resource_type": "Thread", "type": "Other", "anonymous": False}
    ).encode()
    headers = (
        "POST /api/v1/app/issue HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
        f"Authorization: Bearer {server.token('Ann')}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("localhost", server.port), 20) as connection:
        connection.sendall(headers.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 100")
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not is_listening(server.port))
        connection.sendall(body)
        response = connection.recv(10_000)
    assert response.startswith(b"HTTP/1.1 201"), response
    server.process.wait(20)
    server.start()
    with server.client(server.token("Rob", Role.ADMIN)) as client:
        assert [issue.description for issue in client.iterate(IssueQuery())] == ["late"]
