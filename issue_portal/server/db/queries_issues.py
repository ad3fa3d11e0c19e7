"""SQL for issues. The rules are in `issue_service`, HTTP is in `routes`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    update,
)

from issue_portal.models.vocabulary import IssueState
from issue_portal.server.db import search
from issue_portal.server.db.tables import AnyRow, history, idempotency, issues, users


def add_issues(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert issues, all with the same columns, and the beginning of their histories."""
    folded = [{**row, "search_text": search.fold(row["description"])} for row in rows]
    connection.execute(insert(issues), folded)
    created = [
        {
            "org_id": row["org_id"],
            "issue_id": row["id"],
            "position": 1,
            "at": row["created_at"],
            "action": "created",
            "actor": row["created_by"],
            "changes": [],
        }
        for row in rows
    ]
    connection.execute(insert(history), created)


_WITH_CREATOR = select(
    issues,
    users.c.account_id.label("user_account_id"),
    users.c.name.label("user_name"),
    users.c.email.label("user_email"),
    users.c.state.label("user_state"),
    users.c.role.label("user_role"),
    users.c.created_at.label("user_created_at"),
).outerjoin_from(
    issues, users, and_(users.c.org_id == issues.c.org_id, users.c.id == issues.c.created_by)
)


def find_issue(
    connection: Connection, org_id: str, issue_id: str, *, lock: bool = False
) -> AnyRow | None:
    """One issue with its creator; ``lock`` keeps others from changing it meanwhile."""
    query = _WITH_CREATOR.where(issues.c.org_id == org_id, issues.c.id == issue_id)
    if lock:
        query = query.with_for_update(of=issues)
    return connection.execute(query).one_or_none()


def find_issue_by_receipt(
    connection: Connection, org_id: str, receipt_hashes: Sequence[bytes]
) -> AnyRow | None:
    """The issue that was answered with a receipt of one of these hashes."""
    query = select(issues).where(
        issues.c.org_id == org_id, issues.c.receipt_hash.in_(receipt_hashes)
    )
    return connection.execute(query).one_or_none()


def update_issue(connection: Connection, org_id: str, issue_id: str, **values: Any) -> None:
    """Set columns of one issue."""
    if "description" in values:
        values["search_text"] = search.fold(values["description"])
    connection.execute(
        update(issues).where(issues.c.org_id == org_id, issues.c.id == issue_id).values(**values)
    )


@dataclass(frozen=True)
class IssueFilter:
    """Which issues are meant. Empty lists mean any; times are seconds, the later one exclusive."""

    org_id: str
    states: tuple[IssueState, ...]
    types: tuple[str, ...] = ()
    created_by: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    created_from: int | None = None
    created_to: int | None = None
    text: str | None = None
    keys: tuple[int, ...] | None = None
    """On SQLite, the only issues that may contain the text, if that is known."""
    lowest: int | None = None
    """The first number that is looked at, and ``highest`` the last."""
    highest: int | None = None

    @property
    def is_dated(self) -> bool:
        """Whether only some days are meant."""
        return self.created_from is not None or self.created_to is not None

    @property
    def is_by_text(self) -> bool:
        """Whether the index of texts narrows it down.

        A reporter's own issues are looked through without it: others' texts must not make that
        slow.
        """
        return bool(self.text) and not self.created_by

    def conditions(self, dialect: str, *, counting: bool = False) -> list[ColumnElement[bool]]:
        """The WHERE clause; ``counting`` if every issue that is meant is looked at."""
        org_id: ColumnElement[str] = issues.c.org_id
        if dialect == "sqlite" and self.is_by_text and (self.keys is not None or counting):
            # Or it would go by the index of states, although that of texts leaves fewer over.
            org_id = literal_column("+issues.org_id", String)
        conditions_found: list[ColumnElement[bool]] = [
            org_id == self.org_id,
            issues.c.state.in_(self.states),
        ]
        if self.types:
            conditions_found.append(issues.c.type.in_(self.types))
        if self.created_by:
            conditions_found.append(issues.c.created_by.in_(self.created_by))
        if self.projects:
            conditions_found.append(issues.c.project_id.in_(self.projects))
        if self.created_from is not None:
            conditions_found.append(issues.c.created_at >= self.created_from)
        if self.created_to is not None:
            conditions_found.append(issues.c.created_at < self.created_to)
        if self.lowest is not None:
            conditions_found.append(issues.c.number >= self.lowest)
        if self.highest is not None:
            conditions_found.append(issues.c.number <= self.highest)
        if self.text and self.keys is not None:
            conditions_found.append(search.match_candidates(self.keys, self.text))
        elif self.text:
            conditions_found.append(search.match_text(dialect, self.text, indexed=self.is_by_text))
        return conditions_found


def list_issues(
    connection: Connection,
    issue_filter: IssueFilter,
    *,
    descending: bool,
    limit: int,
    offset: int = 0,
    above: int | None = None,
    below: int | None = None,
) -> Sequence[AnyRow]:
    """Issues with their creators by number; ``above`` and ``below`` are exclusive bounds on it."""
    query: Select[Any] = select(issues.c.number).where(
        *issue_filter.conditions(connection.dialect.name)
    )
    if above is not None:
        query = query.where(issues.c.number > above)
    if below is not None:
        query = query.where(issues.c.number < below)
    order = issues.c.number.desc() if descending else issues.c.number
    # The rows only once it is known which: whole rows of those that are skipped cost the most.
    page = query.order_by(order).limit(limit).offset(offset).subquery()
    conditions_found = _WITH_CREATOR.where(
        issues.c.org_id == issue_filter.org_id, issues.c.number.in_(select(page))
    )
    return connection.execute(conditions_found.order_by(order)).all()


def has_issues_beyond(
    connection: Connection, issue_filter: IssueFilter, number: int, *, above: bool
) -> bool:
    """Whether an issue that is meant has a higher (or else a lower) number."""
    beyond = issues.c.number > number if above else issues.c.number < number
    query = select(
        exists(select(literal(1)).where(*issue_filter.conditions(connection.dialect.name), beyond))
    )
    return bool(connection.scalar(query))


def count_matching(connection: Connection, issue_filter: IssueFilter) -> int:
    """How many issues are meant, looking at each: see `blocks` for a faster way."""
    conditions = issue_filter.conditions(connection.dialect.name, counting=True)
    query = select(func.count()).select_from(issues).where(*conditions)
    return int(connection.execute(query).scalar_one())


def list_archivable(
    connection: Connection,
    org_id: str,
    *,
    created_before: int,
    closed_before: int,
    above: int,
    limit: int,
) -> Sequence[AnyRow]:
    """Closed and deleted issues of long ago with their creators, by number."""
    closed = and_(
        issues.c.state == IssueState.CLOSED,
        # What came by `import` has no time of its closing.
        func.coalesce(issues.c.closed_at, issues.c.updated_at) < closed_before,
    )
    deleted = and_(issues.c.state == IssueState.DELETED, issues.c.updated_at < closed_before)
    query = _WITH_CREATOR.where(
        issues.c.org_id == org_id,
        issues.c.number > above,
        issues.c.created_at < created_before,
        or_(closed, deleted),
    )
    return connection.execute(query.order_by(issues.c.number).limit(limit)).all()


def delete_unchanged(connection: Connection, org_id: str, changed_at: Mapping[str, int]) -> int:
    """Delete for good the issues last changed at these times, with all that belongs to them.

    Returns how many there were.
    """
    query = select(issues.c.id, issues.c.updated_at).where(
        issues.c.org_id == org_id, issues.c.id.in_(list(changed_at))
    )
    conditions_found = connection.execute(query.order_by(issues.c.number).with_for_update())
    ids = [issue_id for issue_id, at in conditions_found if at == changed_at[issue_id]]
    for table, column in (
        (history, history.c.issue_id),
        (idempotency, idempotency.c.issue_id),
        (issues, issues.c.id),
    ):
        connection.execute(delete(table).where(table.c.org_id == org_id, column.in_(ids)))
    return len(ids)


def count_existing(connection: Connection, org_id: str, issue_ids: Sequence[str]) -> int:
    """How many of these issues there are."""
    query = select(func.count()).where(issues.c.org_id == org_id, issues.c.id.in_(issue_ids))
    return int(connection.execute(query).scalar_one())
