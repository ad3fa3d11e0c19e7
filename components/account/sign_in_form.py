"""The form to sign in, by password or at a provider."""

import streamlit as st

from auth import oidc
from auth.mode import DEFAULT_PROVIDER, SignInMode, get_sign_in_mode, list_providers
from auth.return_target import ReturnTarget
from components.account import password_form, return_cookie, sign_out_button
from components.account.sign_in_session import LEAVING_KEY, begin
from components.account.sign_out_outcome import NOT_SIGNED_IN_KEY, change_is_lost, copies_may_hold
from components.report import embed
from components.ui import plain_text
from components.ui.i18n import _


def render(errand: ReturnTarget) -> None:
    """What signs in. With a password the page is run again as the one who signed in; at a provider
    the person leaves for ``errand``, and comes back to a new session.
    """
    if embed.is_embedded():
        # A provider refuses to be framed, and browsers keep no cookie for a frame.
        embed.render_page_link("sign_in", label=_("Sign in"), icon=":material/login:")
    elif get_sign_in_mode() is not SignInMode.ACCOUNTS:
        _sign_in_elsewhere(errand)
    elif begun := password_form.render_password_form():
        begin(begun)


def _sign_in_elsewhere(errand: ReturnTarget) -> None:
    here = oidc.get_provider_sign_in()
    if here and here.holds():
        st.error(
            _(
                "You are signed in as {address}, which gives you no access here. Ask an operator"
                " for it, or sign out and sign in as somebody else."
            ).format(address=plain_text.format_code(here.username or here.name or "?")),
            icon=":material/block:",
        )
        sign_out_button.render()
        return
    if get_sign_in_mode() is SignInMode.PROXY:
        st.info(
            _(
                "Your organisation signs you in before you get here, and has not done so."
                " Reload the page; if this stays, tell an operator."
            )
        )
        return
    if st.session_state.get(NOT_SIGNED_IN_KEY):
        st.error(
            _("You were not signed in: it was refused, or not finished. Try again."),
            icon=":material/error:",
        )
    with st.container(key="providers", horizontal=True, width="content"):
        for name in list_providers():
            words = _("Sign in with {provider}").format(provider=name.title())
            label = _("Sign in") if name == DEFAULT_PROVIDER else words
            key, icon = f"sign_in_{name}", ":material/login:"
            st.button(label, key=key, type="primary", icon=icon, on_click=_leave_for, args=(name,))
    if LEAVING_KEY in st.session_state:
        signing_in = bool(st.session_state[LEAVING_KEY])
        leaving = ReturnTarget(
            signing_in=False, copies_hold=copies_may_hold(), change_lost=change_is_lost()
        )
        return_cookie.note(errand if signing_in else leaving, _leave)


def _leave_for(name: str) -> None:
    st.session_state[LEAVING_KEY] = name


def _leave() -> None:
    if LEAVING_KEY not in st.session_state:
        return  # The browser said twice that it may.
    name = st.session_state.pop(LEAVING_KEY)
    if name:
        st.login(name)
    else:
        st.logout()
