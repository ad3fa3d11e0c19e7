"""Who is using this browser session: signing in, staying signed in, signing out.

Wraps streamlit-authenticator 0.4.2: it is given a dict, never a file (it would rewrite it without
care), it only appears on pages that need it (it mounts a component), and what it makes of a
crafted cookie stays here.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jwt
import streamlit as st
import streamlit_authenticator as stauth
from streamlit_authenticator.utilities import LoginError

from api.contract import Role
from api.first_run import Accounts, accounts_version, load_accounts
from api.portal_token import Person
from api.settings import get_settings
from components import backend

COOKIE = "issue_portal"
COOKIE_DAYS = 7.0
_JUST_SIGNED_OUT = "just_signed_out"


@dataclass(frozen=True)
class SignedIn:
    """The account behind this browser session."""

    username: str
    person: Person


def current() -> SignedIn | None:
    """Who is signed in, or None for a visitor. The role is read anew each time."""
    if not st.session_state.get("authentication_status") and _has_cookie():
        _sign_in_by_cookie()
    if not st.session_state.get("authentication_status"):
        return None
    username = str(st.session_state.get("username"))
    account = _accounts().get(username)
    if account is None:
        _forget()
        return None
    person = Person(str(account["email"]), str(account["name"]), Role(str(account["role"])))
    return SignedIn(username, person)


def sign_in_form() -> None:
    """The form; the page is run again as the one who signed in."""
    _authenticator().login(
        key="sign_in",
        fields={"Form name": "Sign in", "Login": "Sign in"},
    )
    if st.session_state.get("authentication_status") is False:
        st.error(
            "This name and password do not match. Check both and try again.",
            icon=":material/error:",
        )


def sign_out() -> None:
    """End this browser session: nothing of it stays behind."""
    authenticator = _authenticator()
    authenticator.logout(location="unrendered")
    _forget()
    # The cookie of this page's opening is still at hand until the page is opened anew.
    st.session_state["logout"] = True
    st.session_state[_JUST_SIGNED_OUT] = True


def just_signed_out() -> bool:
    """Whether the last thing that happened was signing out; true only once."""
    return bool(st.session_state.pop(_JUST_SIGNED_OUT, False))


def _forget() -> None:
    st.session_state.clear()
    st.session_state["authentication_status"] = None


def _has_cookie() -> bool:
    return not st.session_state.get("logout") and COOKIE in cookies()


def cookies() -> dict[str, str]:
    """The cookies with which this page was opened (a test has none: AppTest lacks them)."""
    return dict(getattr(st.context, "cookies", {}))


def _sign_in_by_cookie() -> None:
    try:
        _authenticator().login(location="unrendered")
    except (LoginError, jwt.InvalidTokenError, KeyError, TypeError):
        st.session_state["authentication_status"] = None
        st.session_state["logout"] = True


def _authenticator() -> Any:
    users = {
        name: {
            "email": account["email"],
            "name": account["name"],
            "password": account["password"],
        }
        for name, account in _accounts().items()
    }
    return stauth.Authenticate(
        {"usernames": users},
        COOKIE,
        backend.current().keys.derive("sign-in cookie").hex(),
        COOKIE_DAYS,
        auto_hash=False,
        login_sleep_time=0,
    )


def _accounts() -> Accounts:
    return _accounts_of(accounts_version(get_settings()))


@lru_cache(maxsize=1)
def _accounts_of(_version: int) -> Accounts:
    return load_accounts(get_settings())
