"""The route that sets the sign-in cookie, where no script can read it."""

import time
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from auth.browser_cookies import name_host_cookie
from auth.sign_in_cookie import COOKIE_NAME, TICKET_HEADER, pending_cookies


def _set_cookie(request: Request) -> Response:
    # Another site's page cannot send this header without being allowed to, which it is not.
    waiting = pending_cookies.pop(request.headers.get(TICKET_HEADER, ""), None)
    if waiting is None or waiting.until < time.monotonic():
        return PlainTextResponse("This ticket is not good, or not any more.", 400)
    # What the browser says: a proxy in between may speak plain HTTP to us.
    is_secure = request.headers.get("Origin", "").startswith("https:")
    response = Response(status_code=204)
    response.set_cookie(
        name_host_cookie(COOKIE_NAME, is_secure=is_secure),
        waiting.value,
        max_age=waiting.seconds,
        httponly=True,
        samesite="strict",
        secure=is_secure,
    )
    return response


route: Final = Route("/cookie", _set_cookie, methods=["POST"])
