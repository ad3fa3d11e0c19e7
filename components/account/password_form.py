"""The form to sign in with a username and password."""

import streamlit as st

from auth.password import PasswordSignIn, create_sign_in
from components.account.password_check import check_account_password
from components.ui.i18n import _


def render_password_form() -> PasswordSignIn | None:
    """Render the form; return the sign-in once username and password are right."""
    with st.form("sign_in"):
        username = st.text_input(_("Username"), autocomplete="username")
        password = st.text_input(_("Password"), type="password", autocomplete="current-password")
        is_submitted = st.form_submit_button(_("Sign in"), type="primary", icon=":material/login:")
    if not is_submitted:
        return None
    username = username.strip().lower()
    account = check_account_password(
        username,
        password,
        wrong=_("Wrong username or password."),
    )
    return create_sign_in(username, account) if account else None
