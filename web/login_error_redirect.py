"""The routes to the sign-in provider and back (ASGI middleware)."""

import asyncio
from contextlib import nullcontext, suppress
from typing import Final
from urllib.parse import parse_qs, urlsplit

from anyio import to_thread
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from auth import oidc, oidc_cookies
from auth.mode import SignInMode, get_sign_in_mode
from auth.return_target import COOKIE_SECONDS
from issue_portal.core.client_address import find_client_key
from issue_portal.core.token_bucket import ConcurrencyLimit
from web.streamlit_compat import SIGN_IN_ROUTES

_PATIENCE: Final = 10.0
"""Seconds for all that Streamlit asks the provider before it answers the browser."""

_AT_ONCE: Final = 20
"""How often an address asks the provider at once; a hundred people may come at the same time."""


class LoginErrorRedirectMiddleware:
    """Stands before Streamlit's routes (1.67) that lead to the provider and back.

    When one cannot lead to the provider, Streamlit shows a bare page: this leads back to the
    portal, where it is told. Any other site could have people signed out by a link, and then their
    sign-in would be over in this browser only: this asks where they come from, and ends it. Nobody
    comes back from the provider who has not left for it in this browser.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._turns = ConcurrencyLimit(_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or lead back."""
        path = scope["path"] if scope["type"] == "http" else ""
        if not path.endswith(SIGN_IN_ROUTES):
            await self.app(scope, receive, send)
            return
        if get_sign_in_mode() is not SignInMode.PROVIDER:
            # Streamlit would log an error for each.
            await PlainTextResponse("There is no provider.", 404)(scope, receive, send)
            return
        if path.endswith("/auth/logout"):
            request = HTTPConnection(scope)
            # Browsers say so; "none" is an address that a person typed.
            if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
                await RedirectResponse("../", 303)(scope, receive, send)
                return
            await to_thread.run_sync(oidc.end_provider_sign_in, request)
        state = ""
        if path.endswith("/oauth2callback"):
            state = _state_in(scope["query_string"].decode("latin-1"))
            if (
                not state
                or oidc_cookies.name_departure_cookie(state) not in HTTPConnection(scope).cookies
            ):
                await RedirectResponse("./", 303)(scope, receive, send)
                return
        is_login = path.endswith("/auth/login")
        answered = False

        async def unless_failed(message: Message) -> None:
            nonlocal answered
            if "status" in message:
                answered = not is_login or message["status"] < 400
                headers = list(message.get("headers", ()))
                headers += oidc_cookies.seal_sign_in(headers)
                if is_login:
                    address = dict(headers).get(b"location", b"").decode("latin-1")
                    headers += _begun(_state_in(urlsplit(address).query), COOKIE_SECONDS)
                headers += _begun(state, 0)
                message["headers"] = headers
            if answered:
                await send(message)

        address = find_client_key(scope)
        turn = self._turns.get_semaphore(address) if address else nullcontext()
        with suppress(TimeoutError):
            async with turn, asyncio.timeout(_PATIENCE):
                await self.app(scope, receive, unless_failed)
        if not answered:
            home = "./" if path.endswith("/oauth2callback") else "../"
            await RedirectResponse(home, 303)(scope, receive, send)


def _begun(state: str, seconds: int) -> list[tuple[bytes, bytes]]:
    """The header that has the browser remember for so long that it left for the provider here."""
    if not state:
        return []
    answer, secure = Response(), oidc_cookies.is_over_tls()
    name = oidc_cookies.name_departure_cookie(state)
    answer.set_cookie(name, "1", seconds, secure=secure, httponly=True, samesite="lax")
    return answer.raw_headers[-1:]


def _state_in(query: str) -> str:
    """What OAuth 2 calls the state: it names one way to the provider and back.

    None ("") if there are several: Streamlit would take the last one.
    """
    states = parse_qs(query, keep_blank_values=True).get("state", [])
    return states[0] if len(states) == 1 else ""
