"""Signs the user of this browser session in and out."""

import streamlit as st

from auth import api_backend, session_lifetime, session_owners, sign_in_cookie
from auth.current_user import ACCOUNT_SIGN_IN_KEY, get_stored_sign_in, identify_sign_in
from auth.password import PasswordSignIn
from auth.sign_in_mode import SignInMode, get_sign_in_mode
from auth.trusted_headers import HEADERS_RECEIVED_AT_KEY
from components.account.sign_in_notices import note_sign_out, note_unsaved_revocation
from components.ui import i18n
from web import streamlit_compat

PENDING_REDIRECT_KEY = "pending_redirect"
"""Session key: name of the provider at which to sign in, or "" to sign out at the provider."""


def complete_sign_in(sign_in: PasswordSignIn) -> None:
    """Use ``sign_in`` in this browser session, and rerun the page."""
    previous = get_stored_sign_in()
    if previous and previous.username != sign_in.username:
        _clear_session()  # The session belongs to another user, whose sign-in has ended.
    st.session_state[ACCOUNT_SIGN_IN_KEY] = sign_in
    session_owners.remember_session_owner(identify_sign_in(sign_in))
    sign_in_cookie.request_cookie(sign_in.make_cookie(), session_lifetime.get_account_lifetime())
    st.rerun()


def sign_out() -> None:
    """Revoke the sign-in and all copies of its cookie, and clear the session.

    The session is cleared and the cookie removed even if revoking fails.
    """
    stored = get_stored_sign_in()
    is_revocation_saved = stored is None
    try:
        if stored:
            revoked_sign_ins = api_backend.get_backend().revoked_sign_ins
            is_revocation_saved = revoked_sign_ins.add(stored.id, stored.ends_at)
    finally:
        _clear_session()
        note_sign_out()
        if not is_revocation_saved:
            note_unsaved_revocation()
        if get_sign_in_mode() is SignInMode.PROVIDER:
            st.session_state[PENDING_REDIRECT_KEY] = ""
        else:
            st.session_state[ACCOUNT_SIGN_IN_KEY] = None
            sign_in_cookie.request_cookie_removal()


def continue_as_visitor() -> None:
    """Continue without a sign-in, after the sign-in of this browser session has ended."""
    _clear_session()
    if get_sign_in_mode() is SignInMode.ACCOUNTS:
        st.session_state[ACCOUNT_SIGN_IN_KEY] = None
        sign_in_cookie.request_cookie_removal()


def _clear_session() -> None:
    language = i18n.get_language()
    received_at = st.session_state.get(HEADERS_RECEIVED_AT_KEY)
    streamlit_compat.clear_session()
    i18n.set_language(language)
    # Keep the time at which the proxy's headers were received: without it, they would count as a
    # new sign-in.
    if received_at is not None:
        st.session_state[HEADERS_RECEIVED_AT_KEY] = received_at
