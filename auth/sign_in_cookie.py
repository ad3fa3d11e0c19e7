"""The cookie that keeps a user signed in through reloads, which no script can read (HttpOnly).

A Streamlit page cannot set such a cookie. Instead, a sign-in or sign-out issues a one-time ticket,
with which a script in the browser requests the cookie from `web.sign_in_cookie_route`.
"""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import streamlit as st

from auth.browser_cookies import name_host_cookie

COOKIE_NAME: Final = "issue_portal"
TICKET_HEADER: Final = "X-Sign-In-Ticket"
TICKET_KEY: Final = "sign_in_ticket"
_TICKET_SECONDS: Final = 60


@dataclass(frozen=True)
class _PendingCookie:
    """A cookie whose ticket was not used yet; ``until`` is its expiry by `time.monotonic`."""

    value: str
    seconds: int
    until: float


pending_cookies: dict[str, _PendingCookie] = {}
"""Cookies to set, by ticket."""


def read_sign_in_cookie() -> str:
    """Return the value that the cookie had when the page was opened, or ""."""
    origin = dict(getattr(st.context, "headers", {})).get("Origin", "")
    return find_sign_in_value(
        getattr(st.context, "cookies", {}), is_secure=origin.startswith("https:")
    )


def find_sign_in_value(cookies: Mapping[str, str], *, is_secure: bool) -> str:
    """Return the value of the sign-in cookie of a request, or "".

    Over TLS (``is_secure``) only the cookie with the prefix ``__Host-`` counts.
    """
    secure_value = cookies.get(name_host_cookie(COOKIE_NAME, is_secure=True), "")
    return secure_value or ("" if is_secure else cookies.get(COOKIE_NAME, ""))


def request_cookie(value: str, seconds: int) -> None:
    """Issue a ticket with which the page's script stores ``value`` for ``seconds``."""
    now = time.monotonic()
    for ticket in [ticket for ticket, cookie in pending_cookies.items() if cookie.until < now]:
        pending_cookies.pop(ticket, None)
    ticket = secrets.token_urlsafe(24)
    pending_cookies[ticket] = _PendingCookie(value, seconds, now + _TICKET_SECONDS)
    st.session_state[TICKET_KEY] = ticket


def request_cookie_removal() -> None:
    """Issue a ticket with which the page's script removes the cookie."""
    request_cookie("", 0)
