"""Signing in with the name and password of an account, and changing the password.

Passwords are checked by streamlit-authenticator (0.4.2). Its form and cookie are left out: a frame
sets its cookie, which a rerun takes away before it is done, which no server can end, and which
itself reruns the page while someone signs in.
"""

import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import jwt
import streamlit as st

from auth import api_backend
from auth.login_throttle import Attempts
from components.ui import i18n, labels
from components.ui.i18n import _
from issue_portal.core import accounts, jwt_tokens
from issue_portal.core.accounts import (
    LONGEST_PASSWORD,
    Account,
    AccountsFile,
    changed_accounts,
    password_fault,
)
from issue_portal.core.client_address import counted_as
from issue_portal.core.portal_token import Person
from issue_portal.core.settings import get_settings

log = logging.getLogger(__name__)

LIFETIME: Final = 7 * 86_400
"""Seconds a sign-in is good for, unless it is set otherwise."""

_PURPOSE: Final = "sign-in"
_PATIENCE: Final = 10.0
"""Seconds that a password waits to be checked."""

# Of a random password that nobody knows.
_NOBODYS_HASH: Final = "$2b$12$yfPb.D5DYfkcABTOWHb18uvlrG9wAK1eU6w6sD6aiatVdWzBAewMq"


class _FairLock:
    """A lock that whoever waits longest gets; Python's own goes to whoever comes at the moment."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._is_held = False

    def acquire(self, timeout: float) -> bool:
        """Wait so many seconds at most; returns whether it is held now."""
        with self._guard:
            if not self._is_held:
                self._is_held = True
                return True
            turn = threading.Event()
            self._waiting.append(turn)
        if turn.wait(timeout):
            return True
        with self._guard:
            if turn.is_set():
                return True
            self._waiting.remove(turn)
            return False

    def release(self) -> None:
        """Give it to the next."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_held = False


class _Checks:
    """Checks of passwords, one at a time: each takes a core for a quarter of a second.

    Each address has one check that waits for its turn; its others wait for that one. So those who
    send many passwords from one address keep nobody elsewhere from signing in.
    """

    def __init__(self) -> None:
        self._checking = _FairLock()
        self._by_address: dict[str, tuple[_FairLock, int]] = {}
        self._guard = threading.Lock()

    @contextmanager
    def turn(self, address: str) -> Iterator[bool]:
        """Wait for a turn, and hold it; False if it has not come within `_PATIENCE`."""
        until = time.monotonic() + _PATIENCE
        with self._guard:
            own, waiting = self._by_address.get(address, (_FairLock(), 0))
            self._by_address[address] = own, waiting + 1
        try:
            with _held(own, until) as first, _held(self._checking, until if first else 0) as on:
                yield first and on
        finally:
            with self._guard:
                own, waiting = self._by_address.pop(address)
                if waiting > 1:
                    self._by_address[address] = own, waiting - 1


@contextmanager
def _held(lock: _FairLock, until: float) -> Iterator[bool]:
    held = lock.acquire(timeout=max(0.0, until - time.monotonic()))
    try:
        yield held
    finally:
        if held:
            lock.release()


_checks: Final = _Checks()


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
        here = api_backend.current()
        account = _file().by_name().get(self.username)
        if account is None or account.disabled:
            return None
        fingerprint = bytes.fromhex(self.password)
        if not here.keys.is_hash(fingerprint, "password", account.password):
            return None
        if self.ends_at < time.time() or here.ended.has(self.id):
            return None
        return Person(account.email, account.name, account.role)

    def cookie(self) -> str:
        """What the browser keeps of it."""
        claims: dict[str, Any] = {"sub": self.username, "jti": self.id, "pwd": self.password}
        return jwt_tokens.sign(api_backend.current().keys, _PURPOSE, claims, lifetime())


def read(cookie: str) -> PasswordSignIn | None:
    """The sign-in that a browser has kept."""
    try:
        claims = jwt_tokens.verify(api_backend.current().keys, _PURPOSE, cookie)
        ends_at = claims["iat"] + lifetime()
        return PasswordSignIn(claims["jti"], claims["sub"], claims["pwd"], ends_at)
    except (jwt.InvalidTokenError, KeyError):
        return None


def lifetime() -> int:
    """Seconds a sign-in is good for."""
    hours = get_settings().sign_in_hours
    return int(hours * 3600) if hours else LIFETIME


@cache
def attempts() -> Attempts:
    """The attempts of this process; raises `CannotStart` if their limits make no sense."""
    return Attempts(get_settings())


def form() -> PasswordSignIn | None:
    """The form to sign in; returns the sign-in once name and password fit."""
    with st.form("sign_in"):
        username = st.text_input(_("Username"), autocomplete="username")
        password = st.text_input(_("Password"), type="password", autocomplete="current-password")
        asked = st.form_submit_button(_("Sign in"), type="primary", icon=":material/login:")
    if not asked:
        return None
    username = username.strip().lower()
    account = _checked(
        username,
        password,
        wrong=_("This name and password do not match. Check both and try again."),
    )
    return _begin(username, account) if account else None


def change_form(now: PasswordSignIn, before: Callable[[], object]) -> PasswordSignIn | None:
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
    account = _checked(username, old, wrong=_("The current password is not right."))
    if account is None:
        return None
    if new == old.strip():
        st.error(_("This is the password that you have."), icon=":material/error:")
        return None
    with _checks.turn(_opaque(counted_as(st.context.ip_address))) as is_on:
        if not is_on:
            _tell_to_wait()
            return None
        fault = password_fault(new, username, account.email, account.name)
    if fault:
        st.error(labels.password_fault(fault), icon=":material/error:")
        return None
    changed = account.model_copy(update={"password": accounts.hash_password(new)})
    before()
    try:
        with changed_accounts(get_settings()) as known:
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
    return _begin(username, changed)


def _checked(username: str, password: str, *, wrong: str) -> Account | None:
    """The account if the password is right; else tells ``wrong``, or how long to wait.

    The answer and its time are the same whether there is such an account or not.
    """
    address = _opaque(counted_as(st.context.ip_address))
    who = _opaque(username), address
    if seconds := attempts().begin(*who):
        st.error(
            _("There were too many wrong passwords. Wait {time} and try again.").format(
                time=i18n.duration(seconds)
            ),
            icon=":material/hourglass_top:",
        )
        return None
    account = _file().by_name().get(username)
    with _checks.turn(address) as is_on:
        if not is_on:
            _tell_to_wait()
            return None
        fits = _fits(username, password.strip(), account.password if account else _NOBODYS_HASH)
    if account is None or account.disabled or not fits:
        attempts().failed(*who)
        st.error(wrong, icon=":material/error:")
        return None
    attempts().succeeded(*who)
    return account


def _tell_to_wait() -> None:
    st.error(
        _("Too many people are signing in. Try again in a moment."),
        icon=":material/hourglass_top:",
    )


def _fits(username: str, password: str, hashed: str) -> bool:
    if len(password.encode()) > LONGEST_PASSWORD:
        return False  # No account has such a password, and bcrypt refuses it.
    # Only now: it warns when it is imported before the portal runs, and takes its time.
    from streamlit_authenticator.controllers import AuthenticationController  # noqa: PLC0415

    controller = AuthenticationController(
        {"usernames": {username: {"password": hashed}}}, auto_hash=False
    )
    return bool(controller.authentication_model.check_credentials(username, password))


def _begin(username: str, account: Account) -> PasswordSignIn:
    fingerprint = api_backend.current().keys.hash("password", account.password).hex()
    ends_at = time.time() + lifetime()
    return PasswordSignIn(secrets.token_urlsafe(16), username, fingerprint, ends_at)


def _opaque(text: str) -> str:
    return api_backend.current().keys.hash("sign-in", text).hex()[:32]


@cache
def _file() -> AccountsFile:
    return AccountsFile(get_settings())
