"""Sign-in at a proxy: the headers in which it names the user."""

from collections.abc import Mapping

import streamlit as st

from auth.mode import as_mapping
from auth.provider_sign_in import ProviderSignIn, make_sign_in
from auth.role_mapping import Claims
from issue_portal.core.settings import get_settings


def sign_in_from_headers(headers: Claims, seen: float) -> ProviderSignIn | None:
    """Return the sign-in that a proxy's headers describe; None if they name nobody.

    ``seen`` is when they arrived, in seconds since 1970.
    """
    if not headers.get("email"):
        return None
    groups = str(headers.get(get_settings().role_claim) or "").split(",")
    told = {**headers, "email_verified": True, get_settings().role_claim: groups}
    told["name"] = _decode_utf8(str(headers.get("name") or ""))
    return make_sign_in(told, "", seen)


def _decode_utf8(header: str) -> str:
    """A header as proxies send names, though the standard reads each byte as a letter (Latin-1)."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


def get_trusted_headers() -> Mapping[str, str]:
    """The headers by which a proxy says who somebody is, and what each tells."""
    return as_mapping(st.get_option("server.trustedUserHeaders"))
