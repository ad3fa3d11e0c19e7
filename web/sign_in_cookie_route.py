"""The route that sets the HttpOnly sign-in cookie, which Streamlit pages cannot set.

It takes a ticket of `auth.sign_in_cookie`.
"""

import time
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from auth.browser_cookies import get_full_cookie_name
from auth.sign_in_cookie import COOKIE_NAME, TICKET_HEADER, pending_cookies


def _set_cookie(request: Request) -> Response:
    # Prevents CSRF: other sites cannot send this header, because it needs a CORS preflight.
    cookie = pending_cookies.pop(request.headers.get(TICKET_HEADER, ""), None)
    if cookie is None or cookie.ticket_expires_at < time.monotonic():
        return PlainTextResponse("The ticket is invalid or expired. Reload the page.", 400)
    # `Origin` has the browser's scheme. Behind a TLS proxy, the request itself arrives over HTTP.
    is_secure = request.headers.get("Origin", "").startswith("https:")
    response = Response(status_code=204)
    response.set_cookie(
        get_full_cookie_name(COOKIE_NAME, is_secure=is_secure),
        cookie.value,
        max_age=cookie.max_age,
        httponly=True,
        samesite="strict",
        secure=is_secure,
    )
    return response


route: Final = Route("/cookie", _set_cookie, methods=["POST"])
