"""Removes cookies whose invalid names could be mistaken for ``__Host-`` names."""

import re
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

_INVALID_BYTE: Final = re.compile(rb"[^!-~ \t]")
"""A byte that cookie names must not contain (RFC 6265)."""


class CookieFilterMiddleware:
    """Removes cookies with an invalid name from requests.

    Browsers let only this host set cookies with the prefix ``__Host-``. But Starlette (1.10) strips
    a no-break space before a name, so another host of the domain could set such a cookie as well.
    TODO(starlette>1.10): remove when Starlette strips spaces and tabs only.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on without cookies that have an invalid name."""
        if scope["type"] in ("http", "websocket"):
            _remove_invalid_cookies(scope["headers"])
        await self.app(scope, receive, send)


def _remove_invalid_cookies(headers: list[tuple[bytes, bytes]]) -> None:
    for index, (name, value) in enumerate(headers):
        if name == b"cookie" and _INVALID_BYTE.search(value):
            cookies = value.split(b";")
            valid = [
                cookie for cookie in cookies if not _INVALID_BYTE.search(cookie.partition(b"=")[0])
            ]
            headers[index] = (name, b";".join(valid))
