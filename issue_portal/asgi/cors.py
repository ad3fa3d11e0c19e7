"""Cross-origin requests from browsers to the API (CORS), for the origins in the settings.

Calls are authenticated by bearer tokens only, so no origin is allowed to send credentials such as
cookies.
"""

from typing import Final

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from issue_portal.core.settings import get_settings
from issue_portal.models.vocabulary import REQUEST_ID_HEADER

_PATH: Final = "/api/"
"""Start of the paths of the API. The portal and its WebSocket stay closed to other origins."""

_CLOSED_PATH: Final = "/api/metrics"
"""Stays closed, too. Without ``ISSUES_METRICS_TOKEN``, localhost may read it, and so could every
page in a browser on the server's machine.
"""

_PREFLIGHT: Final = "preflight_response"
"""Name in the state of a request."""

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
    response has the headers of CORS. `PreflightMiddleware` sends the responses to preflight
    requests.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        origins = get_settings().cors_origins.split()
        self._cors: CORSMiddleware | None = None
        if origins:
            self._cors = CORSMiddleware(
                app,
                allow_origins=origins,
                allow_methods=_METHODS,
                allow_headers=_REQUEST_HEADERS,
                expose_headers=_RESPONSE_HEADERS,
            )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Prepare the response to a preflight request; add the headers to other responses."""
        path = scope["path"] if scope["type"] == "http" else ""
        is_open = path.startswith(_PATH) and path.rstrip() != _CLOSED_PATH
        if self._cors is None or not is_open:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_preflight = scope["method"] == "OPTIONS" and "access-control-request-method" in headers
        if not is_preflight or "origin" not in headers:
            await self._cors(scope, receive, send)
            return
        response = self._cors.preflight_response(request_headers=headers)
        scope.setdefault("state", {})[_PREFLIGHT] = response
        await self.app(scope, receive, send)


class PreflightMiddleware:
    """Responds to the preflight requests that `ApiCorsMiddleware` allows or refuses.

    Place it inside of middleware that limits requests, because preflight requests have no token.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the prepared response, if any; pass other requests on."""
        response: Response | None = scope.get("state", {}).get(_PREFLIGHT)
        await (response or self.app)(scope, receive, send)
