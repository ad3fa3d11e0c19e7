"""Creates API tokens, and records the day of their last use."""

import logging
import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass
from threading import Lock, Thread

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from issue_portal.core.accounts import derive_name
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.models.permissions import ALL_SCOPES
from issue_portal.models.vocabulary import ROLES_BY_RANK, Role, Scope
from issue_portal.server.db import queries_tokens, queries_users
from issue_portal.server.db.database import Database, describe_error
from issue_portal.server.db.queries_tokens import TokenRow, TokenTimes
from issue_portal.server.services.principal import Principal

log = logging.getLogger(__name__)

TOKEN_PREFIX = "ipat_"  # noqa: S105

USAGE_WRITE_INTERVAL = 3600.0
"""Seconds between two writes of the days on which tokens were used."""


@dataclass(frozen=True)
class NewToken:
    """A new API token with its secret, which is not stored."""

    id: str
    secret: str


def create_token(
    database: Database,
    org_id: str,
    keys: SecretKeys,
    email: str,
    role: Role,
    expires_at: int | None,
    *,
    name: str | None = None,
    scopes: Collection[Scope] | None = None,
) -> NewToken:
    """Create an API token for a user; create or promote the user if necessary.

    A token with a less powerful role does not demote its user.
    """
    with database.write() as connection:
        user = queries_users.find_user_by_email(connection, org_id, email)
        user_name = user.name if user else derive_name(email)
        user_role = _pick_higher_role(role, Role(user.role)) if user else role
        user = queries_users.ensure_user(connection, org_id, email, user_name, user_role)
        times = TokenTimes(int(time.time()), expires_at)
        return store_token(connection, org_id, keys, user.id, role, times, name, scopes)


def store_token(
    connection: Connection,
    org_id: str,
    keys: SecretKeys,
    user_id: str,
    role: Role,
    times: TokenTimes,
    name: str | None,
    scopes: Collection[Scope] | None,
) -> NewToken:
    """Store a new API token of a user, as a hash.

    Without ``scopes``, the token has all scopes, including those of later versions.
    """
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    sorted_scopes = None if scopes is None else " ".join(each for each in Scope if each in scopes)
    row = TokenRow(keys.hash("token", secret), user_id, role, times, name, sorted_scopes)
    return NewToken(queries_tokens.add_token(connection, org_id, row), secret)


def parse_scopes(stored: str | None) -> frozenset[Scope]:
    """Return the scopes that the database stores. Ignores scopes of later versions."""
    if stored is None:
        return ALL_SCOPES
    names = stored.split()
    return frozenset(scope for scope in Scope if scope in names)


class TokenUsage:
    """The days on which tokens were used, written together every `USAGE_WRITE_INTERVAL`.

    If each request wrote its day at once, the order of writes in the database would show which
    token was used just before an anonymous report.
    """

    def __init__(self, database: Database, org_id: str) -> None:
        self._database = database
        self._org_id = org_id
        self._days: dict[str, int] = {}
        """By token ID, the start of the day of its last use, in seconds since 1970."""
        self._lock = Lock()
        self._written_at = time.monotonic()

    def record(self, principal: Principal) -> None:
        """Record that a token is used today. Callers must not record anonymous reports."""
        if principal.token_id is None:
            return
        if time.monotonic() - self._written_at > USAGE_WRITE_INTERVAL:
            # In a thread, so that the request neither waits for a locked database nor fails.
            Thread(
                target=self._write_or_log, args=[self._take_pending()], name="token uses"
            ).start()
        with self._lock:
            self._days[principal.token_id] = int(time.time()) // 86_400 * 86_400

    def find_day(self, token_id: str) -> int | None:
        """Return the start of the day of a use that this process has not written yet, if any."""
        with self._lock:
            return self._days.get(token_id)

    def write(self) -> None:
        """Write the recorded days to the database. If writing fails, the days stay recorded."""
        self._write(self._take_pending())

    def _take_pending(self) -> dict[str, int]:
        with self._lock:
            days, self._days = self._days, {}
            self._written_at = time.monotonic()
        return days

    def _write(self, days: dict[str, int]) -> None:
        if not days:
            return
        try:
            with self._database.write() as connection:
                queries_tokens.set_last_used(connection, self._org_id, days)
        except DBAPIError:
            with self._lock:
                self._days = days | self._days
            raise

    def _write_or_log(self, days: dict[str, int]) -> None:
        try:
            self._write(days)
        except DBAPIError as error:
            log.warning(
                "cannot store yet on which days tokens were used: %s", describe_error(error)
            )


def _pick_higher_role(first: Role, second: Role) -> Role:
    return max(first, second, key=ROLES_BY_RANK.index)
