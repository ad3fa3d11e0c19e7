"""SQL for idempotency keys, which are stored by their hashes."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    delete,
    insert,
    select,
)

from issue_portal.server.db.tables import (
    AnyRow,
    idempotency,
)


def find_idempotency_records(
    connection: Connection, org_id: str, key_hashes: Sequence[bytes]
) -> Sequence[AnyRow]:
    """What earlier requests, whose keys have one of these hashes, were and made."""
    query = select(idempotency.c.key_hash, idempotency.c.body_hash, idempotency.c.issue_id).where(
        idempotency.c.org_id == org_id, idempotency.c.key_hash.in_(key_hashes)
    )
    return connection.execute(query).all()


def add_idempotency_records(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Remember what requests with a key were and made."""
    connection.execute(insert(idempotency), [dict(row) for row in rows])


def delete_old_idempotency_records(connection: Connection, org_id: str, before: int) -> None:
    """Drop what is too old to be retried."""
    connection.execute(
        delete(idempotency).where(idempotency.c.org_id == org_id, idempotency.c.created_at < before)
    )
