"""Sessions of a portal: limits, resuming, origins, slow clients."""

import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from issue_portal.core import jwt_tokens
from issue_portal.core.accounts import load_accounts
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.core.settings import Settings
from tests.servers.installation import SECRET, Server, make_portal_server
from tests.waiting import wait_until
from web import script_scheduler
from web.streamlit_compat import BackMsg, ForwardMsg


@pytest.fixture(scope="module")
def portal(tmp_path_factory) -> Iterator[Server]:
    """A portal with low limits of sessions."""
    data_dir = tmp_path_factory.mktemp("sessions") / "data"
    limits = {"ISSUES_MAX_SESSIONS": "4", "ISSUES_MAX_SESSIONS_OF_ONE": "2"}
    server = make_portal_server(data_dir, **limits).start()
    yield server
    server.stop()


@pytest.fixture
def open_session(portal) -> Iterator:
    """A function that opens a session as a browser does; all are closed at the end.

    Its arguments are client address, origin, id of a session to resume, and `Cookie` header.
    """
    with ExitStack() as stack:

        def open_websocket(
            address: str = "", origin: str | None = None, resumes: str = "", cookie: str = ""
        ) -> ClientConnection:
            headers = {"X-Forwarded-For": address, "Cookie": cookie}
            return stack.enter_context(
                connect(
                    f"ws://localhost:{portal.port}/_stcore/stream",
                    # The second subprotocol stands for Streamlit's XSRF token.
                    subprotocols=["streamlit", *(["none", resumes] if resumes else [])],
                    origin=origin or portal.url,
                    additional_headers={name: value for name, value in headers.items() if value},
                    close_timeout=1,
                )
            )

        yield open_websocket


def assert_refused(open_session, *arguments: str, status: int, **keywords: str) -> None:
    """Assert that opening a session fails with this HTTP status."""
    with pytest.raises(InvalidStatus) as refusal:
        open_session(*arguments, **keywords)
    assert refusal.value.response.status_code == status


def test_sessions_are_limited_per_address_and_in_total(open_session):
    first = open_session("203.0.113.1")
    open_session("203.0.113.1")
    assert_refused(open_session, "203.0.113.1", status=503)
    open_session("203.0.113.2")
    open_session("203.0.113.3")
    assert_refused(open_session, "203.0.113.4", status=503)
    first.close()

    def has_room() -> bool:
        with suppress(InvalidStatus):
            open_session("203.0.113.4")
            return True
        return False

    wait_until(has_room)


def test_ipv6_addresses_are_limited_per_network(open_session):
    open_session("2001:db8:1:2::1")
    open_session("2001:db8:1:3:3:4:5:6")
    assert_refused(open_session, "2001:db8:1:4::7", status=503)
    open_session("2001:db8:2:2::1")


def run_page(connection: ClientConnection) -> list[ForwardMsg]:
    """Run the page once; return the messages of the run."""
    message = BackMsg()
    message.rerun_script.SetInParent()
    connection.send(message.SerializeToString())
    return receive_until_finished(connection)


def receive_until_finished(connection: ClientConnection) -> list[ForwardMsg]:
    """Return the messages up to the end of a run."""
    messages = []
    while not messages or messages[-1].WhichOneof("type") != "script_finished":
        messages.append(ForwardMsg.FromString(connection.recv(30)))
    return messages


def session_id_of(messages: list[ForwardMsg]) -> str:
    """Return the id of the session in the messages of a run."""
    return next(m for m in messages if m.HasField("new_session")).new_session.initialize.session_id


def test_git_information_is_not_sent(open_session):
    connection = open_session()
    connection.send(BackMsg(load_git_info=True).SerializeToString())
    types = {message.WhichOneof("type") for message in run_page(connection)}
    assert "new_session" in types
    assert "git_info_changed" not in types


def test_flood_of_runs_is_delayed_and_others_are_served(open_session):
    flood, other = open_session("203.0.113.9"), open_session("198.51.100.7")
    run_page(other)
    message = BackMsg()
    message.rerun_script.SetInParent()
    start = time.monotonic()
    for _ in range(2_000):
        flood.send(message.SerializeToString())
    for _ in range(10):
        assert "new_session" in {m.WhichOneof("type") for m in run_page(other)}
    # The flood may run `burst` scripts at once, and then `rate` scripts a second.
    rate, burst = script_scheduler.RUN_RATE_PER_CONNECTION
    runs = 0
    with suppress(TimeoutError):
        while True:
            runs += ForwardMsg.FromString(flood.recv(0.1)).HasField("new_session")
            if time.monotonic() - start > 4:
                break
    assert 0 < runs <= burst + rate * (time.monotonic() - start) + 1


@pytest.fixture
def cookie(portal) -> str:
    """A `Cookie` header with a sign-in as member."""
    keys = SecretKeys(SECRET)
    accounts = load_accounts(Settings(data_dir=portal.data_dir))
    fingerprint = keys.hash("password", accounts["member"].password).hex()
    claims = {"sub": "member", "jti": uuid.uuid4().hex, "pwd": fingerprint}
    return "issue_portal=" + jwt_tokens.sign(keys, "sign-in", claims, 600)


def shows_member(messages: list[ForwardMsg]) -> bool:
    """Return whether the page shows the name of the member."""
    return any(b"Morgan Member" in message.SerializeToString() for message in messages)


def test_session_is_resumed_only_with_the_cookie_of_its_sign_in(open_session, portal, cookie):
    first = open_session(cookie=cookie)
    messages = run_page(first)
    assert shows_member(messages)
    member_session = session_id_of(messages)
    first.close()
    # Without the cookie, the id of the session opens a new session.
    unauthenticated = open_session(resumes=member_session)
    messages = run_page(unauthenticated)
    assert not shows_member(messages)
    assert session_id_of(messages) != member_session
    unauthenticated.close()
    again = open_session(resumes=member_session, cookie=cookie)
    messages = run_page(again)
    assert shows_member(messages)
    assert session_id_of(messages) == member_session
    again.close()
    assert member_session not in portal.log
    # uvicorn must not log each connection.
    assert "connection open" not in portal.log


def test_session_of_a_disabled_and_reenabled_account_needs_its_cookie(open_session, portal, cookie):
    first = open_session(cookie=cookie)
    member_session = session_id_of(run_page(first))
    assert portal.run_command("user", "disable", "member").returncode == 0
    try:
        # The first call may return the messages of an earlier run.
        run_page(first)
        assert not shows_member(run_page(first))
    finally:
        assert portal.run_command("user", "enable", "member").returncode == 0
    first.close()
    assert not shows_member(run_page(open_session(resumes=member_session)))


def test_visitor_can_resume_a_session(open_session):
    first = open_session()
    session_id = session_id_of(run_page(first))
    first.close()
    assert session_id_of(run_page(open_session(resumes=session_id))) == session_id


@pytest.mark.parametrize("path", ["/report", "/report/"])
def test_report_path_redirects_to_the_form(portal, path):
    query = "type=Format&description=caf%C3%A9"
    headers = {"Accept": "text/html"}
    response = httpx.get(f"{portal.url}{path}?{query}", headers=headers, follow_redirects=True)
    assert (response.status_code, str(response.url)) == (200, f"{portal.url}/?{query}")
    assert str(httpx.get(portal.url + path, headers=headers).next_request.url) == f"{portal.url}/"


@pytest.mark.parametrize("query", ["description=caf%C3%A9", "q=%E2%82%AC", "q=%FF", ""])
def test_page_opens_with_any_query_string(portal, query):
    with socket.create_connection(("localhost", portal.port)) as connection:
        connection.settimeout(20)
        request = f"GET /?{query} HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n"
        connection.sendall(request.encode("latin-1"))
        assert connection.recv(100).startswith(b"HTTP/1.1 200")


def test_pages_accept_no_messages_from_other_sites(portal):
    config = httpx.get(f"{portal.url}/_stcore/host-config").json()
    assert config["allowedOrigins"] == []
    assert config["enableCustomParentMessages"] is False


def test_invalid_widget_ids_do_not_fill_the_log(open_session, portal):
    connection = open_session()
    log_length = len(portal.log)
    message = BackMsg()
    widget = message.rerun_script.widget_states.widgets.add()
    widget.id, widget.trigger_value = "$$ID-" + "x" * 200_000, True
    # The portal reads five messages without a delay.
    for _ in range(5):
        connection.send(message.SerializeToString())
    receive_until_finished(connection)
    run_page(connection)
    assert len(portal.log) - log_length < 60_000
    assert "x" * 1_000 not in portal.log


@pytest.mark.parametrize(
    "origin",
    ["https://elsewhere.example", "http://localhost:9", "http://localhost", "null", "https://["],
)
def test_other_origins_cannot_open_a_session(open_session, origin):
    assert_refused(open_session, origin=origin, status=403)


def test_other_schemes_cannot_open_a_session(open_session, portal):
    assert_refused(open_session, origin=portal.url.replace("http:", "evil:"), status=403)


def test_uploads_are_refused(portal):
    url = f"{portal.url}/_stcore/upload_file/some-session/some-file"
    with httpx.Client() as client:
        client.get(f"{portal.url}/_stcore/health")
        token = client.cookies.get("_streamlit_xsrf", "")
        response = client.put(url, files={"file": b"x" * 100}, headers={"X-Xsrftoken": token})
    assert response.status_code == 404


def test_slow_clients_do_not_block_others(portal):
    request_line = b"POST /api/v1/app/issue HTTP/1.1\r\nHost: localhost\r\n"
    token = portal.visitor_token().encode()
    headers = b"Content-Type: application/json\r\nContent-Length: 100000\r\n"
    partial_requests = [
        request_line,
        request_line + b"Authorization: Bearer " + token + b"\r\n" + headers + b"\r\n{",
    ]
    with ExitStack() as stack:
        for number in range(200):
            connection = stack.enter_context(socket.create_connection(("localhost", portal.port)))
            connection.sendall(partial_requests[number % 2])
        report = {"description": "x", "resource_type": "Thread", "type": "Other", "anonymous": True}
        response = httpx.post(
            f"{portal.url}/api/v1/app/issue",
            json=report,
            headers={"Authorization": f"Bearer {portal.visitor_token()}"},
        )
        assert response.status_code == 201
        assert httpx.get(portal.url).status_code == 200
