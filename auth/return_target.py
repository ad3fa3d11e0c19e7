"""Where a person has gone to sign in or out, so that the portal knows when they come back.

The provider and back is another page of the same tab, and for Streamlit a new session. So a script
notes the errand in a cookie before the person leaves.
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
    """What a person has left for: to sign in, or else to sign out."""

    signing_in: bool
    page: str = ""
    """Where they want to be then, a path of the portal's pages."""
    query: str = ""
    copies_hold: bool = False
    """Whether it could not be written down that they sign out."""
    change_lost: bool = False
    """Whether the change that they made last could not be saved before they left."""


def take_return_target() -> ReturnTarget | None:
    """The errand from which the person has just come back; it is told only once."""
    # Without TLS, a program on another port of this host can set the cookie as well.
    if get_sign_in_mode() is not SignInMode.PROVIDER or st.session_state.get(READ_KEY):
        return None
    told = parse_qs(browser_cookies.read_cookie(oidc_cookies.name_host_cookie(COOKIE_NAME)))
    if not told:
        return None
    st.session_state[READ_KEY] = True

    def said(name: str) -> str:
        return told.get(name, [""])[0]

    return ReturnTarget(
        said("in") == "1",
        said("page"),
        said("query"),
        said("copies_hold") == "1",
        said("change_lost") == "1",
    )
