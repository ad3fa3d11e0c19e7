"""The cookie that keeps someone signed in through reloads, where no script can read it.

A page cannot set such a cookie. So its script asks the route here to, with a ticket that is good
once, and that only who has just signed in or out is given.
"""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import streamlit as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from components.ui import js_component

_NAME: Final = "issue_portal"
_SECURE_NAME: Final = f"__Host-{_NAME}"
"""Behind TLS. Browsers take such a name from this very host only, and only over TLS (RFC 6265bis):
no other host of the domain can put a sign-in of its own in its place.
"""

_HEADER: Final = "X-Sign-In-Ticket"
_TICKET: Final = "sign_in_ticket"
_TICKET_SECONDS: Final = 60


@dataclass(frozen=True)
class _Waiting:
    value: str
    seconds: int
    until: float


_waiting: dict[str, _Waiting] = {}


def read() -> str:
    """What the browser had kept when the page was opened."""
    origin = dict(getattr(st.context, "headers", {})).get("Origin", "")
    return value_in(getattr(st.context, "cookies", {}), is_secure=origin.startswith("https:"))


def value_in(kept: Mapping[str, str], *, is_secure: bool) -> str:
    """The sign-in among the cookies of a request, "" if there is none.

    Over TLS (``is_secure``), only the one that must have been set over TLS counts.
    """
    return kept.get(_SECURE_NAME, "") or ("" if is_secure else kept.get(_NAME, ""))


def keep(value: str, seconds: int) -> None:
    """Have the browser keep ``value`` for so long."""
    now = time.monotonic()
    for ticket in [ticket for ticket, waiting in _waiting.items() if waiting.until < now]:
        _waiting.pop(ticket, None)
    ticket = secrets.token_urlsafe(24)
    _waiting[ticket] = _Waiting(value, seconds, now + _TICKET_SECONDS)
    st.session_state[_TICKET] = ticket


def remove() -> None:
    """Have the browser forget it."""
    keep("", 0)


def element() -> None:
    """The script that does so, to be on every page."""
    if _TICKET in st.session_state:
        data = {"header": _HEADER, "ticket": st.session_state[_TICKET]}
        js_component.element("sign_in_cookie")(key="sign_in_cookie", data=data)


def _answer(request: Request) -> Response:
    # Another site's page cannot send this header without being allowed to, which it is not.
    waiting = _waiting.pop(request.headers.get(_HEADER, ""), None)
    if waiting is None or waiting.until < time.monotonic():
        return PlainTextResponse("This ticket is not good, or not any more.", 400)
    # What the browser says: a proxy in between may speak plain HTTP to us.
    is_secure = request.headers.get("Origin", "").startswith("https:")
    response = Response(status_code=204)
    response.set_cookie(
        _SECURE_NAME if is_secure else _NAME,
        waiting.value,
        max_age=waiting.seconds,
        httponly=True,
        samesite="strict",
        secure=is_secure,
    )
    return response


route: Final = Route("/cookie", _answer, methods=["POST"])
