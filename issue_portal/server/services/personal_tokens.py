"""The API tokens that people create, list and revoke themselves."""

import time
from typing import Final

from sqlalchemy import Connection

from issue_portal.core.problems import ForbiddenError, ProblemError
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.models.requests import NewApiToken
from issue_portal.models.vocabulary import ROLES_BY_RANK, ProblemCode, Scope
from issue_portal.server.db import queries_tokens, queries_users
from issue_portal.server.db.database import Database
from issue_portal.server.db.queries_tokens import TokenTimes
from issue_portal.server.db.tables import AnyRow
from issue_portal.server.services.api_tokens import TokenUsage, parse_scopes, store_token
from issue_portal.server.services.principal import Principal
from issue_portal.server.services.serializers import JsonObject, format_day, format_timestamp

TOKENS_PER_USER: Final = 50
"""A person with this many API tokens cannot create another. The command line still can."""

_DAY: Final = 86_400


class PersonalTokens:
    """The API tokens of the users of one organisation."""

    def __init__(
        self, database: Database, org_id: str, keys: SecretKeys, usage: TokenUsage
    ) -> None:
        self._database = database
        self._org_id = org_id
        self._keys = keys
        self._usage = usage

    def list_own(self, connection: Connection, principal: Principal) -> JsonObject:
        """Return all tokens of the principal as one page; to an API token, only itself."""
        rows = queries_tokens.list_tokens_of_user(connection, self._org_id, _get_user_id(principal))
        tokens = [self._serialize(row) for row in rows if _is_visible(row, principal)]
        return {
            "data": tokens,
            "has_next_page": False,
            "has_previous_page": False,
            "total_count": len(tokens),
        }

    def create(self, principal: Principal, new: NewApiToken) -> JsonObject:
        """Create a token for a signed-in person, and return it with its secret."""
        user_id = _get_user_id(principal)
        if principal.token_id is not None:
            raise ForbiddenError(
                "An API token cannot create API tokens: sign in to the portal to create one."
            )
        role = new.role or principal.role
        if ROLES_BY_RANK.index(role) > ROLES_BY_RANK.index(principal.role):
            raise ForbiddenError(f"Your own role is {principal.role}: choose at most this role.")
        # Only days: the exact time could match the time of an anonymous report.
        today = int(time.time()) // _DAY * _DAY
        times = TokenTimes(today, today + (new.expires_in_days + 1) * _DAY)
        with self._database.write() as connection:
            # With the lock, two calls at the same time cannot both create the last token.
            queries_users.get_user(connection, self._org_id, user_id, lock=True)
            rows = queries_tokens.list_tokens_of_user(connection, self._org_id, user_id)
            if len(rows) >= TOKENS_PER_USER:
                raise ProblemError(
                    409,
                    f"You have {TOKENS_PER_USER} API tokens: revoke one first.",
                    code=ProblemCode.TOKEN_LIMIT,
                )
            token = store_token(
                connection, self._org_id, self._keys, user_id, role, times, new.name, new.scopes
            )
            rows = queries_tokens.list_tokens_of_user(connection, self._org_id, user_id)
        (row,) = [row for row in rows if row.id == token.id]
        return {**self._serialize(row), "token": token.secret}

    def revoke(self, principal: Principal, token_id: str) -> None:
        """Revoke a token of the principal at once; an API token can revoke only itself."""
        user_id = _get_user_id(principal)
        with self._database.write() as connection:
            rows = queries_tokens.list_tokens_of_user(connection, self._org_id, user_id)
            if not any(row.id == token_id and _is_visible(row, principal) for row in rows):
                raise ProblemError(
                    404, "You have no such API token. An API token can revoke only itself."
                )
            queries_tokens.delete_token(connection, self._org_id, token_id)

    def _serialize(self, row: AnyRow) -> JsonObject:
        scopes = parse_scopes(row.scopes)
        used_at = self._usage.find_day(row.id) or row.last_used_at
        return {
            "id": row.id,
            "name": row.name or "",
            "role": row.role,
            "scopes": [scope for scope in Scope if scope in scopes],
            "created_at": format_timestamp(row.created_at),
            "expires_at": None if row.expires_at is None else format_timestamp(row.expires_at),
            "last_used_at": None if used_at is None else format_day(used_at),
        }


def _get_user_id(principal: Principal) -> str:
    if principal.user_id is None:
        raise ProblemError(404, "Visitors have no API tokens.")
    return principal.user_id


def _is_visible(row: AnyRow, principal: Principal) -> bool:
    """Return whether the principal may list and revoke this token of theirs.

    A leaked API token must neither name nor revoke the others.
    """
    return principal.token_id in (None, row.id)
