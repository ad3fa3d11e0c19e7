"""The route that sets the sign-in cookie as HttpOnly, which a Streamlit page cannot do."""

import time
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from auth.browser_cookies import name_host_cookie
from auth.sign_in_cookie import COOKIE_NAME, TICKET_HEADER, pending_cookies


def _set_cookie(request: Request) -> Response:
    # Other sites cannot send this header, because CORS does not allow it.
    cookie = pending_cookies.pop(request.headers.get(TICKET_HEADER, ""), None)
    if cookie is None or cookie.until < time.monotonic():
        return PlainTextResponse("This ticket is not good, or not any more.", 400)
    # Read the scheme from the browser's header: the proxy may send plain HTTP.
    is_secure = request.headers.get("Origin", "").startswith("https:")
    response = Response(status_code=204)
    response.set_cookie(
        name_host_cookie(COOKIE_NAME, is_secure=is_secure),
        cookie.value,
        max_age=cookie.seconds,
        httponly=True,
        samesite="strict",
        secure=is_secure,
    )
    return response


route: Final = Route("/cookie", _set_cookie, methods=["POST"])
