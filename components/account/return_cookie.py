"""The cookie that stores which page to open when the user comes back from the OIDC provider."""

from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode

import streamlit as st

from auth.return_target import (
    COOKIE_SECONDS,
    RETURN_COOKIE_READ_KEY,
    ReturnTarget,
    get_return_cookie_name,
)
from components.ui import js_component

_MAX_QUERY_LENGTH: Final = 1000
"""Characters. A longer query is not stored."""


def write(target: ReturnTarget, redirect: Callable[[], None]) -> None:
    """Store the target in the browser, then call ``redirect``."""
    query = target.query if len(target.query) <= _MAX_QUERY_LENGTH else ""
    fields = {
        "is_sign_in": int(target.is_sign_in),
        "page": target.page,
        "query": query,
        "revocation_unsaved": int(target.revocation_unsaved),
    }
    data = {
        "name": get_return_cookie_name(),
        "value": urlencode(fields),
        "seconds": COOKIE_SECONDS,
    }
    js_component.mount(__file__, key="return_cookie", data=data, on_stored_change=redirect)


def clear() -> None:
    """Remove the cookie after the user has come back."""
    if st.session_state.get(RETURN_COOKIE_READ_KEY):
        data = {"name": get_return_cookie_name()}
        js_component.mount(__file__, key="return_cookie_removal", data=data)
