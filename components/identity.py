"""Who is using this browser session: signing in, staying signed in, signing out.

Passwords are checked by streamlit-authenticator (0.4.2). Its form and cookie are left out: a frame
sets its cookie, which a rerun takes away before it is done, and which itself reruns the page while
someone signs in.
"""

import time
from dataclasses import dataclass
from functools import cache
from typing import Final

import jwt
import streamlit as st

from api.accounts import Accounts, AccountsFile
from api.portal_token import Person
from api.settings import get_settings
from components import backend, cookies, language
from components.language import _

COOKIE: Final = "issue_portal"
COOKIE_SECONDS: Final = 7 * 86_400

_USERNAME = "signed_in_username"
_NEW_COOKIE = "new_cookie"
_JUST_SIGNED_OUT = "just_signed_out"
# Of a random password that nobody knows.
_NOBODYS_HASH = "$2b$12$yfPb.D5DYfkcABTOWHb18uvlrG9wAK1eU6w6sD6aiatVdWzBAewMq"


@dataclass(frozen=True)
class SignedIn:
    """The account behind this browser session."""

    username: str
    person: Person


def current() -> SignedIn | None:
    """Who is signed in, or None for a visitor. The role is read anew each time."""
    if _USERNAME not in st.session_state:
        st.session_state[_USERNAME] = _username_in(cookies.read(COOKIE))
    return _signed_in(st.session_state[_USERNAME])


def signed_in_by(cookie: str) -> SignedIn | None:
    """Whose sign-in cookie this is, if it still holds: for requests beside the pages."""
    return _signed_in(_username_in(cookie))


def _signed_in(username: str) -> SignedIn | None:
    account = _accounts().get(username)
    if account is None or account.disabled:
        return None
    return SignedIn(username, Person(account.email, account.name, account.role))


def sign_in_form() -> None:
    """The form; the page is run again as the one who signed in."""
    with st.form("sign_in"):
        username = st.text_input(_("Username"), autocomplete="username")
        password = st.text_input(_("Password"), type="password", autocomplete="current-password")
        asked = st.form_submit_button(_("Sign in"), type="primary", icon=":material/login:")
    if not asked:
        return
    username = username.strip().lower()
    if not _password_fits(username, password):
        st.error(
            _("This name and password do not match. Check both and try again."),
            icon=":material/error:",
        )
        return
    st.session_state[_USERNAME] = username
    st.session_state[_NEW_COOKIE] = _make_cookie(username)
    st.rerun()


def sign_out() -> None:
    """End this browser session: nothing of it stays behind."""
    chosen = language.current()
    st.session_state.clear()
    language.choose(chosen)
    st.session_state[_USERNAME] = ""
    st.session_state[_NEW_COOKIE] = ""
    st.session_state[_JUST_SIGNED_OUT] = True


def just_signed_out() -> bool:
    """Whether the last thing that happened was signing out."""
    return bool(st.session_state.get(_JUST_SIGNED_OUT))


def forget_sign_out() -> None:
    """Something else has happened since."""
    st.session_state.pop(_JUST_SIGNED_OUT, None)


def keep_cookie() -> None:
    """Bring the browser's cookie in line with who signed in or out since the page was opened."""
    if _NEW_COOKIE in st.session_state:
        cookies.keep(COOKIE, st.session_state[_NEW_COOKIE], COOKIE_SECONDS, key="cookie")


def _password_fits(username: str, password: str) -> bool:
    account = _accounts().get(username)
    # An unknown name costs as much time as a known one: time must not tell who has an account.
    # Only now: it warns when it is imported before the portal runs, and takes its time.
    from streamlit_authenticator.controllers import AuthenticationController  # noqa: PLC0415

    hashed = account.password if account else _NOBODYS_HASH
    controller = AuthenticationController(
        {"usernames": {username: {"password": hashed}}}, auto_hash=False
    )
    fits = controller.authentication_model.check_credentials(username, password.strip())
    return bool(fits) and account is not None and not account.disabled


def _make_cookie(username: str) -> str:
    now = int(time.time())
    claims = {"sub": username, "iat": now, "exp": now + COOKIE_SECONDS}
    return jwt.encode(claims, _cookie_key(), "HS256")


def _username_in(cookie: str) -> str:
    try:
        claims = jwt.decode(
            cookie,
            _cookie_key(),
            algorithms=["HS256"],
            options={"require": ["sub", "iat", "exp"]},
        )
    except jwt.InvalidTokenError:
        return ""
    return str(claims["sub"])


def _cookie_key() -> bytes:
    return backend.current().keys.derive("sign-in cookie")


@cache
def _file() -> AccountsFile:
    return AccountsFile(get_settings())


def _accounts() -> Accounts:
    return _file().by_name()
