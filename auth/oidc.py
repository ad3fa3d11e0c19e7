"""Sign-in at an OIDC provider that the section ``auth`` of the secrets configures.

Streamlit (1.67) splits long claims into several cookies and signs each cookie separately, so a user
could combine the cookies of two sign-ins into a third identity. `auth.oidc_cookies` therefore adds
a seal: a cookie with a signed hash of all claims. Over TLS, the name of that cookie begins with
``__Host-``, so that browsers let no other host set it.
"""

import json
from typing import Final

import streamlit as st
from starlette.requests import HTTPConnection

from auth import api_backend
from auth.oidc_cookies import read_claims
from auth.provider_sign_in import ProviderSignIn, make_sign_in
from auth.role_mapping import Claims

_FAR_FUTURE: Final = 2**40
"""Seconds since 1970. Arithmetic with larger numbers from a provider could fail."""

_IDENTIFYING_CLAIMS: Final = ("iss", "sub", "iat", "nonce")
"""Claims that together differ for each sign-in, even of the same user."""


def get_oidc_sign_in() -> ProviderSignIn | None:
    """Return the sign-in of this browser session, valid or ended; None for a visitor."""
    # `st.user` is empty if the user signed in at another origin than that of the page.
    if not st.user.get("is_logged_in"):
        return None
    return _make_oidc_sign_in(read_claims(st.context.cookies))


def find_oidc_sign_in(request: HTTPConnection) -> ProviderSignIn | None:
    """Return the sign-in in the cookies of a request, valid or ended; None without one."""
    return _make_oidc_sign_in(read_claims(request.cookies))


def end_oidc_sign_in(request: HTTPConnection) -> None:
    """Revoke the sign-in of a request, so that copies of the request's cookies stop working."""
    sign_in = find_oidc_sign_in(request)
    if sign_in and sign_in.is_valid():
        api_backend.get_backend().revoked_sign_ins.add(sign_in.id, sign_in.ends_at)


def _make_oidc_sign_in(claims: Claims) -> ProviderSignIn | None:
    if not claims.get("is_logged_in"):
        return None
    sign_in_id = json.dumps([claims.get(name) for name in _IDENTIFYING_CLAIMS])
    begun_at = claims.get("iat")
    if not isinstance(begun_at, int | float) or not 0 <= begun_at < _FAR_FUTURE:
        begun_at = 0
    return make_sign_in(claims, sign_in_id, begun_at)
