"""Sessions of a running portal: origins, limits, resuming, slow clients."""

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
from tests.servers.installation import SECRET, Server, portal_server
from tests.waiting import wait_until
from web import script_scheduler
from web.streamlit_compat import BackMsg, ForwardMsg


@pytest.fixture(scope="module")
def portal(tmp_path_factory) -> Iterator[Server]:
    data_dir = tmp_path_factory.mktemp("connections") / "data"
    few = {"ISSUES_MAX_SESSIONS": "4", "ISSUES_MAX_SESSIONS_OF_ONE": "2"}
    server = portal_server(data_dir, **few).start()
    yield server
    server.stop()


@pytest.fixture
def session(portal) -> Iterator:
    """Open sessions as a browser does; all are closed at the end."""
    with ExitStack() as opened:

        def open_one(
            address: str = "", origin: str | None = None, resumes: str = "", cookie: str = ""
        ) -> ClientConnection:
            headers = {"X-Forwarded-For": address, "Cookie": cookie}
            return opened.enter_context(
                connect(
                    f"ws://localhost:{portal.port}/_stcore/stream",
                    subprotocols=["streamlit", *(["none", resumes] if resumes else [])],
                    origin=origin or portal.url,
                    additional_headers={name: value for name, value in headers.items() if value},
                    close_timeout=1,
                )
            )

        yield open_one


def refused(open_session, *arguments: str, status: int, **named: str) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        open_session(*arguments, **named)
    assert refusal.value.response.status_code == status


def test_sessions_are_limited_per_address_and_in_total(session):
    first = session("203.0.113.1")
    session("203.0.113.1")
    refused(session, "203.0.113.1", status=503)
    session("203.0.113.2")
    session("203.0.113.3")
    refused(session, "203.0.113.4", status=503)
    first.close()

    def has_room() -> bool:
        with suppress(InvalidStatus):
            session("203.0.113.4")
            return True
        return False

    wait_until(has_room)


def test_ipv6_addresses_are_limited_per_network(session):
    session("2001:db8:1:2::1")
    session("2001:db8:1:3:3:4:5:6")
    refused(session, "2001:db8:1:4::7", status=503)
    session("2001:db8:2:2::1")


def ran(connection: ClientConnection, **state) -> list[ForwardMsg]:
    """Run the page once; return the messages of the run."""
    message = BackMsg()
    message.rerun_script.SetInParent()
    for name, value in state.items():
        setattr(message.rerun_script, name, value)
    connection.send(message.SerializeToString())
    return said_until_finished(connection)


def said_until_finished(connection: ClientConnection) -> list[ForwardMsg]:
    said = []
    while not said or said[-1].WhichOneof("type") != "script_finished":
        said.append(ForwardMsg.FromString(connection.recv(30)))
    return said


def session_id(said: list[ForwardMsg]) -> str:
    return next(m for m in said if m.HasField("new_session")).new_session.initialize.session_id


def test_git_information_is_not_sent(session):
    connection = session()
    connection.send(BackMsg(load_git_info=True).SerializeToString())
    kinds = {message.WhichOneof("type") for message in ran(connection)}
    assert "new_session" in kinds
    assert "git_info_changed" not in kinds


def test_flood_of_runs_is_delayed_and_others_are_served(session):
    flood, other = session("203.0.113.9"), session("198.51.100.7")
    ran(other)
    message = BackMsg()
    message.rerun_script.SetInParent()
    begun = time.monotonic()
    for _ in range(2_000):
        flood.send(message.SerializeToString())
    for _ in range(10):
        assert "new_session" in {m.WhichOneof("type") for m in ran(other)}
    # All that it had saved up, and what it got since.
    rate, burst = script_scheduler.RUNS_PER_CONNECTION
    runs = 0
    with suppress(TimeoutError):
        while True:
            runs += ForwardMsg.FromString(flood.recv(0.1)).HasField("new_session")
            if time.monotonic() - begun > 4:
                break
    assert 0 < runs <= burst + rate * (time.monotonic() - begun) + 1


@pytest.fixture
def cookie(portal) -> str:
    """The cookie of a sign-in as member."""
    keys = SecretKeys(SECRET)
    accounts = load_accounts(Settings(data_dir=portal.data_dir))
    fingerprint = keys.hash("password", accounts["member"].password).hex()
    claims = {"sub": "member", "jti": uuid.uuid4().hex, "pwd": fingerprint}
    return "issue_portal=" + jwt_tokens.sign(keys, "sign-in", claims, 600)


def names_shown(said: list[ForwardMsg]) -> bool:
    return any(b"Morgan Member" in message.SerializeToString() for message in said)


def test_session_is_resumed_with_the_cookie_of_its_sign_in_only(session, portal, cookie):
    first = session(cookie=cookie)
    said = ran(first)
    assert names_shown(said)
    theirs = session_id(said)
    first.close()
    # Whoever knows the id alone, or has another sign-in, gets a session of their own.
    stranger = session(resumes=theirs)
    said = ran(stranger)
    assert not names_shown(said)
    assert session_id(said) != theirs
    stranger.close()
    again = session(resumes=theirs, cookie=cookie)
    said = ran(again)
    assert names_shown(said)
    assert session_id(said) == theirs
    again.close()
    assert theirs not in portal.log
    # Nor is there a line for each connection.
    assert "connection open" not in portal.log


def test_session_of_a_reenabled_account_needs_its_cookie(session, portal, cookie):
    first = session(cookie=cookie)
    theirs = session_id(ran(first))
    assert portal.run("user", "disable", "member").returncode == 0
    try:
        # What was still said of the run before is not meant.
        ran(first)
        assert not names_shown(ran(first))
    finally:
        assert portal.run("user", "enable", "member").returncode == 0
    first.close()
    assert not names_shown(ran(session(resumes=theirs)))


def test_visitor_can_resume_a_session(session):
    first = session()
    theirs = session_id(ran(first))
    first.close()
    assert session_id(ran(session(resumes=theirs))) == theirs


@pytest.mark.parametrize("path", ["/report", "/report/"])
def test_guessed_address_redirects_to_the_form(portal, path):
    query = "type=Format&description=caf%C3%A9"
    headers = {"Accept": "text/html"}
    answer = httpx.get(f"{portal.url}{path}?{query}", headers=headers, follow_redirects=True)
    assert (answer.status_code, str(answer.url)) == (200, f"{portal.url}/?{query}")
    assert str(httpx.get(portal.url + path, headers=headers).next_request.url) == f"{portal.url}/"


@pytest.mark.parametrize("query", ["description=caf%C3%A9", "q=%E2%82%AC", "q=%FF", ""])
def test_page_opens_with_any_query_string(portal, query):
    with socket.create_connection(("localhost", portal.port)) as connection:
        connection.settimeout(20)
        request = f"GET /?{query} HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n"
        connection.sendall(request.encode("latin-1"))
        assert connection.recv(100).startswith(b"HTTP/1.1 200")


def test_other_sites_cannot_control_the_page_by_messages(portal):
    output = httpx.get(f"{portal.url}/_stcore/host-config").json()
    assert output["allowedOrigins"] == []
    assert output["enableCustomParentMessages"] is False


def test_visitor_cannot_fill_the_log(session, portal):
    connection = session()
    before = len(portal.log)
    message = BackMsg()
    widget = message.rerun_script.widget_states.widgets.add()
    widget.id, widget.trigger_value = "$$ID-" + "x" * 200_000, True
    # As many as are read at once; more are delayed.
    for _ in range(5):
        connection.send(message.SerializeToString())
    said_until_finished(connection)
    ran(connection)
    assert len(portal.log) - before < 60_000
    assert "x" * 1_000 not in portal.log


@pytest.mark.parametrize(
    "origin",
    ["https://elsewhere.example", "http://localhost:9", "http://localhost", "null", "https://["],
)
def test_other_origins_cannot_open_a_session(session, origin):
    refused(session, origin=origin, status=403)


def test_other_schemes_cannot_open_a_session(session, portal):
    refused(session, origin=portal.url.replace("http:", "evil:"), status=403)


def test_uploads_are_refused(portal):
    url = f"{portal.url}/_stcore/upload_file/some-session/some-file"
    with httpx.Client() as client:
        client.get(f"{portal.url}/_stcore/health")
        token = client.cookies.get("_streamlit_xsrf", "")
        answer = client.put(url, files={"file": b"x" * 100}, headers={"X-Xsrftoken": token})
    assert answer.status_code == 404


def test_slow_clients_do_not_block_others(portal):
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
