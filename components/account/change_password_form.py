"""The form to change the password."""

import logging
from collections.abc import Callable

import streamlit as st

from auth.current_user import get_sign_in
from auth.password import PasswordSignIn, create_sign_in, hash_for_throttle
from auth.password_queue import password_checks
from components.account.password_check import checked_account, tell_to_wait
from components.account.sign_in_session import begin
from components.ui import labels, messages
from components.ui.i18n import _
from issue_portal.core import accounts
from issue_portal.core.accounts import edit_accounts, find_password_fault
from issue_portal.core.client_address import normalize_address
from issue_portal.core.settings import get_settings

log = logging.getLogger(__name__)


def _change_form(now: PasswordSignIn, before: Callable[[], object]) -> PasswordSignIn | None:
    """The form to change the password; returns the sign-in that takes the place of this one.

    ``before`` is called while this sign-in still holds.
    """
    username = now.username
    # Another form for another sign-in: what was typed does not stay.
    with st.form(f"change_password_{now.id}", border=False):
        old = st.text_input(_("Current password"), type="password", autocomplete="current-password")
        new = st.text_input(_("New password"), type="password", autocomplete="new-password")
        st.caption(_("It ends your sign-ins in other browsers."))
        asked = st.form_submit_button(_("Save new password"))
    if not asked:
        return None
    account = checked_account(username, old, wrong=_("The current password is not right."))
    if account is None:
        return None
    if new == old.strip():
        st.error(_("This is the password that you have."), icon=":material/error:")
        return None
    with password_checks.turn(hash_for_throttle(normalize_address(st.context.ip_address))) as is_on:
        if not is_on:
            tell_to_wait()
            return None
        fault = find_password_fault(new, username, account.email, account.name)
    if fault:
        st.error(labels.explain_password_fault(fault), icon=":material/error:")
        return None
    changed = account.model_copy(update={"password": accounts.hash_password(new)})
    before()
    try:
        with edit_accounts(get_settings()) as known:
            if known.get(username) != account:
                st.error(_("Your account was changed in the meantime."), icon=":material/error:")
                return None
            known[username] = changed
    except OSError as error:
        log.error("a new password cannot be written: %s", error.strerror)
        st.error(
            _("Your new password could not be saved; the old one still works. Tell an operator."),
            icon=":material/error:",
        )
        return None
    return create_sign_in(username, changed)


def render(before: Callable[[], object]) -> None:
    """A folded form that does ``before`` and changes the password, for those who have one here."""
    sign_in = get_sign_in()
    if not isinstance(sign_in, PasswordSignIn):
        return
    with st.expander(_("Change password"), icon=":material/key:"):
        changed = _change_form(sign_in, before)
    if changed:
        messages.show_next_run(_("Your password is changed."))
        begin(changed)
