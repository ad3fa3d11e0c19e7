"""Other hosts of the domain cannot imitate ``__Host-`` cookies."""

from unittest.mock import AsyncMock

from starlette.requests import HTTPConnection

from tests.loops import run_in_loop
from web.cookie_filter import CookieFilterMiddleware


def test_cookies_with_an_invalid_name_are_removed():
    """Starlette strips a no-break space, which another host of the domain may put before a name."""

    async def parse_cookies(header: bytes) -> dict[str, str]:
        parsed: list[dict[str, str]] = []

        async def app(scope, _receive, _send) -> None:
            parsed.append(HTTPConnection(scope).cookies)

        scope = {"type": "http", "path": "/", "query_string": b"", "method": "GET", "client": None}
        headers = [(b"host", b"x"), (b"cookie", header)]
        await CookieFilterMiddleware(app)(scope | {"headers": headers}, AsyncMock(), AsyncMock())
        return parsed[0]

    valid = {"__Host-issue_portal": "b", "c": "ñ"}
    valid_cookies = "; ".join(f"{name}={value}" for name, value in valid.items()).encode("latin-1")
    for prefix in (b"\xa0", b"\x85", b"\x1c", b"\xa0 \x1f"):
        for template in (b"%s; %s__Host-issue_portal=a", b"a=b; %s; %s__Host-issue_portal=a"):
            cookies = run_in_loop(
                lambda header=template % (valid_cookies, prefix): parse_cookies(header)
            )
            assert {name: cookies[name] for name in valid} == valid
