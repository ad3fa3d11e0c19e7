"""Answers OPTIONS with the methods of a URL (RFC 9110, section 9.3.7)."""

from fastapi import FastAPI
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send


class OptionsMiddleware:
    """Answers OPTIONS itself, without a token: the methods of a URL are public.

    Browsers send preflight requests without a token. `ApiCorsMiddleware` answers those of allowed
    origins.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an OPTIONS, unless its URL has no route; pass other requests on."""
        is_options = scope["type"] == "http" and scope["method"] == "OPTIONS"
        methods = list_methods(scope) if is_options else ""
        if not methods:
            await self.app(scope, receive, send)
            return
        headers = {"Allow": methods, "Cache-Control": "no-store"}
        await Response(status_code=204, headers=headers)(scope, receive, send)


def list_methods(scope: Scope) -> str:
    """Return the methods of the URL for the header ``Allow``, or "" if the URL has no route.

    Starlette lists only the methods of the first route.
    """
    app: FastAPI = scope["app"]
    routes = [
        route
        for route in app.router.routes
        if isinstance(route, Route) and route.matches(scope)[0] is not Match.NONE
    ]
    methods = {
        method for route in routes if route.path == routes[0].path for method in route.methods or ()
    }
    if not methods:
        return ""
    return ", ".join(sorted(methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())))
