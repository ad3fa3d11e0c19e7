"""Cookies of other hosts cannot pose as ``__Host-`` cookies."""

from unittest.mock import AsyncMock

from starlette.requests import HTTPConnection

from tests.loops import run_in_loop
from web.cookie_filter import CookieFilterMiddleware


def test_cookies_with_an_invalid_name_are_removed():
    """Another host of the domain may set them, and Starlette strips a no-break space."""

    async def story(cookie: bytes) -> dict[str, str]:
        read: list[dict[str, str]] = []

        async def app(scope, _receive, _send) -> None:
            read.append(HTTPConnection(scope).cookies)

        scope = {"type": "http", "path": "/", "query_string": b"", "method": "GET", "client": None}
        headers = [(b"host", b"x"), (b"cookie", cookie)]
        await CookieFilterMiddleware(app)(scope | {"headers": headers}, AsyncMock(), AsyncMock())
        return read[0]

    good = {"__Host-issue_portal": "b", "c": "ñ"}
    valid = "; ".join(f"{name}={value}" for name, value in good.items()).encode("latin-1")
    for odd in (b"\xa0", b"\x85", b"\x1c", b"\xa0 \x1f"):
        for cookie in (b"%s; %s__Host-issue_portal=a", b"a=b; %s; %s__Host-issue_portal=a"):
            cookies = run_in_loop(lambda cookie=cookie, odd=odd: story(cookie % (valid, odd)))
            assert {name: cookies[name] for name in good} == good
