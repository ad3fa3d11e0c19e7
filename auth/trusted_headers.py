"""Sign-in at a proxy, which names the user in the headers of ``server.trustedUserHeaders``."""

import time
from collections.abc import Mapping
from typing import Final

import streamlit as st
from starlette.requests import HTTPConnection

from auth.provider_sign_in import ProviderSignIn, make_sign_in
from auth.role_mapping import Claims
from auth.sign_in_mode import as_mapping
from issue_portal.core.settings import get_settings
from web import streamlit_compat

HEADERS_RECEIVED_AT_KEY: Final = "headers_received_at"
"""Session key: time at which the proxy's headers arrived, in seconds since 1970."""


def get_proxy_sign_in() -> ProviderSignIn | None:
    """Return the sign-in from the headers of the browser session's first request.

    Returns None if the headers name nobody.
    """
    received_at = st.session_state.setdefault(HEADERS_RECEIVED_AT_KEY, time.time())
    return make_proxy_sign_in(st.user.to_dict(), received_at)


def find_proxy_sign_in(request: HTTPConnection) -> ProviderSignIn | None:
    """Return the sign-in that a request's headers describe; None if the headers name nobody."""
    return make_proxy_sign_in(streamlit_compat.read_proxy_user(request.headers), time.time())


def make_proxy_sign_in(user: Claims, received_at: float) -> ProviderSignIn | None:
    """Return the sign-in of the user whom a proxy's headers name; None if they name nobody.

    ``user`` has the fields of `st.user`; ``received_at`` is in seconds since 1970.
    """
    if not user.get("email"):
        return None
    role_claim = get_settings().role_claim
    groups = str(user.get(role_claim) or "").split(",")
    claims = {**user, "email_verified": True, role_claim: groups}
    claims["name"] = _decode_utf8(str(user.get("name") or ""))
    return make_sign_in(claims, "", received_at)


def _decode_utf8(header: str) -> str:
    """Decode a header that Starlette read as Latin-1. Most proxies send UTF-8."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


def get_trusted_headers() -> Mapping[str, str]:
    """Return the setting: the fields of `st.user`, such as "email", by header of the proxy."""
    return as_mapping(st.get_option("server.trustedUserHeaders"))
