"""SQL for the history of issues."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, and_, bindparam, func, insert, select

from issue_portal.models.vocabulary import HistoryAction
from issue_portal.server.db.tables import AnyRow, history, users


@dataclass(frozen=True)
class FieldChange:
    """One changed field.

    ``old`` and ``new`` are None for a description: the history must not keep a text that somebody
    has removed.
    """

    field: str
    old: str | bool | None = None
    new: str | bool | None = None

    def to_json(self) -> dict[str, str | bool]:
        """Return the change as the history table stores it."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class NewHistoryEntry:
    """An entry to append to a history; ``actor`` is None for an anonymous reporter."""

    at: int
    action: HistoryAction
    actor: str | None
    changes: tuple[FieldChange, ...] = ()


_OF_ISSUE = (
    history.c.org_id == bindparam("org_id"),
    history.c.issue_id == bindparam("issue_id"),
)

_NEXT_POSITION = select(func.coalesce(func.max(history.c.position), 0) + 1).where(*_OF_ISSUE)


def append_entry(
    connection: Connection, org_id: str, issue_id: str, entry: NewHistoryEntry
) -> None:
    """Append an entry to the history of an issue."""
    values = {"org_id": org_id, "issue_id": issue_id}
    position = connection.execute(_NEXT_POSITION, values).scalar_one()
    add_entries(connection, org_id, [(issue_id, position, entry)])


def add_entries(
    connection: Connection, org_id: str, entries: Sequence[tuple[str, int, NewHistoryEntry]]
) -> None:
    """Insert history entries, each with the id of its issue and its position in the history."""
    connection.execute(
        insert(history),
        [
            {
                "org_id": org_id,
                "issue_id": issue_id,
                "position": position,
                "at": entry.at,
                "action": entry.action,
                "actor": entry.actor,
                "changes": [change.to_json() for change in entry.changes],
            }
            for issue_id, position, entry in entries
        ],
    )


_HISTORY = select(history, users).outerjoin_from(
    history, users, and_(users.c.org_id == history.c.org_id, users.c.id == history.c.actor)
)

_HISTORY_OF_ISSUE = _HISTORY.where(*_OF_ISSUE).order_by(history.c.position)

_COUNT_ENTRIES = select(func.count()).select_from(history).where(*_OF_ISSUE)


def list_history(connection: Connection, org_id: str, issue_id: str) -> Sequence[AnyRow]:
    """Return the history of an issue with the users who acted, oldest first."""
    values = {"org_id": org_id, "issue_id": issue_id}
    return connection.execute(_HISTORY_OF_ISSUE, values).all()


_LAST_DELETION = (
    select(history)
    .where(*_OF_ISSUE, history.c.action == HistoryAction.DELETED)
    .order_by(history.c.position.desc())
    .limit(1)
)


def find_last_deletion(connection: Connection, org_id: str, issue_id: str) -> AnyRow | None:
    """Return the newest entry in the history of an issue that deleted it."""
    values = {"org_id": org_id, "issue_id": issue_id}
    return connection.execute(_LAST_DELETION, values).one_or_none()


def count_history(connection: Connection, org_id: str, issue_id: str) -> int:
    """Count the entries in the history of an issue."""
    values = {"org_id": org_id, "issue_id": issue_id}
    return int(connection.execute(_COUNT_ENTRIES, values).scalar_one())


def list_histories(
    connection: Connection, org_id: str, issue_ids: Sequence[str]
) -> Sequence[AnyRow]:
    """Return the histories of these issues, by issue and oldest first."""
    query = _HISTORY.where(history.c.org_id == org_id, history.c.issue_id.in_(issue_ids))
    return connection.execute(query.order_by(history.c.issue_id, history.c.position)).all()
