"""Caches responses to ``GET`` until anything in the database changes.

Open pages poll the same lists every few seconds. The caller is part of the key, so a response goes
to the same caller only.
"""

from dataclasses import dataclass
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from issue_portal.core.problems import ProblemError
from issue_portal.server.services.principal import Principal
from issue_portal.server.services.service import Service

_PATH: Final = "/v1/app/"
_LARGEST: Final = 64 * 2**10
_LONGEST_QUESTION: Final = 2**10
"""Bytes of path, query and headers, because the cache counts only the size of responses."""

_ASKED_WITH: Final = (b"if-none-match", b"x-org")
"""Request headers that change the response."""


class ResponseCacheMiddleware:
    """Passes a request on unless its response is cached."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self.app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the cached response, or pass the request on and cache its response."""
        if scope["type"] != "http" or scope["method"] != "GET" or _PATH not in scope["path"]:
            await self.app(scope, receive, send)
            return
        # The first of each name, which is the one in use.
        headers: dict[bytes, bytes] = dict(reversed(scope["headers"]))
        caller = self._caller(headers)
        asked = [headers.get(name) for name in _ASKED_WITH]
        length = (
            len(scope["path"]) + len(scope["query_string"]) + len(b"".join(filter(None, asked)))
        )
        if caller is None or length > _LONGEST_QUESTION:
            await self.app(scope, receive, send)
            return
        key = (caller.role, caller.user_id, scope["path"], scope["query_string"], *asked)
        memory = self._service.read_cache
        earlier: _Known | None = memory.get(key)
        if earlier and self._service.rate_limits.take_if_ready(caller):
            self._service.token_usage.record(caller)
            await earlier.give(scope, send)
            return
        version = memory.version()
        answer = _Answer(send)
        await self.app(scope, receive, answer.pass_on)
        if answer.is_whole:
            cached = _Known(answer.status, answer.headers, answer.body, scope.get("route"))
            memory.keep(key, cached, version, len(answer.body))

    def _caller(self, headers: dict[bytes, bytes]) -> Principal | None:
        authorization = headers.get(b"authorization", b"").decode("latin-1")
        try:
            return self._service.authenticator.authenticate_now(authorization)
        except ProblemError:
            return None


@dataclass(frozen=True)
class _Known:
    """A cached response."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    route: Any

    async def give(self, scope: Scope, send: Send) -> None:
        scope["route"] = self.route
        # A new list: middlewares add headers to it.
        headers = list(self.headers)
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


@dataclass
class _Answer:
    """A response being sent; ``is_whole`` once a small success is complete."""

    _send: Send
    status: int = 0
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""
    is_whole: bool = False

    async def pass_on(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], tuple(message["headers"])
        else:
            self.body += message.get("body", b"")
            self.is_whole = (
                self.status in (200, 304)
                and len(self.body) <= _LARGEST
                and not message.get("more_body", False)
            )
        await self._send(message)
