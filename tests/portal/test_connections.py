"""What may connect to the portal: origins, sessions, uploads, slow clients; and the headers."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.conftest import Server, portal_server


@pytest.fixture(scope="module")
def portal(tmp_path_factory) -> Iterator[Server]:
    data_dir = tmp_path_factory.mktemp("connections") / "data"
    few = {"ISSUES_MAX_SESSIONS": "4", "ISSUES_MAX_SESSIONS_OF_ONE": "2"}
    server = portal_server(data_dir, **few).start()
    yield server
    server.stop()


@pytest.fixture
def session(portal) -> Iterator:
    """Opens a session as a browser does; all are closed at the end."""
    with ExitStack() as opened:

        def open_one(address: str = "", origin: str | None = None) -> ClientConnection:
            return opened.enter_context(
                connect(
                    f"ws://localhost:{portal.port}/_stcore/stream",
                    subprotocols=["streamlit"],
                    origin=origin or portal.url,
                    additional_headers={"X-Forwarded-For": address} if address else {},
                )
            )

        yield open_one


def refused(open_session, *given: str, status: int, **named: str) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        open_session(*given, **named)
    assert refusal.value.response.status_code == status


def test_sessions_are_limited_for_each_address_and_in_all(session):
    first = session("203.0.113.1")
    session("203.0.113.1")
    refused(session, "203.0.113.1", status=503)
    session("203.0.113.2")
    session("203.0.113.3")
    refused(session, "203.0.113.4", status=503)
    first.close()
    deadline = time.monotonic() + 10
    while True:
        try:
            session("203.0.113.4")
            break
        except InvalidStatus:
            assert time.monotonic() < deadline


def test_addresses_are_believed_only_from_trusted_proxies(tmp_path):
    few = {"ISSUES_MAX_SESSIONS_OF_ONE": "1", "FORWARDED_ALLOW_IPS": "192.0.2.1"}
    server = portal_server(tmp_path / "data", **few).start()
    try:
        with ExitStack() as opened:
            for _ in range(3):  # All from here, which counts as no address at all.
                connection = connect(
                    f"ws://localhost:{server.port}/_stcore/stream",
                    subprotocols=["streamlit"],
                    additional_headers={"X-Forwarded-For": "203.0.113.1"},
                )
                opened.enter_context(connection)
    finally:
        server.stop()


@pytest.mark.parametrize(
    "origin", ["https://elsewhere.example", "http://localhost:9", "http://localhost", "null"]
)
def test_pages_of_other_sites_open_no_session(session, origin):
    refused(session, origin=origin, status=403)


def test_nothing_is_uploaded(portal):
    url = f"{portal.url}/_stcore/upload_file/some-session/some-file"
    with httpx.Client() as client:
        client.get(f"{portal.url}/_stcore/health")
        token = client.cookies.get("_streamlit_xsrf", "")
        answer = client.put(url, files={"file": b"x" * 100}, headers={"X-Xsrftoken": token})
    assert answer.status_code == 404


def test_slow_clients_do_not_stop_others(portal):
    beginning = b"POST /api/v1/app/issue HTTP/1.1\r\nHost: localhost\r\n"
    token = portal.guest_token().encode()
    headers = b"Content-Type: application/json\r\nContent-Length: 100000\r\n"
    slow = [beginning, beginning + b"Authorization: Bearer " + token + b"\r\n" + headers + b"\r\n{"]
    with ExitStack() as opened:
        for number in range(200):
            one = opened.enter_context(socket.create_connection(("localhost", portal.port)))
            one.sendall(slow[number % 2])
        report = {"description": "x", "resource_type": "Thread", "type": "Other", "anonymous": True}
        answer = httpx.post(
            f"{portal.url}/api/v1/app/issue",
            json=report,
            headers={"Authorization": f"Bearer {portal.guest_token()}"},
        )
        assert answer.status_code == 201
        assert httpx.get(portal.url).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/", "/review", "/_stcore/health", "/api/health", "/api/docs", "/api/v1/app/me", "/none.js"],
)
def test_every_answer_has_the_security_headers(portal, path):
    headers = httpx.get(portal.url + path).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; ")
    assert "frame-ancestors 'self'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
