"""SQL for issues. `issue_service` has the rules, and `routes` the HTTP operations."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
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

from issue_portal.models.vocabulary import HistoryAction, IssueState
from issue_portal.server.db import search
from issue_portal.server.db.queries_history import NewHistoryEntry, add_entries
from issue_portal.server.db.tables import AnyRow, IssueRow, history, idempotency, issues, users


def add_issues(connection: Connection, rows: Sequence[IssueRow]) -> None:
    """Insert issues of one organisation, and the first entries of their histories."""
    connection.execute(
        insert(issues),
        [asdict(row) | {"search_text": search.fold(row.description)} for row in rows],
    )
    created = [
        (row.id, 1, NewHistoryEntry(row.created_at, HistoryAction.CREATED, row.created_by))
        for row in rows
    ]
    add_entries(connection, rows[0].org_id, created)


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
    """Return an issue with its creator; ``lock`` blocks changes by others until the commit."""
    query = _WITH_CREATOR.where(issues.c.org_id == org_id, issues.c.id == issue_id)
    if lock:
        query = query.with_for_update(of=issues)
    return connection.execute(query).one_or_none()


def find_issue_by_receipt(
    connection: Connection, org_id: str, receipt_hashes: Sequence[bytes]
) -> AnyRow | None:
    """Return the issue whose receipt has one of these hashes."""
    query = select(issues).where(
        issues.c.org_id == org_id, issues.c.receipt_hash.in_(receipt_hashes)
    )
    return connection.execute(query).one_or_none()


@dataclass(frozen=True)
class ReviewTimes:
    """Times of the review of an issue, in seconds since 1970."""

    reviewed_at: int
    """When the issue first left NotReviewed."""
    closed_at: int | None
    """When the issue was closed; None unless it is closed."""


@dataclass(frozen=True)
class IssueChange:
    """New values of fields of an issue. ``times`` is None unless the state changes."""

    updated_at: int
    fields: Mapping[str, str | bool]
    times: ReviewTimes | None = None


def update_issue(connection: Connection, org_id: str, issue_id: str, change: IssueChange) -> None:
    """Store a change of one issue."""
    values: dict[str, object] = {"updated_at": change.updated_at, **change.fields}
    if change.times:
        values |= asdict(change.times)
    if "description" in change.fields:
        values["search_text"] = search.fold(str(change.fields["description"]))
    connection.execute(
        update(issues).where(issues.c.org_id == org_id, issues.c.id == issue_id).values(values)
    )


@dataclass(frozen=True)
class IssueFilter:
    """Criteria for issues, mapped from `IssueQuery` in `issue_service`.

    Empty ``types``, ``created_by`` and ``projects`` match every issue. Times are seconds since
    1970; ``created_to`` is exclusive.
    """

    org_id: str
    states: tuple[IssueState, ...]
    types: tuple[str, ...] = ()
    created_by: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    created_from: int | None = None
    created_to: int | None = None
    text: str | None = None
    candidate_keys: tuple[int, ...] | None = None
    """On SQLite, the keys of all issues that may contain the text; None if unknown."""
    lowest: int | None = None
    """Lowest issue number to include."""
    highest: int | None = None
    """Highest issue number to include."""

    @property
    def is_dated(self) -> bool:
        """Whether the filter has a period."""
        return self.created_from is not None or self.created_to is not None

    @property
    def uses_search_index(self) -> bool:
        """Whether the search index is used.

        A filter by reporter skips the index, because the index covers the texts of all reporters.
        """
        return bool(self.text) and not self.created_by

    def build_conditions(
        self, dialect: str, *, counting: bool = False
    ) -> list[ColumnElement[bool]]:
        """Return the WHERE clause. Set ``counting`` if the query visits every matching issue."""
        org_id: ColumnElement[str] = issues.c.org_id
        if (
            dialect == "sqlite"
            and self.uses_search_index
            and (self.candidate_keys is not None or counting)
        ):
            # The plus sign keeps SQLite from using the index of states instead of the search index.
            org_id = literal_column("+issues.org_id", String)
        conditions: list[ColumnElement[bool]] = [
            org_id == self.org_id,
            issues.c.state.in_(self.states),
        ]
        if self.types:
            conditions.append(issues.c.type.in_(self.types))
        if self.created_by:
            conditions.append(issues.c.created_by.in_(self.created_by))
        if self.projects:
            conditions.append(issues.c.project_id.in_(self.projects))
        if self.created_from is not None:
            conditions.append(issues.c.created_at >= self.created_from)
        if self.created_to is not None:
            conditions.append(issues.c.created_at < self.created_to)
        if self.lowest is not None:
            conditions.append(issues.c.number >= self.lowest)
        if self.highest is not None:
            conditions.append(issues.c.number <= self.highest)
        if self.text and self.candidate_keys is not None:
            conditions.append(search.match_candidates(self.candidate_keys, self.text))
        elif self.text:
            conditions.append(search.match_text(dialect, self.text, indexed=self.uses_search_index))
        return conditions


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
    """Return issues with their creators, by number; ``above`` and ``below`` are exclusive."""
    query: Select[Any] = select(issues.c.number).where(
        *issue_filter.build_conditions(connection.dialect.name)
    )
    if above is not None:
        query = query.where(issues.c.number > above)
    if below is not None:
        query = query.where(issues.c.number < below)
    order = issues.c.number.desc() if descending else issues.c.number
    # Fetch whole rows for the page only: reading the rows of skipped issues would take longest.
    page = query.order_by(order).limit(limit).offset(offset).subquery()
    with_creators = _WITH_CREATOR.where(
        issues.c.org_id == issue_filter.org_id, issues.c.number.in_(select(page))
    )
    return connection.execute(with_creators.order_by(order)).all()


def has_issues_beyond(
    connection: Connection, issue_filter: IssueFilter, number: int, *, above: bool
) -> bool:
    """Return whether any matching issue has a higher number; if not ``above``, a lower one."""
    beyond = issues.c.number > number if above else issues.c.number < number
    query = select(
        exists(
            select(literal(1)).where(
                *issue_filter.build_conditions(connection.dialect.name), beyond
            )
        )
    )
    return bool(connection.scalar(query))


def count_matching(connection: Connection, issue_filter: IssueFilter) -> int:
    """Count the matching issues one by one.

    `count_rollups.count` is faster for filters by state, type and period.
    """
    conditions = issue_filter.build_conditions(connection.dialect.name, counting=True)
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
    """Return old closed and deleted issues with their creators, by number."""
    closed = and_(
        issues.c.state == IssueState.CLOSED,
        # Imported issues have no closing time.
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
    """Delete the issues in ``changed_at``, except those that have changed meanwhile.

    ``changed_at`` maps issue ids to the last change that the caller knows. Also deletes the rows of
    the issues in other tables. Returns the number of deleted issues.
    """
    query = select(issues.c.id, issues.c.updated_at).where(
        issues.c.org_id == org_id, issues.c.id.in_(list(changed_at))
    )
    rows = connection.execute(query.order_by(issues.c.number).with_for_update())
    ids = [issue_id for issue_id, at in rows if at == changed_at[issue_id]]
    for table, column in (
        (history, history.c.issue_id),
        (idempotency, idempotency.c.issue_id),
        (issues, issues.c.id),
    ):
        connection.execute(delete(table).where(table.c.org_id == org_id, column.in_(ids)))
    return len(ids)


def count_existing(connection: Connection, org_id: str, issue_ids: Sequence[str]) -> int:
    """Count how many of these issues exist."""
    query = select(func.count()).where(issues.c.org_id == org_id, issues.c.id.in_(issue_ids))
    return int(connection.execute(query).scalar_one())
