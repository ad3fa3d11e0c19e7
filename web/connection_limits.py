"""Limits on browser sessions and uploads: only the portal's own pages may open sessions.

A session costs memory and four file descriptors while its browser tab is open.
"""

import logging
from collections import Counter
from typing import Final
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from auth import current_user, session_owners
from auth.trusted_headers import get_trusted_headers
from issue_portal.asgi import uvicorn_limits
from issue_portal.core.client_address import find_client_key
from issue_portal.core.settings import get_settings
from web.script_scheduler import ScriptScheduler
from web.streamlit_compat import SESSION_ID_INDEX, UPLOAD_PATH
from web.websocket_messages import WebSocketMessages

log = logging.getLogger(__name__)

_DESCRIPTORS_PER_SESSION: Final = 4
"""One for the WebSocket, three for the event loop that Streamlit (1.67) gives each session."""

_PROTOCOL_HEADER: Final = "sec-websocket-protocol"


class ConnectionLimitsMiddleware:
    """Refuses uploads, other origins, and sessions beyond the limits per address and in total.

    `WebSocketMessages` filters the messages of a session, `ScriptScheduler` schedules its scripts.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        settings = get_settings()
        self._most_sessions = min(
            settings.max_sessions, _count_affordable_sessions(settings.max_sessions)
        )
        self._most_of_address = settings.max_sessions_of_one
        self._by_address: Counter[str] = Counter()
        self._scheduler = ScriptScheduler()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] in ("http", "websocket") and _repeats_trusted_header(Headers(scope=scope)):
            refusal = PlainTextResponse("A header that says who you are is there twice.", 400)
            if scope["type"] == "websocket":
                await WebSocket(scope, receive, send).send_denial_response(refusal)
            else:
                await refusal(scope, receive, send)
        elif scope["type"] == "http" and UPLOAD_PATH in scope["path"]:
            await PlainTextResponse("Nothing is uploaded here.", 404)(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._open_session(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _open_session(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = find_client_key(scope)
        count = self._by_address[address] if address else 0
        refusal = None
        if _is_cross_origin(Headers(scope=scope)):
            refusal = PlainTextResponse("Sessions are for the portal's own pages.", 403)
        elif count >= self._most_of_address or self._by_address.total() >= self._most_sessions:
            refusal = PlainTextResponse("Too many sessions are open.", 503)
        if refusal:
            await WebSocket(scope, receive, send).send_denial_response(refusal)
            return
        self._by_address[address] += 1
        connection = self._scheduler.join(address)
        messages = WebSocketMessages(self._scheduler, connection, receive, send)
        try:
            # Opening a session costs as much as running a script.
            await self._scheduler.wait_for_turn(connection)
            await self.app(_drop_foreign_session(scope), messages.receive, messages.send)
        finally:
            self._scheduler.leave(connection)
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]


def _count_affordable_sessions(wanted: int) -> int:
    """Return how many sessions the file descriptors allow; log a warning if below ``wanted``."""
    descriptors = uvicorn_limits.raise_descriptor_limit()
    fit = max(
        1, (descriptors - uvicorn_limits.NON_WEBSOCKET_DESCRIPTORS) // _DESCRIPTORS_PER_SESSION
    )
    if fit < wanted:
        log.warning(
            "Only %d sessions fit at once, not ISSUES_MAX_SESSIONS=%d: this process may open %d"
            " files. Raise the limit (LimitNOFILE, ulimit -n) to %d.",
            fit,
            wanted,
            descriptors,
            wanted * _DESCRIPTORS_PER_SESSION + uvicorn_limits.NON_WEBSOCKET_DESCRIPTORS,
        )
    return fit


def _repeats_trusted_header(headers: Headers) -> bool:
    """Return whether a trusted header of the proxy occurs more than once.

    Streamlit (1.67) reads the first, which the client may have sent.
    """
    return any(len(headers.getlist(name)) > 1 for name in get_trusted_headers())


def _is_cross_origin(headers: Headers) -> bool:
    """Return whether a page of another origin opens the session.

    Streamlit compares only host names. But another program on another port of the host receives our
    cookies, too.
    """
    origin = headers.get("origin")
    if origin is None or origin in st.get_option("server.corsAllowedOrigins"):
        return False  # Without the header it is not a browser.
    try:
        parts = urlsplit(origin)
    except ValueError:
        return True
    host = headers.get("host", "").lower()
    return parts.scheme not in ("http", "https") or parts.netloc.lower() != host


def _may_resume(session_id: str, connection: HTTPConnection) -> bool:
    """Return whether the connection has the sign-in of the session's owner."""
    owner = session_owners.find_session_owner(session_id)
    if owner is None:
        return False
    return not owner or owner == current_user.identify_sign_in(
        current_user.find_request_sign_in(connection)
    )


def _drop_foreign_session(scope: Scope) -> Scope:
    """Return the scope without the id of a session to resume, unless this browser owns it.

    Streamlit's page sends the id as the third WebSocket subprotocol.
    """
    connection = HTTPConnection(scope)
    offered = connection.headers.get(_PROTOCOL_HEADER, "").split(",")
    session_id = offered[SESSION_ID_INDEX].strip() if len(offered) > SESSION_ID_INDEX else ""
    if not session_id or _may_resume(session_id, connection):
        return scope
    kept = ",".join(offered[:SESSION_ID_INDEX]).encode("latin-1")
    name = _PROTOCOL_HEADER.encode()
    headers = [(key, kept if key == name else value) for key, value in scope["headers"]]
    return {
        **scope,
        "headers": headers,
        "subprotocols": scope.get("subprotocols", [])[:SESSION_ID_INDEX],
    }
