"""Reads cookies of the browser, and names cookies that only this host may set."""

import streamlit as st


def read_cookie(name: str) -> str:
    """Return the value that a cookie had when the page was opened; "" without that cookie.

    AppTest (Streamlit 1.67) has no cookies.
    """
    return str(getattr(st.context, "cookies", {}).get(name, ""))


def get_full_cookie_name(name: str, *, is_secure: bool) -> str:
    """Return the full name of a cookie that only this host may set, where browsers enforce that.

    Over TLS (``is_secure``) the name begins with ``__Host-``. Browsers then refuse the cookie from
    other hosts of the domain and over plain HTTP (RFC 6265bis). Without TLS it has no prefix.
    """
    return f"__Host-{name}" if is_secure else name
