"""The form to change the password of an account."""

import logging

import streamlit as st

from auth.current_user import get_sign_in
from auth.password import PasswordSignIn, create_sign_in
from auth.password_queue import password_check_queue
from components.account.password_check import (
    check_account_password,
    hash_client_address,
    render_busy_error,
)
from components.account.sign_in_session import complete_sign_in
from components.ui import fault_line, focus, labels, messages
from components.ui.i18n import _
from issue_portal.core import accounts
from issue_portal.core.accounts import Account, edit_accounts, find_password_fault
from issue_portal.core.settings import get_settings

log = logging.getLogger(__name__)


def _render_form(sign_in: PasswordSignIn) -> PasswordSignIn | None:
    """Render the form; return the new sign-in once the password is changed.

    Saving the new password ends ``sign_in``.
    """
    username = sign_in.username
    # The key contains the sign-in, so that the next user does not see the typed passwords.
    suffix = sign_in.id.replace("_", "-")  # "__" separates the keys of a fault.
    old_key, new_key = f"old_password_{suffix}", f"new_password_{suffix}"
    with st.form(f"change_password_{sign_in.id}", border=False):
        old = st.text_input(
            _("Current password"), type="password", autocomplete="current-password", key=old_key
        )
        old_slot = st.empty()
        new = st.text_input(
            _("New password"), type="password", autocomplete="new-password", key=new_key
        )
        new_slot = st.empty()
        st.caption(_("You'll be signed out everywhere else."))
        is_submitted = st.form_submit_button(_("Save new password"))
    if not is_submitted:
        return None
    account = check_account_password(
        username,
        old,
        wrong=_("The current password is wrong."),
        fault_slot=old_slot,
        field_key=old_key,
    )
    if account is None:
        focus.move_to(old_key)
        return None
    if new == old.strip():
        text = _("This is already your password. Choose a new one.")
        fault_line.render(new_slot, text, new_key)
        focus.move_to(new_key)
        return None
    with password_check_queue.take_turn(hash_client_address()) as has_turn:
        if not has_turn:
            render_busy_error()
            return None
        fault = find_password_fault(new, username, account.email, account.name)
    if fault:
        fault_line.render(new_slot, labels.explain_password_fault(fault), new_key)
        focus.move_to(new_key)
        return None
    changed = account.model_copy(update={"password": accounts.hash_password(new)})
    return create_sign_in(username, changed) if _save_account(username, account, changed) else None


def _save_account(username: str, account: Account, changed: Account) -> bool:
    """Replace an account in the accounts file. If that fails, show why and return False."""
    try:
        with edit_accounts(get_settings()) as stored:
            if stored.get(username) != account:
                st.error(
                    _("Your account has changed in the meantime. Try again."),
                    icon=":material/error:",
                )
                return False
            stored[username] = changed
    except OSError as error:
        log.error("a new password cannot be saved: %s", error.strerror)
        st.error(
            _(
                "We couldn't save your new password, so the old one still works. Contact your"
                " administrator."
            ),
            icon=":material/error:",
        )
        return False
    return True


def render() -> None:
    """Render the form, folded, if the user has signed in with a password.

    Submitting the form changes the password and signs the user in again.
    """
    sign_in = get_sign_in()
    if not isinstance(sign_in, PasswordSignIn):
        return
    with st.expander(_("Change password"), icon=":material/key:"):
        new_sign_in = _render_form(sign_in)
    if new_sign_in:
        messages.show_on_next_run(_("Password changed"))
        complete_sign_in(new_sign_in)
