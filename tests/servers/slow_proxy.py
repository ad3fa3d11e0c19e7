"""A proxy in front of a server that adds latency and answers some calls with an HTML page."""

import asyncio
import itertools
from typing import Final

from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.servers.api_options import ApiOptions

ERROR_PAGE: Final = (
    "<html><head><title>502 Bad Gateway</title></head>"
    "<body><center><h1>502 Bad Gateway</h1></center></body></html>"
)


class SlowProxyMiddleware:
    """Delay all calls, and fail each nth call before it reaches the server."""

    def __init__(self, app: ASGIApp, options: ApiOptions) -> None:
        self._app = app
        self._options = options
        self._numbers = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await asyncio.sleep(self._options.latency / 1000)
        interval = self._options.html_error_every
        if interval and next(self._numbers) % interval == 0:
            await HTMLResponse(ERROR_PAGE, 502)(scope, receive, send)
            return
        await self._app(scope, receive, send)
