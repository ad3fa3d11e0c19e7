"""SQL that moves old issues out of the database."""

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select

from issue_portal.models.vocabulary import IssueState
from issue_portal.server.db.queries_issues import COUNTED_COLUMNS, WITH_CREATOR
from issue_portal.server.db.tables import AnyRow, history, idempotency, issues


def list_archivable(
    connection: Connection,
    org_id: str,
    *,
    created_before: int,
    closed_before: int,
    above: int,
    limit: int,
) -> Sequence[AnyRow]:
    """Return old closed and deleted issues with their creators, by number."""
    query = WITH_CREATOR.where(
        issues.c.org_id == org_id,
        issues.c.number > above,
        issues.c.created_at < created_before,
        _was_closed_before(closed_before),
    )
    return connection.execute(query.order_by(issues.c.number).limit(limit)).all()


def count_recent(
    connection: Connection, org_id: str, *, created_since: int, closed_before: int
) -> int:
    """Count closed and deleted issues that `list_archivable` leaves out as too new."""
    query = select(func.count()).where(
        issues.c.org_id == org_id,
        issues.c.created_at >= created_since,
        _was_closed_before(closed_before),
    )
    return int(connection.execute(query).scalar_one())


def _was_closed_before(time: int) -> ColumnElement[bool]:
    """Return the condition that an issue was closed or deleted before a time."""
    closed = and_(
        issues.c.state == IssueState.CLOSED,
        # Imported issues have no closing time.
        func.coalesce(issues.c.closed_at, issues.c.updated_at) < time,
    )
    deleted = and_(issues.c.state == IssueState.DELETED, issues.c.updated_at < time)
    return or_(closed, deleted)


def delete_unchanged(
    connection: Connection, org_id: str, changed_at: Mapping[str, int]
) -> Sequence[AnyRow]:
    """Delete the issues in ``changed_at``, except those that have changed meanwhile.

    ``changed_at`` maps issue ids to the last change that the caller knows. Also deletes the rows of
    the issues in other tables. Returns the deleted issues, for `count_rollups.record`.
    """
    query = select(issues.c.id, issues.c.updated_at, *COUNTED_COLUMNS).where(
        issues.c.org_id == org_id, issues.c.id.in_(list(changed_at))
    )
    rows = connection.execute(query.order_by(issues.c.number).with_for_update())
    unchanged = [row for row in rows if row.updated_at == changed_at[row.id]]
    ids = [row.id for row in unchanged]
    for table, column in (
        (history, history.c.issue_id),
        (idempotency, idempotency.c.issue_id),
        (issues, issues.c.id),
    ):
        connection.execute(delete(table).where(table.c.org_id == org_id, column.in_(ids)))
    return unchanged


def count_existing(connection: Connection, org_id: str, issue_ids: Sequence[str]) -> int:
    """Count how many of these issues exist."""
    query = select(func.count()).where(issues.c.org_id == org_id, issues.c.id.in_(issue_ids))
    return int(connection.execute(query).scalar_one())
