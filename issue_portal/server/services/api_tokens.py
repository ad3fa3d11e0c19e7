"""Creates API tokens, and records the day of their last use."""

import logging
import secrets
import time
from dataclasses import dataclass
from threading import Lock, Thread

from sqlalchemy.exc import DBAPIError

from issue_portal.core.accounts import derive_name
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.models.vocabulary import ROLES_BY_RANK, Role
from issue_portal.server.db import queries_tokens, queries_users
from issue_portal.server.db.database import Database, describe_error
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
) -> NewToken:
    """Create an API token for a user; create or promote the user if necessary.

    Stores only the token's hash. A token with a less powerful role does not demote its user.
    """
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    with database.write() as connection:
        user = queries_users.find_user_by_email(connection, org_id, email)
        name = user.name if user else derive_name(email)
        user_role = _pick_higher_role(role, Role(user.role)) if user else role
        user = queries_users.ensure_user(connection, org_id, email, name, user_role)
        token_hash = keys.hash("token", secret)
        token_id = queries_tokens.add_token(
            connection, org_id, token_hash, user.id, role, expires_at
        )
    return NewToken(token_id, secret)


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
