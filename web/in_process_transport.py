"""An httpx transport that calls the API of the same process without a socket."""

import asyncio
from concurrent.futures import TimeoutError as FutureTimeoutError

import httpx
from starlette.types import ASGIApp


class InProcessTransport(httpx.BaseTransport):
    """Passes requests from other threads to ``app`` on the server's event loop."""

    def __init__(self, app: ASGIApp, loop: asyncio.AbstractEventLoop) -> None:
        self._asgi = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._loop = loop

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and wait for the whole response.

        Raises `httpx.ReadTimeout` after the request's read timeout, and `httpx.ConnectError` once
        the server has stopped.
        """
        if self._loop.is_closed():
            raise httpx.ConnectError("the server has stopped", request=request)
        timeout = request.extensions.get("timeout", {}).get("read")
        future = asyncio.run_coroutine_threadsafe(self._send(request), self._loop)
        try:
            return future.result(timeout)
        except FutureTimeoutError as error:
            future.cancel()
            raise httpx.ReadTimeout("no answer in time", request=request) from error

    async def _send(self, request: httpx.Request) -> httpx.Response:
        request.stream = httpx.ByteStream(request.read())
        # Compression takes time and saves nothing without a network.
        request.headers["Accept-Encoding"] = "identity"
        response = await self._asgi.handle_async_request(request)
        body = httpx.ByteStream(await response.aread())
        return httpx.Response(response.status_code, headers=response.headers, stream=body)
