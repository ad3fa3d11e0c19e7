"""Cookies of this browser: read as they were when the page was opened, set by a script."""

import streamlit as st

from components import frontend


def read(name: str) -> str:
    """The value of a cookie, or nothing (a test has none: AppTest lacks them)."""
    return str(getattr(st.context, "cookies", {}).get(name, ""))


def keep(name: str, value: str, seconds: int, *, key: str) -> None:
    """Set a cookie, or remove it with an empty value; ``key`` names the element that does."""
    frontend.element("cookie")(key=key, data={"name": name, "value": value, "seconds": seconds})
