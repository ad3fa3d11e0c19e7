"""The form to sign in, with a password or at an OIDC provider."""

import streamlit as st

from auth import current_user
from auth.return_target import ReturnTarget
from auth.sign_in_mode import DEFAULT_PROVIDER, SignInMode, get_sign_in_mode, list_providers
from components.account import password_form, return_cookie, sign_out_button
from components.account.sign_in_notices import has_sign_in_failed, is_revocation_unsaved
from components.account.sign_in_session import PENDING_REDIRECT_KEY, complete_sign_in
from components.report import embed, report_state
from components.ui import plain_text
from components.ui.i18n import _


def render(target: ReturnTarget) -> None:
    """Render the form; inside a frame, a link to the sign-in page.

    After a sign-in with a password, the page reruns. After a sign-in at a provider, a new session
    opens ``target``.
    """
    if report_state.get_sign_in_click_id():
        st.info(_("Your report will be sent as soon as you sign in."), icon=":material/send:")
    if embed.is_embedded():
        # Providers refuse to be framed, and browsers block cookies in frames of other sites.
        embed.render_page_link("sign_in", label=_("Sign in"), icon=":material/login:")
    elif get_sign_in_mode() is not SignInMode.ACCOUNTS:
        _render_provider_form(target)
    elif sign_in := password_form.render_password_form():
        complete_sign_in(sign_in)


def _render_provider_form(target: ReturnTarget) -> None:
    sign_in = current_user.get_external_sign_in()
    if sign_in and sign_in.is_valid():
        st.error(
            _(
                "You're signed in as {address}, which has no access here. Contact your"
                " administrator, or sign in with another account."
            ).format(address=plain_text.format_code(sign_in.username or sign_in.name or "?")),
            icon=":material/block:",
        )
        sign_out_button.render(key="sign_out_without_access")
        return
    if get_sign_in_mode() is SignInMode.PROXY:
        st.info(
            _(
                "Your organisation hasn't signed you in. Reload the page; if it keeps"
                " happening, contact your administrator."
            )
        )
        return
    if has_sign_in_failed():
        st.error(
            _("Sign-in was refused or didn't finish. Try again."),
            icon=":material/error:",
        )
    _render_provider_buttons()
    if PENDING_REDIRECT_KEY in st.session_state:
        _store_return_target(target)


def _store_return_target(target: ReturnTarget) -> None:
    """Store the page to return to, then start the redirect.

    The redirect signs the user in, or signs out a user who pressed "Sign out" on any page. After a
    sign-in, the user returns to ``target``; after a sign-out, to the sign-in page.
    """
    is_sign_out = st.session_state[PENDING_REDIRECT_KEY] == ""
    if is_sign_out:
        target = ReturnTarget(is_sign_in=False, revocation_unsaved=is_revocation_unsaved())
    return_cookie.write(target, _start_redirect)


def _choose_provider(name: str) -> None:
    st.session_state[PENDING_REDIRECT_KEY] = name


def _start_redirect() -> None:
    if PENDING_REDIRECT_KEY not in st.session_state:
        return  # Already started: the browser has reported twice that it stored the cookie.
    name = st.session_state.pop(PENDING_REDIRECT_KEY)
    if name:
        st.login(name)
    else:
        st.logout()


def _render_provider_buttons() -> None:
    with st.container(key="providers", horizontal=True, width="content"):
        for name in list_providers():
            named_label = _("Sign in with {provider}").format(provider=name.title())
            st.button(
                _("Sign in") if name == DEFAULT_PROVIDER else named_label,
                key=f"sign_in_{name}",
                type="primary",
                icon=":material/login:",
                on_click=_choose_provider,
                args=(name,),
            )
