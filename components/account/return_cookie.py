"""The note of where a person has gone to sign in or out, kept in a cookie meanwhile."""

from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode

import streamlit as st

from auth import oidc_cookies
from auth.return_target import COOKIE_NAME, COOKIE_SECONDS, READ_KEY, ReturnTarget
from components.ui import js_component

_LONGEST_QUERY: Final = 1000


def write(errand: ReturnTarget, leave: Callable[[], None]) -> None:
    """Note the errand in the browser, and call ``leave`` when that is done."""
    query = errand.query if len(errand.query) <= _LONGEST_QUERY else ""
    told = {"in": int(errand.signing_in), "page": errand.page, "query": query}
    told |= {"copies_hold": int(errand.copies_hold), "change_lost": int(errand.change_lost)}
    data = {
        "name": oidc_cookies.name_host_cookie(COOKIE_NAME),
        "value": urlencode(told),
        "seconds": COOKIE_SECONDS,
    }
    js_component.mount(__file__, key="errand", data=data, on_noted_change=leave)


def clear() -> None:
    """Remove the note of an errand that is over."""
    if st.session_state.get(READ_KEY):
        js_component.mount(
            __file__, key="errand_over", data={"name": oidc_cookies.name_host_cookie(COOKIE_NAME)}
        )
