"""A client with an httpx client of the caller: its connections are used, and nothing else."""

import gzip
import json
import socket
import ssl
import threading
from functools import cache

import httpx
import pytest

from issue_portal import (
    ApiError,
    BadResponseError,
    IssuesError,
    NotFoundError,
    ServerError,
    UnreachableError,
)
from issue_portal.client import configuration
from issue_portal.client.async_client import AsyncIssuesClient
from issue_portal.client.client import IssuesClient
from tests.client.conftest import TLS
from tests.factories import make_new_issue
from tests.loops import run_in_loop
from tests.servers.scripted_server import drop, endless_body, hang, serving, slow_headers

ISSUE = {"id": "x", "issue_number": 7}
OK = (200, {}, ISSUE)


class Own:
    """Makes clients with an httpx client of the test, sync or async, and closes it."""

    def __init__(self, client_factory, is_async: bool) -> None:
        self.client_factory = client_factory
        self.type = httpx.AsyncClient if is_async else httpx.Client
        self.transport = httpx.AsyncHTTPTransport if is_async else httpx.HTTPTransport
        self.is_async = is_async

    def make(self, url, *, http_client=None, **settings):
        http_client = http_client or self.type(verify=TLS)
        options = {"timeout": 4.0, "total_timeout": 10.0} | settings
        return self.client_factory(url, http_client=http_client, **options)


@pytest.fixture
def own(client_factory, request) -> Own:
    return Own(client_factory, "async" in request.node.callspec.id)


def test_settings_of_the_own_client_do_not_change_requests(own):
    http_client = own.type(
        base_url="http://127.0.0.1:1/elsewhere",
        auth=("user", "password"),
        cookies={"session": "private"},
        params={"key": "private"},
        headers={"Authorization": "Basic private", "X-Own": "private"},
        follow_redirects=True,
        timeout=0.001,
        verify=TLS,
    )
    with serving((200, {"Set-Cookie": "a=b"}, ISSUE), OK) as server:
        client = own.make(server.url, http_client=http_client)
        for _ in range(2):
            client.get("x")
        for _, path, headers, _ in server.requests:
            assert path == "/api/v1/app/issue/x"
            assert headers["Authorization"] == "Bearer the-token-of-the-tests"
            assert "private" not in str(headers)
            assert "Cookie" not in headers


def test_redirects_are_not_followed_even_if_the_own_client_follows_them(own):
    with serving(OK) as elsewhere, serving((307, {"Location": elsewhere.url}, b"")) as server:
        client = own.make(server.url, http_client=own.type(follow_redirects=True, verify=TLS))
        with pytest.raises(BadResponseError, match="redirect"):
            client.get("x")
        assert elsewhere.requests == []


def test_retries_and_limits_hold(own):
    with serving(drop, (503, {}, {}), OK) as server:
        assert own.make(server.url).get("x").issue_number == 7
    with serving(drop, (404, {}, {}), OK) as server:
        with pytest.raises(IssuesError) as raised:
            own.make(server.url).create(make_new_issue())
        assert raised.value.unsure
        assert server.calls == ["POST /issue", "GET /me"]
    for answer in (hang, slow_headers):
        with serving(answer) as server, pytest.raises(UnreachableError, match="in time"):
            own.make(server.url, timeout=0.5, total_timeout=0.7).get("x")


@cache
def make_bomb() -> bytes:
    """Compress 256 MB of blanks to 256 KB, which takes seconds on a busy machine."""
    return gzip.compress(b" " * 2**28, 1)


def bomb(handler):
    """Send 256 MB of blanks, compressed to 256 KB."""
    data = make_bomb()
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(data)}\r\n\r\n"
    handler.wfile.write(head.encode() + data)


@pytest.mark.parametrize("answer", [bomb, endless_body])
def test_large_bodies_are_limited(own, answer):
    make_bomb()  # Otherwise the client would wait for it.
    with serving(answer) as server, pytest.raises(BadResponseError, match="64 MB"):
        own.make(server.url, total_timeout=30.0).get("x")


def test_other_compression_is_refused(own):
    packed = (200, {"Content-Encoding": "br"}, b"x")
    with serving(packed) as server, pytest.raises(BadResponseError, match="decompressed"):
        own.make(server.url).get("x")


def test_closed_client_raises_an_error_of_ours(own):
    with serving(OK) as server:
        client = own.make(server.url)
        client.get("x")
        client.close_connections()
        copy = client.with_options(timeout=1)
        for call in (lambda: client.get("x"), lambda: copy.create(make_new_issue())):
            with pytest.raises(UnreachableError, match="closed") as raised:
                call()
            assert not raised.value.unsure
        assert len(server.requests) == 1


def test_closing_leaves_the_own_client_open_and_closes_one_that_was_made():
    with serving(OK) as server, httpx.Client(verify=TLS) as http_client:
        with IssuesClient(server.url, "token", http_client=http_client) as client:
            client.get("x")
        assert http_client.get(server.url).status_code == 200
        made = IssuesClient(server.url, "token")
        made.close()
        with pytest.raises(UnreachableError, match="closed"):
            made.get("x")


def test_closing_leaves_the_own_async_client_open():
    async def scenario():
        async with httpx.AsyncClient(verify=TLS) as http_client:
            async with AsyncIssuesClient(server.url, "token", http_client=http_client) as client:
                await client.get("x")
            assert (await http_client.get(server.url)).status_code == 200
        async with AsyncIssuesClient(server.url, "token") as made:
            await made.get("x")
        with pytest.raises(UnreachableError, match="closed"):
            await made.get("x")

    with serving(OK) as server:
        run_in_loop(scenario)


@pytest.mark.parametrize("client_type", [IssuesClient, AsyncIssuesClient])
def test_clients_share_loaded_certificates(monkeypatch, client_type):
    """Loading the certificates takes a hundred times as long as making the client."""
    configuration.load_certificates()
    monkeypatch.setattr(ssl, "create_default_context", pytest.fail)
    client_type("https://issues.example.com", "token")


@pytest.mark.parametrize(
    ("client_type", "http_client"),
    [(IssuesClient, httpx.AsyncClient(verify=TLS)), (AsyncIssuesClient, httpx.Client(verify=TLS))],
)
def test_client_of_the_wrong_kind_is_refused(client_type, http_client):
    with pytest.raises(TypeError, match="http_client must be an httpx"):
        client_type("http://localhost", "token", http_client=http_client)


def test_event_hooks_may_read_or_refuse_responses(own):
    def read(response):
        response.read()

    async def read_async(response):
        await response.aread()

    def refuse(response):
        response.raise_for_status()

    async def refuse_async(response):
        response.raise_for_status()

    hooks = [read_async, refuse_async] if own.is_async else [read, refuse]
    packed = (200, {"Content-Encoding": "gzip"}, gzip.compress(json.dumps(ISSUE).encode()))
    with serving(packed, (404, {}, {}), (503, {}, {})) as server:
        http_client = own.type(event_hooks={"response": hooks}, verify=TLS)
        client = own.make(server.url, http_client=http_client, max_retries=1)
        assert client.get("x").issue_number == 7
        for error_type in (NotFoundError, ServerError):
            with pytest.raises(error_type):
                client.get("x")


def test_event_hook_that_consumes_a_response_causes_an_error_of_ours(own):
    def consume(response):
        list(response.iter_lines())

    async def consume_async(response):
        [line async for line in response.aiter_lines()]

    with serving(OK) as server:
        hooks = [consume_async if own.is_async else consume]
        http_client = own.type(event_hooks={"response": hooks}, verify=TLS)
        client = own.make(server.url, http_client=http_client)
        with pytest.raises(UnreachableError, match="event hook") as raised:
            client.create(make_new_issue())
        assert raised.value.unsure
        assert server.calls == ["POST /issue"]


def test_transport_of_a_test_double_works(own):
    def respond(request):
        return httpx.Response(200, json=ISSUE) if request.url.path.endswith("x") else big

    big = httpx.Response(404, json={"code": "not_found", "detail": "No."})
    http_client = own.type(transport=httpx.MockTransport(respond))
    client = own.make("http://test", http_client=http_client)
    assert client.get("x").issue_number == 7
    with pytest.raises(ApiError, match="No") as raised:
        client.get("y")
    assert raised.value.code == "not_found"


def test_connection_that_is_not_opened_in_time_is_told_as_such(own):
    def respond(request):
        raise httpx.ConnectTimeout("private", request=request)

    http_client = own.type(transport=httpx.MockTransport(respond))
    client = own.make("http://test", http_client=http_client)
    with pytest.raises(UnreachableError, match="in time") as raised:
        client.create(make_new_issue())
    assert not raised.value.unsure


def test_deadline_holds_on_a_unix_socket(own, tmp_path):
    path = str(tmp_path / "api.sock")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()

        def trickle():
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                try:
                    while not done.wait(0.05):
                        connection.sendall(b" ")
                except OSError:
                    pass  # The client closed the connection.

        done = threading.Event()
        thread = threading.Thread(target=trickle)
        thread.start()
        http_client = own.type(transport=own.transport(uds=path))
        client = own.make("http://api", http_client=http_client, max_retries=0, total_timeout=0.7)
        with pytest.raises(UnreachableError, match="in time"):
            client.get("x")
        done.set()
        thread.join()
