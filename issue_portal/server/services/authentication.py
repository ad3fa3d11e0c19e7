"""Who is calling: from a bearer token to a principal. All of the API's authentication is here."""

import logging
import secrets
import time
from dataclasses import dataclass
from threading import Lock, Thread

import jwt
from sqlalchemy.exc import DBAPIError

from issue_portal.core import portal_token
from issue_portal.core.accounts import AccountsFile
from issue_portal.core.portal_token import Caller, Operator, Person, Visitor
from issue_portal.core.secret_keys import Keys
from issue_portal.models.vocabulary import Role, UserState
from issue_portal.server.db import queries_tokens, queries_users, tables
from issue_portal.server.db.database import Database, reason_of
from issue_portal.server.services.problems import ProblemError, forbidden

log = logging.getLogger(__name__)

TOKEN_PREFIX = "ipat_"  # noqa: S105

TOKEN_USES_INTERVAL = 3600.0
"""Seconds for which the uses of tokens are gathered before they are written."""


@dataclass(frozen=True)
class Principal:
    """The caller of one request. Visitors and the operator have no user id.

    ``limited_as`` is what its requests are counted under: opaque, and never stored.
    ``token_id`` is the id of its API token, if it has one.
    """

    role: Role
    user_id: str | None
    limited_as: str
    token_id: str | None = None

    @property
    def is_guest(self) -> bool:
        """Whether this is a visitor, or a token that may do no more than one."""
        return self.role is Role.GUEST

    @property
    def is_admin(self) -> bool:
        """Whether this is a reviewer."""
        return self.role in (Role.ADMIN, Role.OWNER)


class Access:
    """Tells who is calling."""

    def __init__(self, database: Database, org_id: str, keys: Keys, accounts: AccountsFile) -> None:
        self._database = database
        self._org_id = org_id
        self._keys = keys
        self._accounts = accounts

    def authenticate(self, authorization: str | None) -> Principal:
        """The principal behind an ``Authorization`` header; a 401 or 403 problem if there is none.

        It may wait for the database.
        """
        token = _token_in(authorization)
        if token.startswith(TOKEN_PREFIX):
            return self._by_api_token(token)
        caller = self._verified(token)
        if not isinstance(caller, Person):
            return _without_user(caller)
        user = self._find_user(caller)
        if user is None:
            with self._database.write() as connection:
                user = queries_users.ensure_user(
                    connection, self._org_id, caller.email, caller.name, caller.role
                )
        return _of_user(caller, user)

    def at_once(self, authorization: str | None) -> Principal | None:
        """The same, or None if the database would have to be waited for."""
        token = _token_in(authorization)
        quick = self._database.is_quick
        if token.startswith(TOKEN_PREFIX):
            return self._by_api_token(token) if quick else None
        caller = self._verified(token)
        if not isinstance(caller, Person):
            return _without_user(caller)
        user = self._find_user(caller) if quick else None
        return _of_user(caller, user) if user else None

    def _by_api_token(self, token: str) -> Principal:
        for token_hash in self._keys.hashes("token", token):
            found = self._database.first(queries_tokens.TOKEN, org=self._org_id, hash=token_hash)
            if found:
                return self._of_token(found)
        raise _unauthenticated("This token is not known, or it was revoked.")

    def _find_user(self, caller: Person) -> tables.AnyRow | None:
        """The caller's user, if it is there and up to date."""
        found: tables.AnyRow | None = self._database.first(
            queries_users.USER, org=self._org_id, email=caller.email
        )
        same = found and (found.name, found.role) == (caller.name, caller.role)
        return found if same else None

    def _of_token(self, found: tables.AnyRow) -> Principal:
        if found.expires_at is not None and found.expires_at <= time.time():
            raise _unauthenticated("This token has expired.")
        # Whoever loses a role loses it for all tokens.
        role = _weaker(Role(found.role), Role(found.user_role))
        if account := self._accounts.by_email(found.email):
            role = _weaker(role, account.role)
            if account.disabled:
                raise _inactive()
        return _active(Principal(role, found.user_id, f"token {found.id}", found.id), found.state)

    def _verified(self, token: str) -> Caller:
        try:
            return portal_token.verify(self._keys, token)
        except jwt.ExpiredSignatureError:
            raise _unauthenticated("This token has expired.") from None
        except (jwt.InvalidTokenError, ValueError):
            raise _unauthenticated("This token is not known, or it was revoked.") from None


def _token_in(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise _unauthenticated("Send a token: Authorization: Bearer <token>.")
    return token


def _without_user(caller: Visitor | Operator) -> Principal:
    if isinstance(caller, Visitor):
        return Principal(Role.GUEST, None, f"visitor {caller.limited_as}")
    return Principal(Role.OWNER, None, "operator")


def _of_user(caller: Person, user: tables.AnyRow) -> Principal:
    return _active(Principal(caller.role, user.id, f"user {user.id}"), user.state)


@dataclass(frozen=True)
class NewToken:
    """An API token at the only moment when its secret is known."""

    id: str
    secret: str


def create_token(
    database: Database, org_id: str, keys: Keys, email: str, role: Role, expires_at: int | None
) -> NewToken:
    """Make an API token for a user, who is created or promoted if need be. Only its hash is stored.

    A token of a lesser role than its user's does not demote the user.
    """
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    with database.write() as connection:
        user = queries_users.find_user(connection, org_id, email)
        name = user.name if user else name_of(email)
        of_user = _stronger(role, Role(user.role)) if user else role
        user = queries_users.ensure_user(connection, org_id, email, name, of_user)
        token_hash = keys.hash("token", secret)
        token_id = queries_tokens.add_token(
            connection, org_id, token_hash, user.id, role, expires_at
        )
    return NewToken(token_id, secret)


class TokenUses:
    """The days on which tokens were used, written from time to time for all of them at once.

    Not with the request: the order in which a database writes would show which token was in use
    just before an anonymous report.
    """

    def __init__(self, database: Database, org_id: str) -> None:
        self._database = database
        self._org_id = org_id
        self._days: dict[str, int] = {}
        self._lock = Lock()
        self._written_at = time.monotonic()

    def note(self, principal: Principal) -> None:
        """Remember that a token is used today. Not to be called for an anonymous report."""
        if principal.token_id is None:
            return
        if time.monotonic() - self._written_at > TOKEN_USES_INTERVAL:
            # In a thread: whoever calls must not wait for a database that is locked, or fail by it.
            Thread(target=self._write_or_log, args=[self._taken()], name="token uses").start()
        with self._lock:
            self._days[principal.token_id] = int(time.time()) // 86_400 * 86_400

    def write(self) -> None:
        """Write what has been remembered; what cannot be written stays remembered."""
        self._write(self._taken())

    def _taken(self) -> dict[str, int]:
        with self._lock:
            days, self._days = self._days, {}
            self._written_at = time.monotonic()
        return days

    def _write(self, days: dict[str, int]) -> None:
        if not days:
            return
        try:
            with self._database.write() as connection:
                queries_tokens.touch_tokens(connection, self._org_id, days)
        except DBAPIError:
            with self._lock:
                self._days = days | self._days
            raise

    def _write_or_log(self, days: dict[str, int]) -> None:
        try:
            self._write(days)
        except DBAPIError as error:
            log.warning("the days on which tokens were used wait: %s", reason_of(error))


def name_of(email: str) -> str:
    """A name for someone of whom only the address is known: ``a.b@c.d`` is A B."""
    return email.partition("@")[0].replace(".", " ").replace("_", " ").title()


_ROLES = tuple(Role)


def _weaker(one: Role, other: Role) -> Role:
    return min(one, other, key=_ROLES.index)


def _stronger(one: Role, other: Role) -> Role:
    return max(one, other, key=_ROLES.index)


def _active(principal: Principal, state: str) -> Principal:
    if state != UserState.ACTIVE:
        raise _inactive()
    return principal


def _inactive() -> ProblemError:
    return forbidden("This user is not active.")


def _unauthenticated(detail: str) -> ProblemError:
    return ProblemError(401, detail, headers={"WWW-Authenticate": "Bearer"})
