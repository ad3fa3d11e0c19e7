"""What may connect to the portal: its own pages, so many sessions, no uploads (ASGI middleware).

A session costs memory and four file descriptors for as long as its browser tab is open.
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
"""The WebSocket, and the event loop that Streamlit (1.67) gives each session: three."""

_PROTOCOLS: Final = "sec-websocket-protocol"


class ConnectionLimitsMiddleware:
    """Refuses uploads, other sites, and too many sessions, in all or of one address.

    The messages of a session are read one at a time, and its scripts take turns with others.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        settings = get_settings()
        self._most = min(settings.max_sessions, _sessions_that_fit(settings.max_sessions))
        self._most_of_one = settings.max_sessions_of_one
        self._by_address: Counter[str] = Counter()
        self._turns = ScriptScheduler()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] in ("http", "websocket") and _has_two_identities(Headers(scope=scope)):
            refusal = PlainTextResponse("A header that says who you are is there twice.", 400)
            if scope["type"] == "websocket":
                await WebSocket(scope, receive, send).send_denial_response(refusal)
            else:
                await refusal(scope, receive, send)
        elif scope["type"] == "http" and UPLOAD_PATH in scope["path"]:
            await PlainTextResponse("Nothing is uploaded here.", 404)(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._session(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _session(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = find_client_key(scope)
        of_one = self._by_address[address] if address else 0
        refusal = None
        if _is_of_another_site(Headers(scope=scope)):
            refusal = PlainTextResponse("Sessions are for the portal's own pages.", 403)
        elif of_one >= self._most_of_one or self._by_address.total() >= self._most:
            refusal = PlainTextResponse("Too many sessions are open.", 503)
        if refusal:
            await WebSocket(scope, receive, send).send_denial_response(refusal)
            return
        self._by_address[address] += 1
        connection = self._turns.join(address)
        messages = WebSocketMessages(self._turns, connection, receive, send)
        try:
            # To open a session costs as much as to run a script.
            await self._turns.turn(connection)
            await self.app(_without_foreign_session(scope), messages.receive, messages.send)
        finally:
            self._turns.leave(connection)
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]


def _sessions_that_fit(wanted: int) -> int:
    """How many sessions the file descriptors of this process are enough for; warns if too few."""
    descriptors = uvicorn_limits.raise_descriptor_limit()
    fit = max(1, (descriptors - uvicorn_limits.DESCRIPTORS_FOR_OTHERS) // _DESCRIPTORS_PER_SESSION)
    if fit < wanted:
        log.warning(
            "Only %d sessions fit at once, not ISSUES_MAX_SESSIONS=%d: this process may open %d"
            " files. Raise the limit (LimitNOFILE, ulimit -n) to %d.",
            fit,
            wanted,
            descriptors,
            wanted * _DESCRIPTORS_PER_SESSION + uvicorn_limits.DESCRIPTORS_FOR_OTHERS,
        )
    return fit


def _has_two_identities(headers: Headers) -> bool:
    """Whether a header by which a proxy says who somebody is came more than once.

    Streamlit (1.67) takes the first, which may be the one that the client has sent.
    """
    return any(len(headers.getlist(name)) > 1 for name in get_trusted_headers())


def _is_of_another_site(headers: Headers) -> bool:
    """Whether a page opens the session that did not come from where the browser sends it.

    Streamlit looks at names alone; another port is another program, whose pages get our cookies.
    """
    origin = headers.get("origin")
    if origin is None or origin in st.get_option("server.corsAllowedOrigins"):
        return False  # No browser leaves it out.
    try:
        parts = urlsplit(origin)
    except ValueError:
        return True
    host = headers.get("host", "").lower()
    return parts.scheme not in ("http", "https") or parts.netloc.lower() != host


def _may_resume(session_id: str, connection: HTTPConnection) -> bool:
    """Whether this connection comes from the browser whose session that is."""
    owner = session_owners.find_session_owner(session_id)
    if owner is None:
        return False
    return not owner or owner == current_user.identify_sign_in(
        current_user.find_request_sign_in(connection)
    )


def _without_foreign_session(scope: Scope) -> Scope:
    """The scope without the id of a session to resume, if that is not this browser's own.

    Streamlit's page sends it as the third of its WebSocket subprotocols.
    """
    connection = HTTPConnection(scope)
    offered = connection.headers.get(_PROTOCOLS, "").split(",")
    session_id = offered[SESSION_ID_INDEX].strip() if len(offered) > SESSION_ID_INDEX else ""
    if not session_id or _may_resume(session_id, connection):
        return scope
    kept = ",".join(offered[:SESSION_ID_INDEX]).encode("latin-1")
    name = _PROTOCOLS.encode()
    headers = [(key, kept if key == name else value) for key, value in scope["headers"]]
    return {
        **scope,
        "headers": headers,
        "subprotocols": scope.get("subprotocols", [])[:SESSION_ID_INDEX],
    }
