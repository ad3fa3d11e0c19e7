"""The button to sign out."""

import streamlit as st

from auth.sign_in_mode import SignInMode, get_sign_in_mode
from components.account.sign_in_session import sign_out
from components.ui.i18n import _


def render(*, key: str) -> None:
    """Render the button, or a caption if a proxy signs users in and out."""
    if get_sign_in_mode() is SignInMode.PROXY:
        st.caption(_("Your organisation manages your sign-in."))
    else:
        st.button(
            _("Sign out"), type="tertiary", icon=":material/logout:", key=key, on_click=sign_out
        )
