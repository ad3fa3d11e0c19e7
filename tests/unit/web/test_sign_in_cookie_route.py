"""The route that sets the HttpOnly sign-in cookie for a one-time ticket."""

import httpx
import pytest
from starlette.applications import Starlette

from auth import sign_in_cookie
from tests.loops import run_in_loop
from web import sign_in_cookie_route


def send_ticket(ticket: str, origin: str) -> httpx.Response:
    async def post() -> httpx.Response:
        app = Starlette(routes=[sign_in_cookie_route.route])
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            headers = {"Origin": origin, "X-Sign-In-Ticket": ticket}
            return await client.post("http://portal/cookie", headers=headers)

    return run_in_loop(post)


@pytest.mark.parametrize(
    ("origin", "is_secure"), [("https://a.example", True), ("http://a", False)]
)
def test_ticket_sets_the_cookie_only_once(monkeypatch, origin, is_secure):
    state: dict[str, str] = {}
    monkeypatch.setattr(sign_in_cookie.st, "session_state", state)
    sign_in_cookie.request_cookie("the value", 600)
    [ticket] = state.values()
    set_cookie = send_ticket(ticket, origin).headers["set-cookie"]
    assert "HttpOnly; Max-Age=600; Path=/; SameSite=strict" in set_cookie
    assert ("Secure" in set_cookie) == is_secure
    # Browsers accept a __Host- cookie only over TLS, without a domain and for all paths.
    assert set_cookie.startswith("__Host-issue_portal=" if is_secure else "issue_portal=")
    assert "Domain" not in set_cookie
    repeated = send_ticket(ticket, origin)
    assert (repeated.status_code, repeated.headers.get("set-cookie")) == (400, None)


def test_cookie_without_the_host_prefix_is_ignored_over_tls():
    """Another host of the domain, or a page without TLS, can set a cookie without the prefix."""
    ours, foreign = {"__Host-issue_portal": "ours"}, {"issue_portal": "foreign"}
    find_value = sign_in_cookie.find_sign_in_value
    assert find_value(ours | foreign, is_secure=True) == "ours"
    assert find_value(foreign, is_secure=True) == ""
    assert find_value(ours | foreign, is_secure=False) == "ours"
    assert find_value(foreign, is_secure=False) == "foreign"
    assert find_value({}, is_secure=False) == ""
