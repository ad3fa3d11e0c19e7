"""The button to sign out."""

from collections.abc import Callable

import streamlit as st

from auth.sign_in_mode import SignInMode, get_sign_in_mode
from components.account.sign_in_session import sign_out
from components.ui.i18n import _


def render(send_pending: Callable[[], bool] = lambda: True) -> None:
    """Render the button, or a caption if a proxy signs users in and out.

    The button first calls ``send_pending``, which returns whether all pending changes were saved.
    """
    if get_sign_in_mode() is SignInMode.PROXY:
        st.caption(_("Your organisation manages your sign-in."))
    else:
        st.button(_("Sign out"), icon=":material/logout:", on_click=sign_out, args=(send_pending,))
