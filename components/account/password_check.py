"""Checks a user's password, and shows why a sign-in attempt was refused."""

import streamlit as st

from auth.password import (
    NOBODYS_HASH,
    get_accounts_file,
    get_login_throttle,
    hash_for_throttle,
    verify_password,
)
from auth.password_queue import password_check_queue
from components.ui import i18n
from components.ui.i18n import _
from issue_portal.core.accounts import Account
from issue_portal.core.client_address import make_client_key


def check_account_password(username: str, password: str, *, wrong: str) -> Account | None:
    """Return the account if the password is right; else show the reason and return None.

    ``wrong`` is the message for a wrong password. An attacker cannot find out whether an account
    exists: message and response time are the same.
    """
    address = hash_client_address()
    attempt = hash_for_throttle(username), address
    if seconds := get_login_throttle().start_attempt(*attempt):
        st.error(
            _("Too many wrong passwords. Try again in {time}.").format(
                time=i18n.format_duration(seconds)
            ),
            icon=":material/hourglass_top:",
        )
        return None
    account = get_accounts_file().get_all().get(username)
    with password_check_queue.take_turn(address) as has_turn:
        if not has_turn:
            render_busy_error()
            return None
        is_right = verify_password(
            username, password.strip(), account.password if account else NOBODYS_HASH
        )
    if account is None or account.disabled or not is_right:
        get_login_throttle().record_failure(*attempt)
        st.error(wrong, icon=":material/error:")
        return None
    get_login_throttle().record_success(*attempt)
    return account


def hash_client_address() -> str:
    """Return the hash of the browser's address, under which sign-in attempts are counted."""
    return hash_for_throttle(make_client_key(st.context.ip_address))


def render_busy_error() -> None:
    """Show that too many users are signing in at once."""
    st.error(
        _("Too many people are signing in. Try again in a moment."),
        icon=":material/hourglass_top:",
    )
