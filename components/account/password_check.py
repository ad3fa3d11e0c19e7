"""Checks a user's password, and shows why a sign-in attempt was refused."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from auth.password import (
    NOBODYS_HASH,
    find_alias,
    get_accounts_file,
    get_login_throttle,
    hash_for_throttle,
    verify_password,
)
from auth.password_queue import password_check_queue
from components.ui import fault_line, i18n
from components.ui.i18n import _
from issue_portal.core.accounts import Account
from issue_portal.core.client_address import make_client_key


def check_account_password(
    username: str,
    password: str,
    *,
    wrong: str,
    fault_slot: DeltaGenerator,
    field_key: str,
    entered: str = "",
) -> Account | None:
    """Return the account if the password is right; else show the reason and return None.

    ``wrong`` is the message for a wrong password, and ``fault_slot`` the element below the field
    ``field_key`` in which it is shown. ``entered`` is what the person typed in place of
    ``username``. An attacker cannot find out whether an account exists: message, response time and
    limits are the same.
    """

    def show(text: str) -> None:
        fault_line.render(fault_slot, text, field_key)

    address = hash_client_address()
    name, alias = hash_for_throttle(username), find_alias(username, entered)
    attempt = name, address, hash_for_throttle(alias) if alias else ""
    if seconds := get_login_throttle().start_attempt(*attempt):
        text = _("Too many wrong passwords. Try again in {time}.")
        show(text.format(time=i18n.format_duration(seconds)))
        return None
    account = get_accounts_file().get_all().get(username)
    with password_check_queue.take_turn(address) as has_turn:
        if not has_turn:
            show(_("Too many people are signing in. Try again in a moment."))
            return None
        is_right = verify_password(
            username, password.strip(), account.password if account else NOBODYS_HASH
        )
    if account is None or account.disabled or not is_right:
        get_login_throttle().record_failure(*attempt)
        show(wrong)
        return None
    get_login_throttle().record_success(name, address)
    return account


def hash_client_address() -> str:
    """Return the hash of the browser's address, under which sign-in attempts are counted."""
    return hash_for_throttle(make_client_key(st.context.ip_address))


def render_busy_error() -> None:
    """Show that too many users are signing in at once."""
    st.error(_("Too many people are signing in. Try again in a moment."), icon=":material/error:")
