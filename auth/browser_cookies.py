"""Cookies of the browser: their values, and names that no other host can set."""

import streamlit as st


def read_cookie(name: str) -> str:
    """Return the value that a cookie had when the page was opened, or "" (AppTest has none)."""
    return str(getattr(st.context, "cookies", {}).get(name, ""))


def name_host_cookie(name: str, *, is_secure: bool) -> str:
    """Return the full name of a cookie that only this host may set, where browsers enforce that.

    Over TLS (``is_secure``) the prefix ``__Host-`` stops other hosts of the domain from setting it,
    and plain HTTP too (RFC 6265bis). Without TLS the name has no prefix.
    """
    return f"__Host-{name}" if is_secure else name
