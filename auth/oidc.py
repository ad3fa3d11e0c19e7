"""Signing in elsewhere: at a provider of OpenID Connect, or at a proxy that says who it is.

The provider is in the section ``auth`` of Streamlit's secrets, the proxy's headers are in its
option ``server.trustedUserHeaders``. Who may review and who may report, our own settings say.

Streamlit (1.67) spreads long claims over several cookies and signs each by itself: somebody could
put those of two sign-ins together and be a third person. So we seal them all together; over TLS
the seal is a cookie that no other host can set, so that nobody is made somebody else either.
"""

import json
import time
from typing import Final

import streamlit as st
from starlette.requests import HTTPConnection

from auth import api_backend
from auth.mode import SignInMode, get_sign_in_mode
from auth.oidc_cookies import read_claims
from auth.provider_sign_in import ProviderSignIn, make_sign_in
from auth.role_mapping import Claims
from auth.trusted_headers import sign_in_from_headers
from web import streamlit_compat

_FAR_FUTURE: Final = 2**40
"""Seconds since 1970, beyond which nothing can be computed with some numbers."""

# What tells one sign-in of a person from another.
_OF_ONE_SIGN_IN: Final = ("iss", "sub", "iat", "nonce")
PROXY_SEEN_KEY: Final = "proxy_seen"


def get_provider_sign_in() -> ProviderSignIn | None:
    """The sign-in of this browser session."""
    if get_sign_in_mode() is SignInMode.PROXY:
        # The headers are those of the moment when the page was opened.
        return sign_in_from_headers(
            st.user.to_dict(), st.session_state.setdefault(PROXY_SEEN_KEY, time.time())
        )
    # Streamlit has compared where the page was opened with where the sign-in began.
    return (
        _sign_in_from_claims(read_claims(st.context.cookies))
        if st.user.get("is_logged_in")
        else None
    )


def find_provider_sign_in(request: HTTPConnection) -> ProviderSignIn | None:
    """The sign-in that a request beside the pages comes with."""
    if get_sign_in_mode() is SignInMode.PROXY:
        return sign_in_from_headers(streamlit_compat.read_proxy_user(request.headers), time.time())
    return _sign_in_from_claims(read_claims(request.cookies))


def end_provider_sign_in(request: HTTPConnection) -> None:
    """End the sign-in at the provider that a request comes with, if there is one."""
    found = find_provider_sign_in(request) if get_sign_in_mode() is SignInMode.PROVIDER else None
    if found and found.holds():
        api_backend.get_backend().ended.add(found.id, found.ends_at)


def _sign_in_from_claims(claims: Claims) -> ProviderSignIn | None:
    if not claims.get("is_logged_in"):
        return None
    one_sign_in = json.dumps([claims.get(name) for name in _OF_ONE_SIGN_IN])
    begun_at = claims.get("iat")
    if not isinstance(begun_at, int | float) or not 0 <= begun_at < _FAR_FUTURE:
        begun_at = 0
    return make_sign_in(claims, one_sign_in, begun_at)
