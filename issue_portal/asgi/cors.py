"""Cross-origin requests from browsers to the API (CORS), for the origins in the settings.

Calls are authenticated by bearer tokens only, so no origin is allowed to send credentials such as
cookies.
"""

from typing import Final

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from issue_portal.core.settings import get_settings
from issue_portal.models.vocabulary import REQUEST_ID_HEADER

_PATH: Final = "/api/"
"""Start of the paths of the API. The portal and its WebSocket stay closed to other origins."""

_CLOSED_PATH: Final = "/api/metrics"
"""Stays closed, too: without ``ISSUES_METRICS_TOKEN``, every page in a browser on the machine of the
server could read it.
"""

_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")

_REQUEST_HEADERS: Final = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "x-org",
    REQUEST_ID_HEADER,
)

_RESPONSE_HEADERS: Final = (
    "Deprecation",
    "ETag",
    "Idempotency-Key-Lifetime",
    "Link",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "Sunset",
    REQUEST_ID_HEADER,
)
"""Headers that scripts of other origins may read."""


class ApiCorsMiddleware:
    """Lets web pages of ``ISSUES_CORS_ORIGINS`` call the API. Without origins, changes nothing.

    Place it outside of middleware that refuses requests: a page can read a refusal only if the
    response has the headers of CORS.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        origins = get_settings().cors_origins.split()
        self._api = app
        if origins:
            self._api = CORSMiddleware(
                app,
                allow_origins=origins,
                allow_methods=_METHODS,
                allow_headers=_REQUEST_HEADERS,
                expose_headers=_RESPONSE_HEADERS,
            )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer preflight requests; add the headers of CORS to other responses of the API."""
        path = scope["path"] if scope["type"] == "http" else ""
        is_open = path.startswith(_PATH) and path.rstrip() != _CLOSED_PATH
        await (self._api if is_open else self.app)(scope, receive, send)
