"""The form to sign in with a username or email address, and a password."""

import streamlit as st

from auth.password import PasswordSignIn, create_sign_in, resolve_username
from components.account.password_check import check_account_password
from components.ui import js_component
from components.ui.i18n import _


def render_password_form() -> PasswordSignIn | None:
    """Render the form; return the sign-in once name or address, and password are right."""
    with st.form("sign_in", border=False):
        entered = st.text_input(_("Username or email"), key="sign_in_name", autocomplete="username")
        password = st.text_input(
            _("Password"),
            type="password",
            key="sign_in_password",
            autocomplete="current-password",
        )
        fault_slot = st.empty()
        is_submitted = st.form_submit_button(_("Sign in"), type="primary")
        st.caption(_("Forgot it? Ask your administrator."))
    js_component.mount(__file__, key="sign_in_focus")
    if not is_submitted:
        return None
    entered = entered.strip().lower()
    username = resolve_username(entered)
    account = check_account_password(
        username,
        password,
        wrong=_("Wrong username or password."),
        fault_slot=fault_slot,
        field_key="sign_in_password",
        entered=entered,
    )
    return create_sign_in(username, account) if account else None
