"""The page to return to after signing in or out at the OIDC provider.

Leaving for the provider ends the tab's Streamlit session, so a browser script keeps the target in a
cookie.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs

import streamlit as st

from auth import browser_cookies, oidc_cookies
from auth.mode import SignInMode, get_sign_in_mode

COOKIE_NAME: Final = "issue_portal_errand"
COOKIE_SECONDS: Final = 900
READ_KEY: Final = "errand_read"


@dataclass(frozen=True)
class ReturnTarget:
    """The reason why the user left for the provider, and the page to return to."""

    is_sign_in: bool
    """Whether the user left to sign in; else to sign out."""
    page: str = ""
    """Path of the page's script."""
    query: str = ""
    revocation_unsaved: bool = False
    """Whether the sign-out could not be written to disk."""
    change_lost: bool = False
    """Whether the user's last change could not be saved before the sign-out."""


def name_return_cookie() -> str:
    """Return the full name of the cookie with the target."""
    return browser_cookies.name_host_cookie(COOKIE_NAME, is_secure=oidc_cookies.is_over_tls())


def take_return_target() -> ReturnTarget | None:
    """Return the target once, when the user has just come back from the provider; else None."""
    # Without TLS, a program on another port of this host can set the cookie, too.
    if get_sign_in_mode() is not SignInMode.PROVIDER or st.session_state.get(READ_KEY):
        return None
    fields = parse_qs(browser_cookies.read_cookie(name_return_cookie()))
    if not fields:
        return None
    st.session_state[READ_KEY] = True

    def get_field(name: str) -> str:
        return fields.get(name, [""])[0]

    return ReturnTarget(
        is_sign_in=get_field("in") == "1",
        page=get_field("page"),
        query=get_field("query"),
        revocation_unsaved=get_field("copies_hold") == "1",
        change_lost=get_field("change_lost") == "1",
    )
