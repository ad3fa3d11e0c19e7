"""Signing in with the name and password of an account, and changing the password.

Passwords are checked by streamlit-authenticator (0.4.2). Its form and cookie are left out: a frame
sets its cookie, which a rerun takes away before it is done, which no server can end, and which
itself reruns the page while someone signs in.
"""

import logging
import secrets
import time
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import jwt

from auth import api_backend
from auth.login_throttle import LoginThrottle
from issue_portal.core import jwt_tokens
from issue_portal.core.accounts import (
    LONGEST_PASSWORD,
    Account,
    AccountsFile,
)
from issue_portal.core.portal_token import Person
from issue_portal.core.settings import get_settings

log = logging.getLogger(__name__)

LIFETIME: Final = 7 * 86_400
"""Seconds a sign-in is good for, unless it is set otherwise."""

_PURPOSE: Final = "sign-in"

# Of a random password that nobody knows.
NOBODYS_HASH: Final = "$2b$12$yfPb.D5DYfkcABTOWHb18uvlrG9wAK1eU6w6sD6aiatVdWzBAewMq"


@dataclass(frozen=True)
class PasswordSignIn:
    """A sign-in with a password. It ends with the password that it was made with."""

    id: str
    username: str
    password: str
    """A fingerprint of the hash of the password."""
    ends_at: float

    def person(self) -> Person | None:
        """Who it is, with the role as it is now; None if the sign-in does not hold (any more)."""
        here = api_backend.get_backend()
        account = get_accounts_file().by_name().get(self.username)
        if account is None or account.disabled:
            return None
        fingerprint = bytes.fromhex(self.password)
        if not here.keys.is_hash(fingerprint, "password", account.password):
            return None
        if self.ends_at < time.time() or here.revoked_sign_ins.has(self.id):
            return None
        return Person(account.email, account.name, account.role)

    def cookie(self) -> str:
        """What the browser keeps of it."""
        claims: dict[str, Any] = {"sub": self.username, "jti": self.id, "pwd": self.password}
        return jwt_tokens.sign(api_backend.get_backend().keys, _PURPOSE, claims, get_lifetime())


def read_sign_in(cookie: str) -> PasswordSignIn | None:
    """The sign-in that a browser has kept."""
    try:
        claims = jwt_tokens.verify(api_backend.get_backend().keys, _PURPOSE, cookie)
        ends_at = claims["iat"] + get_lifetime()
        return PasswordSignIn(claims["jti"], claims["sub"], claims["pwd"], ends_at)
    except (jwt.InvalidTokenError, KeyError):
        return None


def get_lifetime() -> int:
    """Seconds a sign-in is good for."""
    hours = get_settings().sign_in_hours
    return int(hours * 3600) if hours else LIFETIME


@cache
def get_login_throttle() -> LoginThrottle:
    """The attempts of this process; raises `FatalError` if their limits make no sense."""
    return LoginThrottle(get_settings())


def verify_password(username: str, password: str, hashed: str) -> bool:
    """Check a password against a bcrypt hash. Takes a quarter of a second of a core."""
    if len(password.encode()) > LONGEST_PASSWORD:
        return False  # No account has such a password, and bcrypt refuses it.
    # Only now: it warns when it is imported before the portal runs, and takes its time.
    from streamlit_authenticator.controllers import AuthenticationController  # noqa: PLC0415

    controller = AuthenticationController(
        {"usernames": {username: {"password": hashed}}}, auto_hash=False
    )
    return bool(controller.authentication_model.check_credentials(username, password))


def create_sign_in(username: str, account: Account) -> PasswordSignIn:
    """Make a sign-in for an account whose password was checked."""
    fingerprint = api_backend.get_backend().keys.hash("password", account.password).hex()
    ends_at = time.time() + get_lifetime()
    return PasswordSignIn(secrets.token_urlsafe(16), username, fingerprint, ends_at)


def hash_for_throttle(text: str) -> str:
    """Hash a user name or address for the counters of attempts, which must not show it."""
    return api_backend.get_backend().keys.hash("sign-in", text).hex()[:32]


@cache
def get_accounts_file() -> AccountsFile:
    """Return the accounts of this process."""
    return AccountsFile(get_settings())
