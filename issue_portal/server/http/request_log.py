"""Gives each API request an id, and records it in the log, the metrics and the traces.

The records contain the route, but neither the URL nor the caller.
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
from issue_portal.models.vocabulary import REQUEST_ID_HEADER
from issue_portal.server.http.metrics import REQUESTS

log = logging.getLogger(logging_setup.REQUEST_LOGGER)

_REQUEST_ID = re.compile(r"[0-9a-f]{32}")
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_UNLOGGED_ROUTES = ("/health", "/ready", "/metrics")
"""Routes that monitoring calls often. They have metrics, but no log lines and no traces."""


class RequestLogMiddleware:
    """Records the requests to ``app``, and logs its exceptions."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, record its outcome and add its id to the response."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started_at, timer_start = time.time_ns(), time.perf_counter()
        request_id = _choose_request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        context_token = logging_setup.request_id.set(request_id)
        status = 0

        async def send_wrapper(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = request_id
            await send(message)

        try:
            await self.app(scope, receive, send_wrapper)
        except Exception:
            log.exception("a request failed")
            if not status:
                raise
        finally:
            _record(scope, status, time.perf_counter() - timer_start, started_at)
            logging_setup.request_id.reset(context_token)


def _choose_request_id(scope: Scope) -> str:
    """Return the caller's request id if it is 32 hex digits, else a new id.

    Reports and receipt look-ups always get a new id. The caller's id could be in another log next
    to a name.
    """
    if scope["method"] != "POST":
        sent_id = Headers(scope=scope).get(REQUEST_ID_HEADER, "")
        if _REQUEST_ID.fullmatch(sent_id):
            return sent_id
    return uuid.uuid4().hex


def _record(scope: Scope, status: int, seconds: float, started_at: int) -> None:
    """Record a request that started at ``started_at`` (ns since 1970)."""
    route = _get_route(scope)
    method = scope["method"] if scope["method"] in _METHODS else "other"
    status_class = f"{status // 100}xx" if status else "none"
    REQUESTS.labels(method, route, status_class).observe(seconds)
    if route in _UNLOGGED_ROUTES:
        return
    fields: dict[str, Any] = {"method": method, "route": route, "status": status}
    fields["milliseconds"] = round(seconds * 1000, 1)
    log.info("%s %s %s", method, route, status, extra=fields)
    telemetry.trace(method, route, status, started_at)


def _get_route(scope: Scope) -> str:
    route = scope.get("route")
    path = getattr(route, "path", None)
    return "other" if path is None or isinstance(route, Mount) else str(path)
