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

COOKIE_NAME: Final = "issue_portal"
SECURE_NAME: Final = f"__Host-{COOKIE_NAME}"
"""Behind TLS. Browsers take such a name from this very host only, and only over TLS (RFC 6265bis):
no other host of the domain can put a sign-in of its own in its place.
"""

TICKET_HEADER: Final = "X-Sign-In-Ticket"
TICKET_KEY: Final = "sign_in_ticket"
_TICKET_SECONDS: Final = 60


@dataclass(frozen=True)
class _PendingCookie:
    value: str
    seconds: int
    until: float


pending_cookies: dict[str, _PendingCookie] = {}


def read_sign_in_cookie() -> str:
    """What the browser had kept when the page was opened."""
    origin = dict(getattr(st.context, "headers", {})).get("Origin", "")
    return find_sign_in_value(
        getattr(st.context, "cookies", {}), is_secure=origin.startswith("https:")
    )


def find_sign_in_value(kept: Mapping[str, str], *, is_secure: bool) -> str:
    """The sign-in among the cookies of a request, "" if there is none.

    Over TLS (``is_secure``), only the one that must have been set over TLS counts.
    """
    return kept.get(SECURE_NAME, "") or ("" if is_secure else kept.get(COOKIE_NAME, ""))


def request_cookie(value: str, seconds: int) -> None:
    """Have the browser keep ``value`` for so long."""
    now = time.monotonic()
    for ticket in [ticket for ticket, waiting in pending_cookies.items() if waiting.until < now]:
        pending_cookies.pop(ticket, None)
    ticket = secrets.token_urlsafe(24)
    pending_cookies[ticket] = _PendingCookie(value, seconds, now + _TICKET_SECONDS)
    st.session_state[TICKET_KEY] = ticket


def request_cookie_removal() -> None:
    """Have the browser forget it."""
    request_cookie("", 0)
