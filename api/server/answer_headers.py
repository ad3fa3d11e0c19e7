"""Headers that an answer gets whether the request succeeds or not (ASGI middleware)."""

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class AnswerHeaders:
    """Sends what was given to `add_headers` along with the answer, errors included."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete the start of its response."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers: dict[str, str] = {}
        scope.setdefault("state", {})["answer_headers"] = headers

        async def completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers)
            await send(message)

        await self.app(scope, receive, completed)


def add_headers(request: Request, headers: dict[str, str]) -> None:
    """Send ``headers`` with the answer to ``request``, whatever it will be."""
    request.state.answer_headers.update(headers)
