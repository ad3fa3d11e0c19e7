"""SQL for API tokens, stored as hashes."""

import time
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, and_, bindparam, delete, insert, select, update

from issue_portal.models.vocabulary import Role
from issue_portal.server.db.ids import new_id
from issue_portal.server.db.tables import AnyRow, tokens, users


def add_token(
    connection: Connection,
    org_id: str,
    token_hash: bytes,
    user_id: str,
    role: Role,
    expires_at: int | None,
) -> str:
    """Store an API token by its hash; return its id."""
    token_id = new_id("token")
    connection.execute(
        insert(tokens).values(
            org_id=org_id,
            id=token_id,
            hash=token_hash,
            user_id=user_id,
            role=role,
            created_at=int(time.time()),
            expires_at=expires_at,
        )
    )
    return token_id


_TOKENS = select(
    tokens.c.id,
    tokens.c.role,
    tokens.c.created_at,
    tokens.c.expires_at,
    tokens.c.last_used_at,
    tokens.c.user_id,
    users.c.email,
    users.c.state,
    users.c.role.label("user_role"),
).join_from(tokens, users, and_(users.c.org_id == tokens.c.org_id, users.c.id == tokens.c.user_id))

_TOKEN_BY_HASH = _TOKENS.where(
    tokens.c.org_id == bindparam("org_id"), tokens.c.hash == bindparam("hash")
)


def find_token(connection: Connection, org_id: str, token_hash: bytes) -> AnyRow | None:
    """Return a token with the ``email``, ``state`` and ``user_role`` of its user, if it exists."""
    values = {"org_id": org_id, "hash": token_hash}
    return connection.execute(_TOKEN_BY_HASH, values).one_or_none()


def list_tokens(connection: Connection, org_id: str) -> Sequence[AnyRow]:
    """Return all tokens with their users, oldest first."""
    query = _TOKENS.where(tokens.c.org_id == org_id).order_by(tokens.c.created_at, tokens.c.id)
    return connection.execute(query).all()


def delete_token(connection: Connection, org_id: str, token_id: str) -> bool:
    """Delete a token; return whether there was one."""
    query = delete(tokens).where(tokens.c.org_id == org_id, tokens.c.id == token_id)
    return connection.execute(query).rowcount == 1


def set_last_used(connection: Connection, org_id: str, days: Mapping[str, int]) -> None:
    """Store the day of each token's last use, as the first second of the day.

    Updates the tokens in the order of their ids, to avoid deadlocks.
    """
    connection.execute(
        update(tokens)
        .where(tokens.c.org_id == org_id, tokens.c.id == bindparam("token"))
        .values(last_used_at=bindparam("day")),
        [{"token": token_id, "day": day} for token_id, day in sorted(days.items())],
    )
