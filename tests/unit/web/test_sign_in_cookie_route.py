"""The route that sets the HttpOnly sign-in cookie for a one-time ticket."""

import httpx
import pytest
from starlette.applications import Starlette

from auth import sign_in_cookie
from tests.loops import run_in_loop
from web import sign_in_cookie_route


def ask(ticket: str, origin: str) -> httpx.Response:
    async def post() -> httpx.Response:
        app = Starlette(routes=[sign_in_cookie_route.route])
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            headers = {"Origin": origin, "X-Sign-In-Ticket": ticket}
            return await client.post("http://portal/cookie", headers=headers)

    return run_in_loop(post)


@pytest.mark.parametrize(("origin", "secure"), [("https://a.example", True), ("http://a", False)])
def test_cookie_is_set_once(monkeypatch, origin, secure):
    state: dict[str, str] = {}
    monkeypatch.setattr(sign_in_cookie.st, "session_state", state)
    sign_in_cookie.request_cookie("the value", 600)
    [ticket] = state.values()
    said = ask(ticket, origin).headers["set-cookie"]
    assert "HttpOnly; Max-Age=600; Path=/; SameSite=strict" in said
    assert ("Secure" in said) == secure
    # Browsers take such a name over TLS only, for this host only and all of its paths.
    assert said.startswith("__Host-issue_portal=" if secure else "issue_portal=")
    assert "Domain" not in said
    again = ask(ticket, origin)
    assert (again.status_code, again.headers.get("set-cookie")) == (400, None)


def test_cookie_has_the_host_prefix_over_tls():
    """Another host of the domain, or a page without TLS, can set a cookie without the prefix."""
    ours, foreign = {"__Host-issue_portal": "ours"}, {"issue_portal": "foreign"}
    value_in = sign_in_cookie.find_sign_in_value
    assert value_in(ours | foreign, is_secure=True) == "ours"
    assert value_in(foreign, is_secure=True) == ""
    assert value_in(ours | foreign, is_secure=False) == "ours"
    assert value_in(foreign, is_secure=False) == "foreign"
    assert value_in({}, is_secure=False) == ""
