"""Answers to ``GET`` that are given again as long as nothing has changed (ASGI middleware).

Open pages ask for the same lists every few seconds, and mostly nothing has changed meanwhile. Who
may see what is part of the question: an answer is given again only to the same caller.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.server.access import Principal
from api.server.problems import ProblemError
from api.server.service import Service

_PATH: Final = "/v1/app/"
_LARGEST: Final = 64 * 2**10
_ASKED_WITH: Final = (b"if-none-match", b"x-org")
"""The headers of a question that its answer depends on, beside the caller."""


class RememberedAnswers:
    """Passes a question on only if its answer is not known."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self.app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Give the answer that is remembered, or pass the request on and remember its answer."""
        if scope["type"] != "http" or scope["method"] != "GET" or _PATH not in scope["path"]:
            await self.app(scope, receive, send)
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        caller = self._caller(headers)
        if caller is None:
            await self.app(scope, receive, send)
            return
        asked = [headers.get(name) for name in _ASKED_WITH]
        key = (caller.role, caller.user_id, scope["path"], scope["query_string"], *asked)
        memory = self._service.memory
        if messages := memory.get(key):
            self._service.token_uses.note(caller)
            for message in messages:
                await send(message)
            return
        version = memory.version()
        answer = _Answer(send)
        await self.app(scope, receive, answer.send)
        if answer.is_whole:
            memory.keep(key, answer.messages, version, answer.size)

    def _caller(self, headers: dict[bytes, bytes]) -> Principal | None:
        authorization = headers.get(b"authorization", b"").decode("latin-1")
        try:
            return self._service.access.at_once(authorization)
        except ProblemError:
            return None


@dataclass
class _Answer:
    """Sends an answer on, and keeps it if it is a small success."""

    _send: Send
    messages: list[dict[str, Any]] = field(default_factory=list)
    size: int = 0
    is_whole: bool = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if message["status"] in (200, 304):
                # A copy: others add headers of this one answer to it.
                self.messages.append({**message, "headers": list(message["headers"])})
        elif self.messages:
            self.messages.append(dict(message))
            self.size += len(message.get("body", b""))
            self.is_whole = self.size <= _LARGEST and not message.get("more_body", False)
        await self._send(message)
