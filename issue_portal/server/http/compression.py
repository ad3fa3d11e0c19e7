"""Compresses large responses to API calls with gzip, if the client accepts it.

`docs_page` compresses the documentation, once.
"""

import re
from typing import Final

from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipResponder, IdentityResponder
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from issue_portal.server.http.router import CALLS_PATH

_MINIMUM_SIZE: Final = 2_000
"""Bytes of the smallest body to compress: about three issues."""

_LEVEL: Final = 1
"""A list of 100 issues (77 kB) becomes 16 kB in 0.5 ms. Level 6 takes 1.4 ms for 14 kB."""

_REFUSAL: Final = re.compile(r"gzip\s*;\s*q=0(\.0*)?\s*(,|$)", re.IGNORECASE)


def accepts_gzip(headers: Headers) -> bool:
    """Return whether the headers of a request allow a response with gzip."""
    accepted = headers.get("accept-encoding", "")
    return "gzip" in accepted and not _REFUSAL.search(accepted)


class CompressionMiddleware:
    """Compresses responses to GET under `CALLS_PATH`, unless they have an ``ETag``.

    Responses to POST are never compressed: some contain a receipt or a token, and the length of a
    compressed response depends on its content. A compressed response would need another strong
    ``ETag`` (RFC 9110, section 8.8.3.3), which clients could not send as ``If-Match``.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; compress its response if that is allowed and useful."""
        is_call = scope["type"] == "http" and CALLS_PATH in scope["path"]
        if not is_call or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return

        async def run_app(scope: Scope, receive: Receive, send_compressed: Send) -> None:
            chosen_send = send_compressed

            async def send_wrapper(message: Message) -> None:
                nonlocal chosen_send
                if message["type"] == "http.response.start" and "etag" in Headers(scope=message):
                    chosen_send = send
                await chosen_send(message)

            await self.app(scope, receive, send_wrapper)

        if accepts_gzip(Headers(scope=scope)):
            await GZipResponder(run_app, _MINIMUM_SIZE, _LEVEL)(scope, receive, send)
        else:
            # Adds only ``Vary``.
            await IdentityResponder(run_app, _MINIMUM_SIZE)(scope, receive, send)
