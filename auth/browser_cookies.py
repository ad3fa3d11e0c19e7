"""Read the browser's cookies."""

import streamlit as st


def read_cookie(name: str) -> str:
    """Return the value that a cookie had when the page was opened, or "" (AppTest has none)."""
    return str(getattr(st.context, "cookies", {}).get(name, ""))
