"""Who is using this browser session: signing in, staying signed in, signing out.

Wraps streamlit-authenticator 0.4.2: it is given a dict, never a file (which it would rewrite
carelessly), and it appears only where someone signs in or out, because it mounts a component.
"""

import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jwt
import streamlit as st
import streamlit_authenticator as stauth

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
    if not st.session_state.get("authentication_status"):
        _sign_in_by_cookie()
    username = str(st.session_state.get("username"))
    account = _accounts().get(username)
    if account is None or not st.session_state.get("authentication_status"):
        return None
    person = Person(str(account["email"]), str(account["name"]), Role(str(account["role"])))
    return SignedIn(username, person)


def sign_in_form() -> None:
    """The form; the page is run again as the one who signed in."""
    _authenticator().login(
        key="sign_in",
        fields={"Form name": "Your account", "Login": "Sign in"},
    )
    if st.session_state.get("authentication_status") is False:
        st.error(
            "This name and password do not match. Check both and try again.",
            icon=":material/error:",
        )


def sign_out() -> None:
    """End this browser session: nothing of it stays behind. Let the run end after this."""
    _authenticator().logout(location="unrendered")
    st.session_state.clear()
    # The cookie of this page's opening is still at hand until the page is opened anew.
    st.session_state["logout"] = True
    st.session_state[_JUST_SIGNED_OUT] = True


def just_signed_out() -> bool:
    """Whether the last thing that happened was signing out."""
    return bool(st.session_state.get(_JUST_SIGNED_OUT))


def forget_sign_out() -> None:
    """Something else has happened since."""
    st.session_state.pop(_JUST_SIGNED_OUT, None)


def cookies() -> dict[str, str]:
    """The cookies with which this page was opened (a test has none: AppTest lacks them)."""
    return dict(getattr(st.context, "cookies", {}))


def _sign_in_by_cookie() -> None:
    """Come back as the one whom the authenticator's cookie names.

    The authenticator would do it, too, but mounts a component in each run that asks it, and lets
    the errors of a crafted cookie through.
    """
    cookie = cookies().get(COOKIE)
    if cookie is None or st.session_state.get("logout"):
        return
    try:
        claims = jwt.decode(cookie, _cookie_key(), ["HS256"])
        if float(claims["exp_date"]) <= time.time() or claims["username"] not in _accounts():
            return
    except (jwt.InvalidTokenError, KeyError, TypeError, ValueError):
        return
    st.session_state["authentication_status"] = True
    st.session_state["username"] = claims["username"]


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
        _cookie_key(),
        COOKIE_DAYS,
        auto_hash=False,
        login_sleep_time=0,
    )


def _cookie_key() -> str:
    return backend.current().keys.derive("sign-in cookie").hex()


def _accounts() -> Accounts:
    return _accounts_of(accounts_version(get_settings()))


@lru_cache(maxsize=1)
def _accounts_of(_version: int) -> Accounts:
    return load_accounts(get_settings())
