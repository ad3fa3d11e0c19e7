"""Every request to the API: its id, its line in the log, its place in the numbers and its trace.

All of them know the route, never the address that was called, nor who called.
"""

import logging
import re
import time
import uuid
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from issue_portal.core import logging_setup, telemetry
from issue_portal.models.vocabulary import REQUEST_ID
from issue_portal.server.http.metrics import REQUESTS

log = logging.getLogger(logging_setup.REQUEST_LOGGER)

_ID = re.compile(r"[0-9a-f]{32}")
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_FREQUENT = ("/health", "/ready", "/metrics")


class RequestLogMiddleware:
    """Watches the requests to ``app``; what fails in it is logged here, and only here."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note what came of it; the answer carries the request's id."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, began = time.time_ns(), time.perf_counter()
        request_id = _choose_request_id(scope)
        before = logging_setup.request_id.set(request_id)
        status = 0

        async def send_wrapper(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            await send(message)

        try:
            await self.app(scope, receive, send_wrapper)
        except Exception:
            log.exception("a request failed")
            if not status:
                raise
        finally:
            _record(scope, status, time.perf_counter() - began, started)
            logging_setup.request_id.reset(before)


def _choose_request_id(scope: Scope) -> str:
    """The caller's own id if it is a random one of our form, else a new one.

    Always a new one for a report or a receipt: elsewhere, the caller's may be noted with a name.
    """
    if scope["method"] != "POST":
        sent_id = Headers(scope=scope).get(REQUEST_ID, "")
        if _ID.fullmatch(sent_id):
            return sent_id
    return uuid.uuid4().hex


def _record(scope: Scope, status: int, seconds: float, started: int) -> None:
    route = _get_route(scope)
    method = scope["method"] if scope["method"] in _METHODS else "other"
    status_class = f"{status // 100}xx" if status else "none"
    REQUESTS.labels(method, route, status_class).observe(seconds)
    if route in _FREQUENT:
        return
    fields: dict[str, Any] = {"method": method, "route": route, "status": status}
    fields["milliseconds"] = round(seconds * 1000, 1)
    log.info("%s %s %s", method, route, status, extra=fields)
    telemetry.trace(method, route, status, started)


def _get_route(scope: Scope) -> str:
    route = scope.get("route")
    path = getattr(route, "path", None)
    return "other" if path is None or isinstance(route, Mount) else str(path)
