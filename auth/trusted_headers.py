"""Sign-in at a proxy: the headers of ``server.trustedUserHeaders`` that name the user."""

import time
from collections.abc import Mapping
from typing import Final

import streamlit as st
from starlette.requests import HTTPConnection

from auth.mode import as_mapping
from auth.provider_sign_in import ProviderSignIn, make_sign_in
from auth.role_mapping import Claims
from issue_portal.core.settings import get_settings
from web import streamlit_compat

PROXY_SEEN_KEY: Final = "proxy_seen"
"""Time when the headers of this browser session arrived, in seconds since 1970."""


def get_proxy_sign_in() -> ProviderSignIn | None:
    """Return the sign-in of this browser session, from the headers of its first request."""
    received_at = st.session_state.setdefault(PROXY_SEEN_KEY, time.time())
    return make_proxy_sign_in(st.user.to_dict(), received_at)


def find_proxy_sign_in(request: HTTPConnection) -> ProviderSignIn | None:
    """Return the sign-in that the headers of a request describe; None if they name nobody."""
    return make_proxy_sign_in(streamlit_compat.read_proxy_user(request.headers), time.time())


def make_proxy_sign_in(headers: Claims, received_at: float) -> ProviderSignIn | None:
    """Return the sign-in that a proxy's headers describe; None if they name nobody.

    ``received_at`` is in seconds since 1970.
    """
    if not headers.get("email"):
        return None
    role_claim = get_settings().role_claim
    groups = str(headers.get(role_claim) or "").split(",")
    claims = {**headers, "email_verified": True, role_claim: groups}
    claims["name"] = _decode_utf8(str(headers.get("name") or ""))
    return make_sign_in(claims, "", received_at)


def _decode_utf8(header: str) -> str:
    """Decode a header as UTF-8, which proxies send, although HTTP defines it as Latin-1."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


def get_trusted_headers() -> Mapping[str, str]:
    """Return the user's field for each of the proxy's headers, by header name."""
    return as_mapping(st.get_option("server.trustedUserHeaders"))
