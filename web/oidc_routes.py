"""Checks and error handling for Streamlit's routes to the OpenID Connect provider and back."""

import asyncio
from contextlib import nullcontext, suppress
from typing import Final
from urllib.parse import parse_qs, urlsplit

from anyio import to_thread
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from auth import oidc, oidc_cookies
from auth.return_target import COOKIE_SECONDS
from auth.sign_in_mode import SignInMode, get_sign_in_mode
from issue_portal.core.client_address import find_client_key
from issue_portal.core.token_bucket import ConcurrencyLimit
from web.streamlit_compat import SIGN_IN_ROUTES

_PROVIDER_SECONDS: Final = 10.0
"""Seconds in which Streamlit must answer a request. It may have to wait for the provider."""

_MAX_CONCURRENT: Final = 20
"""Concurrent sign-in requests per IP address. Further requests wait for their turn and are not
refused: the people of an office may share an address.
"""


class OidcRoutesMiddleware:
    """Adds error handling and checks. Streamlit's sign-in routes (1.67) lack both.

    - If the provider fails, the middleware redirects to the portal, which explains the failure.
      Streamlit would show a bare error page.
    - Only the portal can sign users out, and a sign-out revokes the sign-in. Streamlit lets any
      site sign users out with a link, and does not invalidate copies of the cookies.
    - A sign-in can only return from the provider to the browser in which it started.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._turns = ConcurrencyLimit(_MAX_CONCURRENT)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or redirect to the portal."""
        path = scope["path"] if scope["type"] == "http" else ""
        if not path.endswith(SIGN_IN_ROUTES):
            await self.app(scope, receive, send)
            return
        if get_sign_in_mode() is not SignInMode.PROVIDER:
            # Streamlit would log an error for each request.
            await PlainTextResponse("No OpenID Connect provider is configured.", 404)(
                scope, receive, send
            )
            return
        if path.endswith("/auth/logout"):
            request = HTTPConnection(scope)
            # Browsers always send this header. "none" means that the user typed the address.
            if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
                await RedirectResponse("../", 303)(scope, receive, send)
                return
            await to_thread.run_sync(oidc.end_oidc_sign_in, request)
        state = ""
        if path.endswith("/oauth2callback"):
            state = _find_state(scope["query_string"].decode("latin-1"))
            if not state or not _has_state_cookie(HTTPConnection(scope), state):
                await RedirectResponse("./", 303)(scope, receive, send)
                return
        await self._call_streamlit(scope, receive, send, state)

    async def _call_streamlit(self, scope: Scope, receive: Receive, send: Send, state: str) -> None:
        """Let Streamlit answer; redirect to the portal if the provider fails or is slow.

        ``state`` is the OAuth state if the browser returns from the provider, otherwise "".
        """
        is_login = scope["path"].endswith("/auth/login")
        is_response_usable = False

        async def send_wrapper(message: Message) -> None:
            nonlocal is_response_usable
            if "status" in message:
                is_response_usable = not is_login or message["status"] < 400
                headers = list(message.get("headers", ()))
                headers += oidc_cookies.seal_sign_in(headers)
                if is_login:
                    address = dict(headers).get(b"location", b"").decode("latin-1")
                    new_state = _find_state(urlsplit(address).query)
                    headers += _make_state_cookie(new_state, COOKIE_SECONDS)
                message["headers"] = headers + _make_state_cookie(state, 0)
            if is_response_usable:
                await send(message)

        address = find_client_key(scope)
        turn = self._turns.get_semaphore(address) if address else nullcontext()
        with suppress(TimeoutError):
            async with turn, asyncio.timeout(_PROVIDER_SECONDS):
                await self.app(scope, receive, send_wrapper)
        if not is_response_usable:
            home = "./" if scope["path"].endswith("/oauth2callback") else "../"
            await RedirectResponse(home, 303)(scope, receive, send)


def _has_state_cookie(request: HTTPConnection, state: str) -> bool:
    """Return whether this browser started the sign-in with this ``state``."""
    return oidc_cookies.get_state_cookie_name(state) in request.cookies


def _make_state_cookie(state: str, seconds: int) -> list[tuple[bytes, bytes]]:
    """Return the header that sets the state cookie, or removes it if ``seconds`` is 0.

    Returns [] if ``state`` is "".
    """
    if not state:
        return []
    response, is_secure = Response(), oidc_cookies.is_over_tls()
    name = oidc_cookies.get_state_cookie_name(state)
    response.set_cookie(name, "1", seconds, secure=is_secure, httponly=True, samesite="lax")
    return response.raw_headers[-1:]


def _find_state(query: str) -> str:
    """Return the OAuth 2 ``state`` of a query, which identifies a sign-in attempt.

    Returns "" unless the query has exactly one state: Streamlit would use the last of them.
    """
    states = parse_qs(query, keep_blank_values=True).get("state", [])
    return states[0] if len(states) == 1 else ""
