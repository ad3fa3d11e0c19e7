"""Caches responses to ``GET`` until anything in the database changes.

Open pages poll the same lists every few seconds. The caller is part of the cache key, so callers
never get each other's responses.
"""

from dataclasses import dataclass
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from issue_portal.core.problems import ProblemError
from issue_portal.server.services.principal import Principal
from issue_portal.server.services.service import Service

_PATH: Final = "/v1/app/"
_LARGEST_BODY: Final = 64 * 2**10
"""Bytes of a response body. Larger responses are not cached."""

_LONGEST_KEY: Final = 2**10
"""Bytes of path, query and headers in a cache key. The cache limits only the size of bodies."""

_KEY_HEADERS: Final = (b"if-none-match", b"x-org")
"""Request headers on which the response depends."""


class ResponseCacheMiddleware:
    """Responds from the cache, or passes a request on and caches the response."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self.app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the cached response, or pass the request on and cache its response."""
        if scope["type"] != "http" or scope["method"] != "GET" or _PATH not in scope["path"]:
            await self.app(scope, receive, send)
            return
        # Of repeated headers, keep the first, which Starlette uses.
        headers: dict[bytes, bytes] = dict(reversed(scope["headers"]))
        caller = self._find_caller(headers)
        values = [headers.get(name) for name in _KEY_HEADERS]
        length = (
            len(scope["path"]) + len(scope["query_string"]) + len(b"".join(filter(None, values)))
        )
        if caller is None or length > _LONGEST_KEY:
            await self.app(scope, receive, send)
            return
        key = (caller.role, caller.user_id, scope["path"], scope["query_string"], *values)
        cache = self._service.read_cache
        cached: _CachedResponse | None = cache.get(key)
        if cached and self._service.rate_limits.take_if_ready(caller):
            self._service.token_usage.record(caller)
            await cached.send(scope, send)
            return
        version = cache.read_version()
        recorder = _ResponseRecorder(send)
        await self.app(scope, receive, recorder.send_wrapper)
        if recorder.is_cacheable:
            response = _CachedResponse(
                recorder.status, recorder.headers, recorder.body, scope.get("route")
            )
            cache.store(key, response, version, len(recorder.body))

    def _find_caller(self, headers: dict[bytes, bytes]) -> Principal | None:
        authorization = headers.get(b"authorization", b"").decode("latin-1")
        try:
            return self._service.authenticator.find_principal_without_waiting(authorization)
        except ProblemError:
            return None


@dataclass(frozen=True)
class _CachedResponse:
    """A response in the cache."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    route: Any

    async def send(self, scope: Scope, send: Send) -> None:
        scope["route"] = self.route
        # A new list each time, because middlewares add headers to it.
        headers = list(self.headers)
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


@dataclass
class _ResponseRecorder:
    """Sends a response on and records it."""

    _send: Send
    status: int = 0
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""
    is_cacheable: bool = False
    """Whether the response is complete, successful and small."""

    async def send_wrapper(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], tuple(message["headers"])
        else:
            self.body += message.get("body", b"")
            self.is_cacheable = (
                self.status in (200, 304)
                and len(self.body) <= _LARGEST_BODY
                and not message.get("more_body", False)
            )
        await self._send(message)
