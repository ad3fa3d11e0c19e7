"""Sign in and out, in this browser session."""

from collections.abc import Callable

import streamlit as st

from auth import api_backend, oidc, password, session_owners, sign_in_cookie
from auth.current_user import SIGN_IN_KEY, get_stored_sign_in, identify_sign_in
from auth.mode import SignInMode, get_sign_in_mode
from auth.password import PasswordSignIn
from components.account.sign_out_outcome import (
    note_sign_out,
    note_that_change_is_lost,
    note_that_copies_may_hold,
)
from components.ui import i18n

LEAVING_KEY = "leaving"
"""The provider where one is about to sign in, or nothing to sign out."""


def begin(sign_in: PasswordSignIn) -> None:
    """Sign somebody in, in this browser session, and rerun the page."""
    before = get_stored_sign_in()
    if before and before.username != sign_in.username:
        _clear()  # It was ended elsewhere, and this is somebody else.
    st.session_state[SIGN_IN_KEY] = sign_in
    session_owners.remember_session_owner(identify_sign_in(sign_in))
    sign_in_cookie.request_cookie(sign_in.cookie(), password.get_lifetime())
    st.rerun()


def sign_out(before: Callable[[], bool]) -> None:
    """End the sign-in, in this browser and in any that has a copy: nothing stays behind.

    Whatever fails, the session of this browser and its cookie are ended.
    """
    found, is_noted, is_saved = get_stored_sign_in(), True, False
    try:
        try:
            is_saved = before()
        finally:
            if found:
                is_noted = False
                is_noted = api_backend.get_backend().ended.add(found.id, found.ends_at)
    finally:
        _clear()
        note_sign_out()
        if not is_noted:
            note_that_copies_may_hold()
        if not is_saved:
            note_that_change_is_lost()
        if get_sign_in_mode() is SignInMode.PROVIDER:
            st.session_state[LEAVING_KEY] = ""
        else:
            st.session_state[SIGN_IN_KEY] = None
            sign_in_cookie.request_cookie_removal()


def go_on_without() -> None:
    """Be a visitor from now on: the sign-in of this tab has ended, and is not looked for again."""
    _clear()
    if get_sign_in_mode() is SignInMode.ACCOUNTS:
        st.session_state[SIGN_IN_KEY] = None
        sign_in_cookie.request_cookie_removal()


def _clear() -> None:
    chosen = i18n.get_language()
    seen = st.session_state.get(oidc.PROXY_SEEN_KEY)
    st.session_state.clear()
    i18n.set_language(chosen)
    if seen is not None:  # What a proxy has said does not get younger.
        st.session_state[oidc.PROXY_SEEN_KEY] = seen
