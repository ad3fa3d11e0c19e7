"""The page to return to after signing in or out at the OIDC provider.

Leaving for the provider ends the tab's Streamlit session. `components.account.return_cookie`
therefore stores the page in a cookie, the return cookie.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs

import streamlit as st

from auth import browser_cookies, oidc_cookies
from auth.sign_in_mode import SignInMode, get_sign_in_mode

COOKIE_NAME: Final = "issue_portal_return"
COOKIE_SECONDS: Final = 900
RETURN_COOKIE_READ_KEY: Final = "return_cookie_read"
"""Session key: present once this Streamlit session has read the return cookie."""


@dataclass(frozen=True)
class ReturnTarget:
    """The page to return to, and why the user left for the provider."""

    is_sign_in: bool
    """True if the user left to sign in, False to sign out."""
    page: str = ""
    """Path of the page's script, such as "pages/review.py"; "" for the first page."""
    query: str = ""
    """Query of the page's URL, without "?"."""
    revocation_unsaved: bool = False
    """Whether the sign-out could not be written to disk."""


def get_return_cookie_name() -> str:
    """Return the full name of the return cookie."""
    return browser_cookies.get_full_cookie_name(COOKIE_NAME, is_secure=oidc_cookies.is_over_tls())


def take_return_target() -> ReturnTarget | None:
    """Return the target in the return cookie, once per Streamlit session.

    Later calls return None. So do all calls if the user does not come back from a provider.
    """
    # In other modes, ignore the cookie: programs on other ports of this host may have set it.
    if get_sign_in_mode() is not SignInMode.PROVIDER or st.session_state.get(
        RETURN_COOKIE_READ_KEY
    ):
        return None
    fields = parse_qs(browser_cookies.read_cookie(get_return_cookie_name()))
    if not fields:
        return None
    st.session_state[RETURN_COOKIE_READ_KEY] = True

    def get_field(name: str) -> str:
        return fields.get(name, [""])[0]

    return ReturnTarget(
        is_sign_in=get_field("is_sign_in") == "1",
        page=get_field("page"),
        query=get_field("query"),
        revocation_unsaved=get_field("revocation_unsaved") == "1",
    )
