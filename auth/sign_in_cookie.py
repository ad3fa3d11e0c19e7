"""The HttpOnly cookie that keeps a user signed in through reloads. No script can read the cookie.

A Streamlit page cannot set such a cookie. Instead, each sign-in or sign-out issues a one-time
ticket. A script in the browser sends the ticket to `web.sign_in_cookie_route`, which sets the
cookie.
"""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import streamlit as st

from auth.browser_cookies import get_full_cookie_name

COOKIE_NAME: Final = "issue_portal"
TICKET_HEADER: Final = "X-Sign-In-Ticket"
TICKET_KEY: Final = "sign_in_ticket"
"""Key of the newest ticket in the session state."""
_TICKET_SECONDS: Final = 60


@dataclass(frozen=True)
class _PendingCookie:
    """A cookie whose ticket was not used yet."""

    value: str
    max_age: int
    """Seconds that the browser keeps the cookie; 0 removes the cookie."""
    ticket_expires_at: float
    """Time by `time.monotonic`."""


pending_cookies: dict[str, _PendingCookie] = {}
"""Cookies that wait for their ticket to be used, by ticket."""


def read_sign_in_cookie() -> str:
    """Return the value that the sign-in cookie had when the page was opened; "" without one."""
    origin = dict(getattr(st.context, "headers", {})).get("Origin", "")
    return find_sign_in_value(
        getattr(st.context, "cookies", {}), is_secure=origin.startswith("https:")
    )


def find_sign_in_value(cookies: Mapping[str, str], *, is_secure: bool) -> str:
    """Return the value of the sign-in cookie among ``cookies``; "" without one.

    Over TLS (``is_secure``), ignores a cookie without the prefix ``__Host-``.
    """
    secure_value = cookies.get(get_full_cookie_name(COOKIE_NAME, is_secure=True), "")
    return secure_value or ("" if is_secure else cookies.get(COOKIE_NAME, ""))


def request_cookie(value: str, max_age: int) -> None:
    """Issue a ticket with which the page's script sets the cookie for ``max_age`` seconds."""
    now = time.monotonic()
    for ticket in [
        ticket for ticket, cookie in pending_cookies.items() if cookie.ticket_expires_at < now
    ]:
        pending_cookies.pop(ticket, None)
    ticket = secrets.token_urlsafe(24)
    pending_cookies[ticket] = _PendingCookie(value, max_age, now + _TICKET_SECONDS)
    st.session_state[TICKET_KEY] = ticket


def request_cookie_removal() -> None:
    """Issue a ticket with which the page's script removes the cookie."""
    request_cookie("", 0)
