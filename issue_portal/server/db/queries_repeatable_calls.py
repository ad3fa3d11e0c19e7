"""SQL for calls with an ``Idempotency-Key`` that change issues: what their first answer was."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from issue_portal.server.db.statements import select_in
from issue_portal.server.db.tables import AnyRow, insert_if_missing, repeatable_calls

_RECORDS = select(repeatable_calls).where(repeatable_calls.c.org_id == bindparam("org_id"))


@dataclass(frozen=True)
class RepeatableCall:
    """The outcome of a call, and HMACs of its ``Idempotency-Key`` and its body."""

    key_hash: bytes
    body_hash: bytes
    outcome: Any
    created_at: int


def find_repeatable_call(
    connection: Connection, org_id: str, key_hashes: Sequence[bytes]
) -> AnyRow | None:
    """Return the earlier call whose key has one of these hashes."""
    rows = select_in(connection, _RECORDS, repeatable_calls.c.key_hash, key_hashes, org_id)
    return rows[0] if rows else None


def add_repeatable_call(
    connection: Connection, org_id: str, call: RepeatableCall, *, delete_before: int
) -> None:
    """Insert a call, and delete the calls made before a time (seconds since 1970)."""
    connection.execute(
        delete(repeatable_calls).where(
            repeatable_calls.c.org_id == org_id, repeatable_calls.c.created_at < delete_before
        )
    )
    insert_if_missing(connection, repeatable_calls, org_id=org_id, **asdict(call))
