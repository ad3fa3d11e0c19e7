"""The preferences of this browser, such as the density of a list, in one cookie."""

from typing import Final
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from auth import browser_cookies
from components.ui import js_component

COOKIE: Final = "issue_portal_preferences"
COOKIE_SECONDS: Final = 365 * 86_400
_MAX_LENGTH: Final = 200
_PREFERENCES_KEY: Final = "preferences"
_IS_CHANGED_KEY: Final = "preferences_changed"


def read(name: str) -> str:
    """Return a preference, or "" if the person has not chosen any."""
    return _get().get(name, "")


def store(name: str, value: str) -> None:
    """Remember a preference; "" forgets it."""
    preferences = _get()
    if preferences.get(name, "") != value:
        preferences[name] = value
        st.session_state[_IS_CHANGED_KEY] = True


def mount_script() -> None:
    """Write changed preferences to the cookie. The page calls this once on each run."""
    if _IS_CHANGED_KEY in st.session_state:
        chosen = {name: value for name, value in _get().items() if value}
        data = {"cookie": COOKIE, "value": urlencode(chosen), "seconds": COOKIE_SECONDS}
        js_component.mount(__file__, key="preferences_cookie", data=data)


def _get() -> dict[str, str]:
    if _PREFERENCES_KEY not in st.session_state:
        cookie = browser_cookies.read_cookie(COOKIE)[:_MAX_LENGTH]
        st.session_state[_PREFERENCES_KEY] = dict(parse_qsl(cookie))
    preferences: dict[str, str] = st.session_state[_PREFERENCES_KEY]
    return preferences
