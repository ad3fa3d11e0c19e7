"""Limits the number of browser sessions, and refuses sessions of other sites and all uploads.

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
    """Refuses uploads, sessions of other origins, and sessions above the limits.

    The numbers of sessions per address and in total are limited. `WebSocketMessages` filters the
    messages of a session, and `ScriptScheduler` schedules the session's scripts.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        settings = get_settings()
        self._most_sessions = min(
            settings.max_sessions, _count_affordable_sessions(settings.max_sessions)
        )
        self._most_sessions_per_address = settings.max_sessions_of_one
        self._sessions_by_address: Counter[str] = Counter()
        self._scheduler = ScriptScheduler()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] in ("http", "websocket") and _repeats_trusted_header(Headers(scope=scope)):
            refusal = PlainTextResponse(
                "A trusted header occurs more than once. The proxy must replace it.", 400
            )
            if scope["type"] == "websocket":
                await WebSocket(scope, receive, send).send_denial_response(refusal)
            else:
                await refusal(scope, receive, send)
        elif scope["type"] == "http" and UPLOAD_PATH in scope["path"]:
            await PlainTextResponse("Uploads are not supported.", 404)(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._open_session(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _open_session(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = find_client_key(scope)
        count = self._sessions_by_address[address] if address else 0
        refusal = None
        if _is_cross_origin(Headers(scope=scope)):
            refusal = PlainTextResponse("Only the portal's own pages may open sessions.", 403)
        elif (
            count >= self._most_sessions_per_address
            or self._sessions_by_address.total() >= self._most_sessions
        ):
            refusal = PlainTextResponse(
                "Too many browser tabs are open. Close some, or try again later.", 503
            )
        if refusal:
            await WebSocket(scope, receive, send).send_denial_response(refusal)
            return
        self._sessions_by_address[address] += 1
        connection = self._scheduler.join(address)
        messages = WebSocketMessages(self._scheduler, connection, receive, send)
        try:
            # Opening a session takes as much processor time as a script run.
            await self._scheduler.wait_for_turn(connection)
            await self.app(_remove_session_id_of_others(scope), messages.receive, messages.send)
        finally:
            self._scheduler.leave(connection)
            self._sessions_by_address[address] -= 1
            if not self._sessions_by_address[address]:
                del self._sessions_by_address[address]


def _count_affordable_sessions(wanted: int) -> int:
    """Return how many sessions the limit of file descriptors allows.

    Logs a warning if the process cannot serve ``wanted`` sessions.
    """
    descriptors = uvicorn_limits.raise_descriptor_limit()
    affordable = max(
        1, (descriptors - uvicorn_limits.NON_WEBSOCKET_DESCRIPTORS) // _DESCRIPTORS_PER_SESSION
    )
    if affordable < wanted:
        log.warning(
            "Only %d sessions fit at once, not ISSUES_MAX_SESSIONS=%d: this process may open %d"
            " files. Raise the limit of open files (LimitNOFILE or ulimit -n) to %d.",
            affordable,
            wanted,
            descriptors,
            wanted * _DESCRIPTORS_PER_SESSION + uvicorn_limits.NON_WEBSOCKET_DESCRIPTORS,
        )
    return affordable


def _repeats_trusted_header(headers: Headers) -> bool:
    """Return whether a trusted header of the proxy occurs more than once.

    Streamlit (1.67) reads the first occurrence, which the client may have sent.
    """
    return any(len(headers.getlist(name)) > 1 for name in get_trusted_headers())


def _is_cross_origin(headers: Headers) -> bool:
    """Return whether a page of another origin opens the session.

    Streamlit (1.67) compares host names but not ports. That is not enough: if a page from another
    port of the host opens a session, the browser sends our cookies with it.
    """
    origin = headers.get("origin")
    if origin is None or origin in st.get_option("server.corsAllowedOrigins"):
        return False  # Clients that are not browsers send no Origin.
    try:
        parts = urlsplit(origin)
    except ValueError:
        return True
    host = headers.get("host", "").lower()
    return parts.scheme not in ("http", "https") or parts.netloc.lower() != host


def _may_resume(session_id: str, connection: HTTPConnection) -> bool:
    """Return whether the connection may resume the session.

    Anyone may resume a visitor's session. A session of a signed-in person needs the same sign-in.
    Nobody may resume an unknown session.
    """
    owner = session_owners.find_session_owner(session_id)
    if owner is None:
        return False
    return not owner or owner == current_user.identify_sign_in(
        current_user.find_request_sign_in(connection)
    )


def _remove_session_id_of_others(scope: Scope) -> Scope:
    """Return the scope without the session id if this browser may not resume that session.

    Streamlit's page sends the id of the session to resume as the third WebSocket subprotocol.
    """
    connection = HTTPConnection(scope)
    protocols = connection.headers.get(_PROTOCOL_HEADER, "").split(",")
    session_id = protocols[SESSION_ID_INDEX].strip() if len(protocols) > SESSION_ID_INDEX else ""
    if not session_id or _may_resume(session_id, connection):
        return scope
    other_protocols = ",".join(protocols[:SESSION_ID_INDEX]).encode("latin-1")
    protocol_header = _PROTOCOL_HEADER.encode()
    headers = [
        (name, other_protocols if name == protocol_header else value)
        for name, value in scope["headers"]
    ]
    return {
        **scope,
        "headers": headers,
        "subprotocols": scope.get("subprotocols", [])[:SESSION_ID_INDEX],
    }
