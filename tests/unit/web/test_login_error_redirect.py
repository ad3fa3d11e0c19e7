"""The routes to the OIDC provider and back: timeouts, limits, forged returns."""

import asyncio
import ssl
from typing import Any

import pytest

from auth import oidc_client, oidc_cookies
from auth.sign_in_mode import SignInMode
from tests.loops import run_in_virtual_time
from web import login_error_redirect, streamlit_compat
from web.login_error_redirect import LoginErrorRedirectMiddleware

THIS, OTHER = "198.51.100.1", "198.51.100.2"


@pytest.fixture(autouse=True)
def with_a_provider(monkeypatch):
    monkeypatch.setattr(login_error_redirect, "get_sign_in_mode", lambda: SignInMode.PROVIDER)
    monkeypatch.setattr(
        streamlit_compat, "get_origin_from_redirect_uri", lambda: "https://x.example"
    )


class Streamlit:
    """Streamlit's sign-in routes while the provider does not answer, and a browser."""

    def __init__(self) -> None:
        self.asking = self.asked = 0
        self.way = LoginErrorRedirectMiddleware(self.app)

    async def app(self, _scope, _receive, _send) -> None:
        self.asking += 1
        self.asked += 1
        try:
            await asyncio.Event().wait()
        finally:
            self.asking -= 1

    async def ask(
        self, path: str = "/auth/login", address: str = THIS, query: bytes = b"state=x"
    ) -> dict[str, Any]:
        messages = []

        async def send(message) -> None:
            messages.append(message)

        cookie = f"{oidc_cookies.name_state_cookie('x')}=1".encode()
        scope = {"type": "http", "path": path, "query_string": query, "client": (address, 1)}
        scope["headers"] = [(b"cookie", cookie)]
        await self.way(scope, None, send)
        return messages[0]


@pytest.mark.parametrize(
    ("path", "home"),
    [("/auth/login", b"../"), ("/auth/logout", b"../"), ("/portal/oauth2callback", b"./")],
)
def test_unresponsive_provider_redirects_to_the_portal(path, home):
    async def story():
        streamlit = Streamlit()
        answer = await streamlit.ask(path)
        assert answer["status"] == 303
        assert dict(answer["headers"])[b"location"] == home
        assert streamlit.asking == 0

    run_in_virtual_time(story)


@pytest.mark.parametrize("query", [b"", b"state=y", b"state=x&state=y", b"state=x&state="])
def test_return_needs_the_state_of_the_departure(query):
    async def story():
        streamlit = Streamlit()
        answer = await streamlit.ask("/oauth2callback", query=query)
        assert dict(answer["headers"])[b"location"] == b"./"
        assert streamlit.asked == 0

    run_in_virtual_time(story)


def test_provider_requests_are_limited_per_address():
    async def story():
        streamlit = Streamlit()
        flood = [asyncio.create_task(streamlit.ask()) for _ in range(50)]
        seconds = login_error_redirect._PROVIDER_SECONDS
        await asyncio.sleep(seconds / 4)
        assert streamlit.asking == 20
        others = [asyncio.create_task(streamlit.ask(address=OTHER)) for _ in range(2)]
        await asyncio.sleep(seconds / 4)
        assert streamlit.asking == 22
        # The flood asks in three turns, and others need not wait for it.
        await asyncio.wait_for(asyncio.gather(*others), seconds)
        await asyncio.wait_for(asyncio.gather(*flood), 3 * seconds)

    run_in_virtual_time(story)


def test_certificates_are_loaded_once(monkeypatch):
    """Loading them blocks the event loop for 60 ms."""
    oidc_client._load_certificates()
    monkeypatch.setattr(ssl, "create_default_context", pytest.fail)
    assert oidc_client.ProviderClient().timeout.read == oidc_client._TIMEOUT_SECONDS
