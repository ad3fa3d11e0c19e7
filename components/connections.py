"""What may connect to the portal: its own pages, so many sessions, no uploads (ASGI middleware).

A session costs memory for as long as its browser tab is open.
"""

import ipaddress
from collections import Counter
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from api.settings import get_settings


class ConnectionLimits:
    """Refuses uploads, other sites, and too many sessions, in all or of one address."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        settings = get_settings()
        self._most = settings.max_sessions
        self._most_of_one = settings.max_sessions_of_one
        self._by_address: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] == "http" and "/_stcore/upload_file/" in scope["path"]:
            await PlainTextResponse("Nothing is uploaded here.", 404)(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._session(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _session(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = _address(scope)
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
        try:
            await self.app(scope, receive, send)
        finally:
            self._by_address[address] -= 1


def _is_of_another_site(headers: Headers) -> bool:
    """Whether a page opens the session that did not come from where the browser sends it.

    Streamlit looks at names alone; another port is another program, whose pages get our cookies.
    """
    origin = headers.get("origin")
    if origin is None or origin in st.get_option("server.corsAllowedOrigins"):
        return False  # No browser leaves it out.
    return urlsplit(origin).netloc.lower() != headers.get("host", "").lower()


def _address(scope: Scope) -> str:
    """Whose session it is; nothing where that is not known, as behind a proxy of this machine."""
    host = (scope.get("client") or ("",))[0]
    try:
        return "" if ipaddress.ip_address(host).is_loopback else host
    except ValueError:
        return ""
