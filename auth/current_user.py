"""The user of this browser session, or of a request to a route of the portal."""

from typing import Protocol

import streamlit as st
from starlette.requests import HTTPConnection

from auth import oidc, password, sign_in_cookie, trusted_headers
from auth.password import PasswordSignIn
from auth.provider_sign_in import ProviderSignIn
from auth.sign_in_mode import SignInMode, get_sign_in_mode
from issue_portal.core.portal_token import Person
from issue_portal.models import permissions
from issue_portal.models.permissions import Action

ACCOUNT_SIGN_IN_KEY = "account_sign_in"
"""Key of the `PasswordSignIn` in the session state. Its value is None for a visitor."""

_SIGN_IN_WAS_VALID_KEY = "sign_in_was_valid"
"""Present in the session state once the browser session has had a valid sign-in."""


class SignIn(Protocol):
    """A sign-in by password, at a provider or at a proxy."""

    @property
    def id(self) -> str:
        """Opaque id of this sign-in."""

    @property
    def username(self) -> str:
        """The account's user name, or the email address at the provider."""

    @property
    def ends_at(self) -> float:
        """Time of expiry, in seconds since 1970."""

    def get_person(self) -> Person | None:
        """Return the user with their current role; None once the sign-in is no longer valid."""


def get_sign_in() -> SignIn | None:
    """Return the valid sign-in of this browser session; None for a visitor."""
    sign_in = get_stored_sign_in()
    if sign_in is None or sign_in.get_person() is None:
        return None
    st.session_state[_SIGN_IN_WAS_VALID_KEY] = True
    return sign_in


def has_sign_in_ended() -> bool:
    """Return whether this browser session had a sign-in that expired or ended elsewhere."""
    return _SIGN_IN_WAS_VALID_KEY in st.session_state and get_sign_in() is None


def identify_sign_in(sign_in: SignIn | None) -> str:
    """Return a key that is unique for each sign-in; "" for a visitor (``sign_in`` is None)."""
    return f"{sign_in.username} {sign_in.id}" if sign_in else ""


def get_session_owner() -> str:
    """Return the key of this browser session's sign-in; "" for a visitor.

    A sign-in that has ended still owns the session, because the sign-in can become valid again, for
    example when a disabled account is enabled.
    """
    return identify_sign_in(get_stored_sign_in())


def get_stored_sign_in() -> SignIn | None:
    """Return the sign-in of this browser session, valid or ended; None for a visitor."""
    if get_sign_in_mode() is not SignInMode.ACCOUNTS:
        return get_external_sign_in()
    if ACCOUNT_SIGN_IN_KEY not in st.session_state:
        st.session_state[ACCOUNT_SIGN_IN_KEY] = password.read_sign_in(
            sign_in_cookie.read_sign_in_cookie()
        )
    sign_in: PasswordSignIn | None = st.session_state[ACCOUNT_SIGN_IN_KEY]
    return sign_in


def get_external_sign_in() -> ProviderSignIn | None:
    """Return the session's sign-in at the OIDC provider or proxy; None without one."""
    if get_sign_in_mode() is SignInMode.PROXY:
        return trusted_headers.get_proxy_sign_in()
    return oidc.get_oidc_sign_in()


def find_request_sign_in(request: HTTPConnection) -> SignIn | None:
    """Return the valid sign-in of a request to one of the portal's routes; None without one."""
    sign_in = _read_request_sign_in(request)
    return sign_in if sign_in and sign_in.get_person() else None


def _read_request_sign_in(request: HTTPConnection) -> SignIn | None:
    match get_sign_in_mode():
        case SignInMode.ACCOUNTS:
            is_secure = _is_secure(request)
            value = sign_in_cookie.find_sign_in_value(request.cookies, is_secure=is_secure)
            return password.read_sign_in(value)
        case SignInMode.PROVIDER:
            return oidc.find_oidc_sign_in(request)
        case SignInMode.PROXY:
            return trusted_headers.find_proxy_sign_in(request)


def _is_secure(request: HTTPConnection) -> bool:
    """Return whether the browser uses TLS.

    A proxy may pass the request on over plain HTTP, so the browser's ``Origin`` header counts
    first.
    """
    origin = request.headers.get("Origin")
    return origin.startswith("https:") if origin else request.url.scheme in ("https", "wss")


def get_person() -> Person | None:
    """Return the signed-in user; None for a visitor."""
    sign_in = get_sign_in()
    return sign_in.get_person() if sign_in else None


def may(action: Action) -> bool:
    """Return whether the user may do an action. The API checks permissions again on each call."""
    person = get_person()
    return person is not None and permissions.may(person.role, action)
