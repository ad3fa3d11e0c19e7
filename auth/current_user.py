"""The user of this browser session, or of a request to a route of the portal."""

from typing import Protocol

import streamlit as st
from starlette.requests import HTTPConnection

from auth import oidc, password, sign_in_cookie
from auth.mode import SignInMode, get_sign_in_mode
from auth.password import PasswordSignIn
from issue_portal.core.portal_token import Person
from issue_portal.models.vocabulary import Role

SIGN_IN_KEY = "signed_in_by"
_WAS_VALID_KEY = "sign_in_held"
"""Whether a sign-in has held in this browser session."""


class SignIn(Protocol):
    """Someone's sign-in, of either kind. What it says is looked up anew each time."""

    @property
    def id(self) -> str:
        """Opaque, of this sign-in alone."""

    @property
    def username(self) -> str:
        """The account's user name, or the address at the provider."""

    @property
    def ends_at(self) -> float:
        """When it ends by itself, in seconds since 1970."""

    def person(self) -> Person | None:
        """Who it is, with the role as it is now; None once it does not hold any more."""


def get_sign_in() -> SignIn | None:
    """The sign-in of this browser session, as long as it holds; None for a visitor."""
    found = get_stored_sign_in()
    if found is None or found.person() is None:
        return None
    st.session_state[_WAS_VALID_KEY] = True
    return found


def has_sign_in_ended() -> bool:
    """Whether someone was signed in here, and was signed out elsewhere or by time."""
    return _WAS_VALID_KEY in st.session_state and get_sign_in() is None


def identify_sign_in(sign_in: SignIn | None) -> str:
    """Return a key that no other sign-in has; "" for a visitor."""
    return f"{sign_in.username} {sign_in.id}" if sign_in else ""


def get_session_owner() -> str:
    """Identify the sign-in of this browser session, even one that has ended; "" for a visitor.

    A sign-in can become valid again, for example when a disabled account is enabled.
    """
    return identify_sign_in(get_stored_sign_in())


def find_request_sign_in(request: HTTPConnection) -> SignIn | None:
    """The sign-in that a request beside the pages comes with, if it holds."""
    found: SignIn | None
    if get_sign_in_mode() is SignInMode.ACCOUNTS:
        kept = sign_in_cookie.find_sign_in_value(request.cookies, is_secure=_is_secure(request))
        found = password.read_sign_in(kept)
    else:
        found = oidc.find_provider_sign_in(request)
    return found if found and found.person() else None


def _is_secure(request: HTTPConnection) -> bool:
    """Whether the browser reached us over TLS; a proxy in between may speak plain HTTP to us."""
    origin = request.headers.get("Origin")
    return origin.startswith("https:") if origin else request.url.scheme in ("https", "wss")


def get_stored_sign_in() -> SignIn | None:
    """Return the sign-in of this browser session, even one that has ended; None for a visitor."""
    if get_sign_in_mode() is not SignInMode.ACCOUNTS:
        return oidc.get_provider_sign_in()
    if SIGN_IN_KEY not in st.session_state:
        st.session_state[SIGN_IN_KEY] = password.read_sign_in(sign_in_cookie.read_sign_in_cookie())
    found: PasswordSignIn | None = st.session_state[SIGN_IN_KEY]
    return found


def get_person() -> Person | None:
    """Who is signed in, or None for a visitor."""
    sign_in = get_sign_in()
    return sign_in.person() if sign_in else None


def is_reviewer() -> bool:
    """Whether the person reviews issues. A courtesy to the eye: the API checks every call."""
    who = get_person()
    return who is not None and who.role in (Role.ADMIN, Role.OWNER)
