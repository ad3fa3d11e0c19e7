"""SQL for idempotency records: which request created which issue."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

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
    """Return the records of the idempotency keys with these hashes."""
    query = select(idempotency.c.key_hash, idempotency.c.body_hash, idempotency.c.issue_id).where(
        idempotency.c.org_id == org_id, idempotency.c.key_hash.in_(key_hashes)
    )
    return connection.execute(query).all()


@dataclass(frozen=True)
class IdempotencyRecord:
    """The issue that a request created, and HMACs of the request's ``Idempotency-Key`` and body."""

    key_hash: bytes
    body_hash: bytes
    issue_id: str
    created_at: int


def add_idempotency_records(
    connection: Connection, org_id: str, records: Sequence[IdempotencyRecord]
) -> None:
    """Insert records of requests with an ``Idempotency-Key``."""
    connection.execute(
        insert(idempotency), [{"org_id": org_id, **asdict(record)} for record in records]
    )


def delete_old_idempotency_records(connection: Connection, org_id: str, before: int) -> None:
    """Delete the records created before a time (seconds since 1970)."""
    connection.execute(
        delete(idempotency).where(idempotency.c.org_id == org_id, idempotency.c.created_at < before)
    )
