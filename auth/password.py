"""Sign-in with the user name and password of an account.

streamlit-authenticator (0.4.2) checks the passwords. The portal does not use that library's form
and cookie: an iframe sets the cookie, and a rerun can remove the iframe too early; the iframe
reruns the page during a sign-in; and the server cannot revoke the cookie.
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
from auth.session_lifetime import get_account_lifetime
from issue_portal.core import jwt_tokens
from issue_portal.core.accounts import LONGEST_PASSWORD, Account, AccountsFile
from issue_portal.core.portal_token import Person
from issue_portal.core.settings import get_settings

log = logging.getLogger(__name__)

_PURPOSE: Final = "sign-in"

NOBODYS_HASH: Final = "$2b$12$yfPb.D5DYfkcABTOWHb18uvlrG9wAK1eU6w6sD6aiatVdWzBAewMq"
"""Hash of a random password. The portal checks the passwords of unknown user names against this
hash, so that the response time does not reveal which names exist.
"""


@dataclass(frozen=True)
class PasswordSignIn:
    """A sign-in with a password. It ends when the password changes."""

    id: str
    username: str
    password_fingerprint: str
    """Keyed hash of the account's password hash, as hex digits."""
    ends_at: float

    def get_person(self) -> Person | None:
        """Return the user with their current role; None once the sign-in is no longer valid."""
        backend = api_backend.get_backend()
        account = get_accounts_file().get_all().get(self.username)
        if account is None or account.disabled:
            return None
        fingerprint = bytes.fromhex(self.password_fingerprint)
        if not backend.keys.matches_hash(fingerprint, "password", account.password):
            return None
        if self.ends_at < time.time() or backend.revoked_sign_ins.contains(self.id):
            return None
        return Person(account.email, account.name, account.role)

    def make_cookie(self) -> str:
        """Return the signed cookie value from which `read_sign_in` restores the sign-in."""
        claims: dict[str, Any] = {
            "sub": self.username,
            "jti": self.id,
            "pwd": self.password_fingerprint,
        }
        return jwt_tokens.sign(
            api_backend.get_backend().keys, _PURPOSE, claims, get_account_lifetime()
        )


def read_sign_in(cookie: str) -> PasswordSignIn | None:
    """Return the sign-in in a cookie value; None if the value is not valid."""
    try:
        claims = jwt_tokens.verify(api_backend.get_backend().keys, _PURPOSE, cookie)
        ends_at = claims["iat"] + get_account_lifetime()
        return PasswordSignIn(claims["jti"], claims["sub"], claims["pwd"], ends_at)
    except (jwt.InvalidTokenError, KeyError):
        return None


@cache
def get_login_throttle() -> LoginThrottle:
    """Return the throttle of this process; raises `FatalError` if its limits are invalid."""
    return LoginThrottle(get_settings())


def verify_password(username: str, password: str, hashed: str) -> bool:
    """Return whether a password matches a bcrypt hash.

    The check keeps a processor core busy for a quarter of a second.
    """
    if len(password.encode()) > LONGEST_PASSWORD:
        return False  # bcrypt refuses longer passwords, so no account has one.
    # Import late: the import is slow, and warns if the portal does not run yet.
    from streamlit_authenticator.controllers import AuthenticationController  # noqa: PLC0415

    controller = AuthenticationController(
        {"usernames": {username: {"password": hashed}}}, auto_hash=False
    )
    return bool(controller.authentication_model.check_credentials(username, password))


def create_sign_in(username: str, account: Account) -> PasswordSignIn:
    """Create a sign-in for an account. The caller must have checked the password."""
    fingerprint = api_backend.get_backend().keys.hash("password", account.password).hex()
    ends_at = time.time() + get_account_lifetime()
    return PasswordSignIn(secrets.token_urlsafe(16), username, fingerprint, ends_at)


def resolve_username(entered: str) -> str:
    """Return the user name of the account with this name or email address, in lower case.

    Returns ``entered`` unless exactly one account has the address.
    """
    accounts = get_accounts_file().get_all()
    names = [name for name, account in accounts.items() if account.email == entered]
    return names[0] if len(names) == 1 and entered not in accounts else entered


def find_alias(username: str, entered: str) -> str:
    """Return the other name under which wrong passwords for an address are counted, or "".

    It is the part before the @, which usually is the user name. Known and unknown addresses both
    count under it: otherwise, the limits of user names would tell which addresses have an account.
    """
    local_part, at, _domain = entered.partition("@")
    return local_part if at and local_part != username else ""


def hash_for_throttle(text: str) -> str:
    """Hash a user name or IP address for the counters of the login throttle."""
    return api_backend.get_backend().keys.hash("sign-in", text).hex()[:32]


@cache
def get_accounts_file() -> AccountsFile:
    """Return the accounts file of this process, which reloads itself after changes."""
    return AccountsFile(get_settings())
