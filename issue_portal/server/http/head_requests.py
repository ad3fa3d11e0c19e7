"""Answers HEAD like GET, without a body (RFC 9110, section 9.3.2)."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadMiddleware:
    """Passes HEAD requests on as GET, because FastAPI's routes know no HEAD."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; drop the body of the response to a HEAD."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_wrapper(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        # The server reads the method of its own scope to send no body.
        get_scope = {**scope, "method": "GET"}
        try:
            await self.app(get_scope, receive, send_wrapper)
        finally:
            # `RequestLogMiddleware` records the route.
            scope["route"] = get_scope.get("route")
