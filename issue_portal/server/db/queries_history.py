"""SQL for the history of issues."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    and_,
    func,
    insert,
    select,
)

from issue_portal.server.db.tables import (
    AnyRow,
    history,
    users,
)


def add_history(
    connection: Connection,
    org_id: str,
    issue_id: str,
    *,
    at: int,
    action: str,
    actor: str | None,
    changes: list[dict[str, Any]],
) -> None:
    """Append to the history of one issue."""
    position = connection.execute(
        select(func.coalesce(func.max(history.c.position), 0) + 1).where(
            history.c.org_id == org_id, history.c.issue_id == issue_id
        )
    ).scalar_one()
    connection.execute(
        insert(history).values(
            org_id=org_id,
            issue_id=issue_id,
            position=position,
            at=at,
            action=action,
            actor=actor,
            changes=changes,
        )
    )


_HISTORY = select(history, users).outerjoin_from(
    history, users, and_(users.c.org_id == history.c.org_id, users.c.id == history.c.actor)
)


def list_history(connection: Connection, org_id: str, issue_id: str) -> Sequence[AnyRow]:
    """The history of one issue with the users who acted, oldest first."""
    query = _HISTORY.where(history.c.org_id == org_id, history.c.issue_id == issue_id)
    return connection.execute(query.order_by(history.c.position)).all()


def count_history(connection: Connection, org_id: str, issue_id: str) -> int:
    """How many entries the history of one issue has."""
    query = select(func.count()).where(history.c.org_id == org_id, history.c.issue_id == issue_id)
    return int(connection.execute(query).scalar_one())


def list_histories(
    connection: Connection, org_id: str, issue_ids: Sequence[str]
) -> Sequence[AnyRow]:
    """The histories of several issues like `list_history`, one issue after the other."""
    query = _HISTORY.where(history.c.org_id == org_id, history.c.issue_id.in_(issue_ids))
    return connection.execute(query.order_by(history.c.issue_id, history.c.position)).all()
