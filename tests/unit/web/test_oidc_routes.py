"""The routes to the OIDC provider and back: timeouts, limits and forged returns."""

import asyncio
import ssl
from typing import Any

import pytest

from auth import oidc_client, oidc_cookies
from auth.sign_in_mode import SignInMode
from issue_portal.client import configuration
from tests.loops import run_in_virtual_time
from web import oidc_routes, streamlit_compat
from web.oidc_routes import OidcRoutesMiddleware

ADDRESS, OTHER_ADDRESS = "198.51.100.1", "198.51.100.2"


@pytest.fixture(autouse=True)
def configure_provider(monkeypatch):
    monkeypatch.setattr(oidc_routes, "get_sign_in_mode", lambda: SignInMode.PROVIDER)
    monkeypatch.setattr(
        streamlit_compat, "get_origin_from_redirect_uri", lambda: "https://x.example"
    )


class PortalWithUnresponsiveProvider:
    """The middleware in front of sign-in routes whose provider does not answer."""

    def __init__(self) -> None:
        self.waiting = self.calls = 0
        self.middleware = OidcRoutesMiddleware(self.app)

    async def app(self, _scope, _receive, _send) -> None:
        self.waiting += 1
        self.calls += 1
        try:
            await asyncio.Event().wait()
        finally:
            self.waiting -= 1

    async def request(
        self, path: str = "/auth/login", address: str = ADDRESS, query: bytes = b"state=x"
    ) -> dict[str, Any]:
        messages = []

        async def send(message) -> None:
            messages.append(message)

        cookie = f"{oidc_cookies.get_state_cookie_name('x')}=1".encode()
        scope = {"type": "http", "path": path, "query_string": query, "client": (address, 1)}
        scope["headers"] = [(b"cookie", cookie)]
        await self.middleware(scope, None, send)
        return messages[0]


@pytest.mark.parametrize(
    ("path", "home"),
    [("/auth/login", b"../"), ("/auth/logout", b"../"), ("/portal/oauth2callback", b"./")],
)
def test_unresponsive_provider_redirects_to_the_portal(path, home):
    async def run_scenario():
        portal = PortalWithUnresponsiveProvider()
        response = await portal.request(path)
        assert response["status"] == 303
        assert dict(response["headers"])[b"location"] == home
        assert portal.waiting == 0

    run_in_virtual_time(run_scenario)


@pytest.mark.parametrize("query", [b"", b"state=y", b"state=x&state=y", b"state=x&state="])
def test_return_without_the_state_of_this_browser_is_redirected(query):
    async def run_scenario():
        portal = PortalWithUnresponsiveProvider()
        response = await portal.request("/oauth2callback", query=query)
        assert dict(response["headers"])[b"location"] == b"./"
        assert portal.calls == 0

    run_in_virtual_time(run_scenario)


def test_provider_requests_are_limited_per_address():
    async def run_scenario():
        portal = PortalWithUnresponsiveProvider()
        flood = [asyncio.create_task(portal.request()) for _ in range(50)]
        seconds = oidc_routes._PROVIDER_SECONDS
        await asyncio.sleep(seconds / 4)
        assert portal.waiting == 20
        others = [asyncio.create_task(portal.request(address=OTHER_ADDRESS)) for _ in range(2)]
        await asyncio.sleep(seconds / 4)
        assert portal.waiting == 22
        # The flood needs three rounds of 20 requests. Other addresses need not wait for them.
        await asyncio.wait_for(asyncio.gather(*others), seconds)
        await asyncio.wait_for(asyncio.gather(*flood), 3 * seconds)

    run_in_virtual_time(run_scenario)


def test_provider_clients_share_loaded_certificates(monkeypatch):
    """Loading the certificates would block the event loop for 60 ms."""
    configuration.load_certificates()
    monkeypatch.setattr(ssl, "create_default_context", pytest.fail)
    assert oidc_client.ProviderClient().timeout.read == oidc_client._TIMEOUT_SECONDS
