"""Check a password, and show the person what is wrong."""

import streamlit as st

from auth.password import (
    NOBODYS_HASH,
    get_accounts_file,
    get_login_throttle,
    hash_for_throttle,
    verify_password,
)
from auth.password_queue import password_checks
from components.ui import i18n
from components.ui.i18n import _
from issue_portal.core.accounts import (
    Account,
)
from issue_portal.core.client_address import normalize_address


def checked_account(username: str, password: str, *, wrong: str) -> Account | None:
    """The account if the password is right; else tells ``wrong``, or how long to wait.

    The answer and its time are the same whether there is such an account or not.
    """
    address = hash_for_throttle(normalize_address(st.context.ip_address))
    who = hash_for_throttle(username), address
    if seconds := get_login_throttle().begin(*who):
        st.error(
            _("There were too many wrong passwords. Wait {time} and try again.").format(
                time=i18n.format_duration(seconds)
            ),
            icon=":material/hourglass_top:",
        )
        return None
    account = get_accounts_file().get_all().get(username)
    with password_checks.turn(address) as is_on:
        if not is_on:
            tell_to_wait()
            return None
        fits = verify_password(
            username, password.strip(), account.password if account else NOBODYS_HASH
        )
    if account is None or account.disabled or not fits:
        get_login_throttle().failed(*who)
        st.error(wrong, icon=":material/error:")
        return None
    get_login_throttle().succeeded(*who)
    return account


def tell_to_wait() -> None:
    """Show that too many people are signing in."""
    st.error(
        _("Too many people are signing in. Try again in a moment."),
        icon=":material/hourglass_top:",
    )
