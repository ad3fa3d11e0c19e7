"""Reads cookies of the browser, and names cookies that only this host may set."""

import streamlit as st


def read_cookie(name: str) -> str:
    """Return the value that a cookie had when the page was opened; "" without that cookie.

    AppTest (Streamlit 1.67) has no cookies.
    """
    return str(getattr(st.context, "cookies", {}).get(name, ""))


def get_full_cookie_name(name: str, *, is_secure: bool) -> str:
    """Return the full name of a cookie: over TLS (``is_secure``) with the prefix ``__Host-``.

    With this prefix, only this host can set the cookie: browsers refuse it from other hosts of the
    domain and over plain HTTP (RFC 6265bis).
    """
    return f"__Host-{name}" if is_secure else name
