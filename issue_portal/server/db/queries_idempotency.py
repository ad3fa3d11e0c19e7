"""SQL for idempotency records: which request created which issue."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, insert, select

from issue_portal.server.db.statements import select_in
from issue_portal.server.db.tables import AnyRow, idempotency

_RECORDS = select(idempotency.c.key_hash, idempotency.c.body_hash, idempotency.c.issue_id).where(
    idempotency.c.org_id == bindparam("org_id")
)


def find_idempotency_records(
    connection: Connection, org_id: str, key_hashes: Sequence[bytes]
) -> Sequence[AnyRow]:
    """Return the records of the idempotency keys with these hashes."""
    return select_in(connection, _RECORDS, idempotency.c.key_hash, key_hashes, org_id)


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
        insert(idempotency), [{"org_id": org_id, **vars(record)} for record in records]
    )


_DELETE_OLD = delete(idempotency).where(
    idempotency.c.org_id == bindparam("org_id"), idempotency.c.created_at < bindparam("before")
)


def delete_old_idempotency_records(connection: Connection, org_id: str, before: int) -> None:
    """Delete the records created before a time (seconds since 1970)."""
    connection.execute(_DELETE_OLD, {"org_id": org_id, "before": before})
