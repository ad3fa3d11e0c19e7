"""The portal learns what the server can do from its responses, and asks no more than it must."""

from dataclasses import dataclass

import httpx
import pytest

from auth import api_backend
from auth.api_backend import ApiBackend
from components import api_session, server_capabilities
from issue_portal.core.portal_token import Person
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.core.settings import Settings
from issue_portal.models.vocabulary import Role
from tests.conftest import SECRET


@dataclass
class SignIn:
    id: str = "x"
    username: str = "x"
    ends_at: float = 2**33

    def get_person(self) -> Person:
        return Person("ann@example.com", "Ann", Role.ADMIN)


class Server:
    """A server that answers every request with ``response`` and counts them."""

    def __init__(self) -> None:
        self.response = httpx.Response(500)
        self.requests: list[httpx.Request] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        stream = httpx.ByteStream(self.response.content)
        return httpx.Response(self.response.status_code, stream=stream)


@pytest.fixture
def server(monkeypatch) -> Server:
    server = Server()
    transport = httpx.MockTransport(server.answer)
    backend = ApiBackend("http://remote.example", SecretKeys(SECRET), transport, is_ours=False)
    monkeypatch.setattr(api_backend, "_backend", backend)
    monkeypatch.setattr(api_session, "get_settings", lambda: Settings(api_token="a-token"))
    monkeypatch.setattr(api_session, "_token_of", lambda _: "a-token")
    return server


@pytest.mark.parametrize(("status", "receipts"), [(404, True), (501, False)])
def test_receipts_are_asked_for_once(server, status, receipts):
    server.response = httpx.Response(status, json={"status": status})
    assert server_capabilities.gives_receipts() is receipts
    assert server_capabilities.get_capabilities().receipts is receipts
    asked = len(server.requests)
    assert server_capabilities.gives_receipts() is receipts
    assert len(server.requests) == asked


def test_server_that_fails_is_asked_about_receipts_again_after_half_a_minute(server, monkeypatch):
    seconds = iter([0.0, 29.0, 31.0])
    asked = []

    class Client:
        def look_up_receipt(self, _receipt: str) -> None:
            asked.append(True)
            raise server_capabilities.IssuesError("not now")

    monkeypatch.setattr(server_capabilities.time, "monotonic", lambda: next(seconds))
    monkeypatch.setattr(server_capabilities.api_session, "visitor_client", lambda **_: Client())
    for count in (1, 1, 2):
        assert server_capabilities.gives_receipts()
        assert len(asked) == count


def test_empty_lists_do_not_tell_whether_a_server_filters(server):
    server.response = httpx.Response(200, json={"data": []})
    assert server_capabilities.can_filter(SignIn())
    assert server_capabilities.get_capabilities().filters is None


def test_server_that_refuses_filters_is_not_asked_again(server):
    server.response = httpx.Response(400, json={"status": 400})
    assert not server_capabilities.can_filter(SignIn())
    asked = len(server.requests)
    assert not server_capabilities.can_filter(SignIn())
    assert len(server.requests) == asked


def test_fields_that_a_server_requires_add_up(server):
    server_capabilities.learn_from_refusal({"config"})
    server_capabilities.learn_from_refusal({"project_id"})
    required = server_capabilities.get_capabilities().required_fields
    assert required == {"config", "project_id"}


def test_embedded_api_needs_no_question(monkeypatch):
    transport = httpx.MockTransport(lambda _: pytest.fail("it was asked"))
    backend = ApiBackend("http://embedded", SecretKeys(SECRET), transport, is_ours=True)
    monkeypatch.setattr(api_backend, "_backend", backend)
    assert server_capabilities.gives_receipts()
    assert server_capabilities.can_filter(SignIn())
