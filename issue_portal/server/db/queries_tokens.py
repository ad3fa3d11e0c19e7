"""SQL for API tokens, stored as hashes."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, and_, bindparam, delete, insert, select, update

from issue_portal.models.vocabulary import Role
from issue_portal.server.db.ids import new_id
from issue_portal.server.db.tables import AnyRow, tokens, users


@dataclass(frozen=True)
class TokenTimes:
    """Creation and expiry of a token, in seconds since 1970. None: it never expires."""

    created_at: int
    expires_at: int | None


@dataclass(frozen=True)
class TokenRow:
    """An API token to store. ``scopes`` are separated by spaces; None stands for all scopes."""

    hash: bytes
    user_id: str
    role: Role
    times: TokenTimes
    name: str | None
    scopes: str | None


def add_token(connection: Connection, org_id: str, token: TokenRow) -> str:
    """Store an API token by its hash; return its id."""
    token_id = new_id("token")
    values = asdict(token)
    times = values.pop("times")
    connection.execute(insert(tokens).values(org_id=org_id, id=token_id, **values, **times))
    return token_id


_TOKENS = select(
    tokens.c.id,
    tokens.c.name,
    tokens.c.role,
    tokens.c.scopes,
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


def list_tokens_of_user(connection: Connection, org_id: str, user_id: str) -> Sequence[AnyRow]:
    """Return the tokens of a user, newest first."""
    query = _TOKENS.where(tokens.c.org_id == org_id, tokens.c.user_id == user_id)
    return connection.execute(query.order_by(tokens.c.created_at.desc(), tokens.c.id)).all()


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
