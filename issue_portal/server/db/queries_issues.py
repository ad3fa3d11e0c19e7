"""SQL for issues. `issue_access` says who may do what, and `issue_editor` has the changes."""

from collections import namedtuple
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    Update,
    and_,
    bindparam,
    exists,
    func,
    insert,
    literal,
    select,
    union,
    update,
)

from issue_portal.models.vocabulary import HistoryAction, IssueState
from issue_portal.server.db import search
from issue_portal.server.db.issue_filter import IssueFilter, build_conditions, build_parts
from issue_portal.server.db.queries_history import NewHistoryEntry, add_entries
from issue_portal.server.db.statements import Shape, bind, select_in
from issue_portal.server.db.tables import AnyRow, IssueRow, issues, projects, users


def add_issues(connection: Connection, rows: Sequence[IssueRow]) -> None:
    """Insert issues of one organisation, and the first entries of their histories."""
    connection.execute(
        insert(issues),
        [vars(row) | {"search_text": search.fold(row.description)} for row in rows],
    )
    created = [
        (row.id, 1, NewHistoryEntry(row.created_at, HistoryAction.CREATED, row.created_by))
        for row in rows
    ]
    add_entries(connection, rows[0].org_id, created)


# Not the text for searches, which may be four times as long as the description.
_ISSUE_COLUMNS = [column for column in issues.c if column is not issues.c.search_text]

WITH_CREATOR = select(
    *_ISSUE_COLUMNS,
    users.c.account_id.label("user_account_id"),
    users.c.name.label("user_name"),
    users.c.email.label("user_email"),
    users.c.state.label("user_state"),
    users.c.role.label("user_role"),
    users.c.created_at.label("user_created_at"),
    projects.c.name.label("project_name"),
).select_from(
    issues.outerjoin(
        users, and_(users.c.org_id == issues.c.org_id, users.c.id == issues.c.created_by)
    ).outerjoin(
        projects,
        and_(projects.c.org_id == issues.c.org_id, projects.c.id == issues.c.project_id),
    )
)


# Reading an attribute of a named tuple takes a tenth of the time of an attribute of a row.
_ListedIssue: Any = namedtuple("_ListedIssue", WITH_CREATOR.selected_columns.keys())  # type: ignore[misc]

_ISSUE_BY_ID = WITH_CREATOR.where(
    issues.c.org_id == bindparam("org_id"), issues.c.id == bindparam("id")
)
_ISSUE_BY_ID_LOCKED = _ISSUE_BY_ID.with_for_update(of=issues)


def find_issue(
    connection: Connection, org_id: str, issue_id: str, *, lock: bool = False
) -> AnyRow | None:
    """Return an issue with its creator and its project's name.

    ``lock`` blocks changes by others until the commit.
    """
    query = _ISSUE_BY_ID_LOCKED if lock else _ISSUE_BY_ID
    return connection.execute(query, {"org_id": org_id, "id": issue_id}).one_or_none()


_ISSUES = select(*_ISSUE_COLUMNS).where(issues.c.org_id == bindparam("org_id"))


def find_issue_by_receipt(
    connection: Connection, org_id: str, receipt_hashes: Sequence[bytes]
) -> AnyRow | None:
    """Return the issue whose receipt has one of these hashes."""
    rows = select_in(connection, _ISSUES, issues.c.receipt_hash, receipt_hashes, org_id)
    return rows[0] if rows else None


@dataclass(frozen=True)
class ReviewTimes:
    """Times of the review of an issue, in seconds since 1970."""

    reviewed_at: int | None
    """When the issue first left NotReviewed; None if its review has not begun."""
    closed_at: int | None
    """When the issue was closed; None unless it is closed."""


@dataclass(frozen=True)
class IssueChange:
    """New values of fields of an issue. ``times`` is None if the times of the review stay."""

    updated_at: int
    fields: Mapping[str, str | bool]
    times: ReviewTimes | None = None


@cache
def _build_update(names: frozenset[str]) -> Update:
    return (
        update(issues)
        .where(issues.c.org_id == bindparam("key_org_id"), issues.c.id == bindparam("key_id"))
        .values({name: bindparam(name) for name in names})
    )


def update_issue(connection: Connection, org_id: str, issue_id: str, change: IssueChange) -> None:
    """Store a change of one issue."""
    values: dict[str, object] = {"updated_at": change.updated_at, **change.fields}
    if change.times:
        values |= asdict(change.times)
    if "description" in change.fields:
        values["search_text"] = search.fold(str(change.fields["description"]))
    key = {"key_org_id": org_id, "key_id": issue_id}
    connection.execute(_build_update(frozenset(values)), values | key)


@cache
def _build_page_query(shape: Shape, dialect: str, descending: bool) -> Select[Any]:
    order = issues.c.number.desc() if descending else issues.c.number
    # Fetch whole rows for the page only: reading the rows of skipped issues would take longest.
    page = (
        select(issues.c.number)
        .where(*build_conditions(shape, dialect))
        .order_by(order)
        .limit(bindparam("limit"))
        .offset(bindparam("offset"))
        .subquery()
    )
    with_creators = WITH_CREATOR.where(
        issues.c.org_id == bindparam("page_org_id"), issues.c.number.in_(select(page))
    )
    return with_creators.order_by(order)


@cache
def _build_exists_query(shape: Shape, dialect: str) -> Select[Any]:
    return select(exists(select(literal(1)).where(*build_conditions(shape, dialect))))


@cache
def _build_count_query(shape: Shape, dialect: str) -> Select[Any]:
    parts = build_parts(shape, dialect)
    if len(parts) == 1:
        return select(func.count()).select_from(issues).where(*parts[0])
    numbers = union(*(select(issues.c.number).where(*conditions) for conditions in parts))
    return select(func.count()).select_from(numbers.subquery())


def list_issues(
    connection: Connection,
    issue_filter: IssueFilter,
    *,
    descending: bool,
    limit: int,
    offset: int = 0,
    above: int | None = None,
    below: int | None = None,
) -> list[Any]:
    """Return issues with their creators, by number; ``above`` and ``below`` are exclusive."""
    dialect = connection.dialect.name
    criteria = issue_filter.list_criteria(dialect)
    if above is not None:
        criteria["above"] = above
    if below is not None:
        criteria["below"] = below
    shape, values = bind(criteria)
    query = _build_page_query(shape, dialect, descending)
    page = {"page_org_id": issue_filter.org_id, "limit": limit, "offset": offset}
    return [_ListedIssue._make(row) for row in connection.execute(query, values | page)]


def has_issues_beyond(
    connection: Connection, issue_filter: IssueFilter, number: int, *, above: bool
) -> bool:
    """Return whether any matching issue has a higher number; if not ``above``, a lower one."""
    dialect = connection.dialect.name
    criteria = issue_filter.list_criteria(dialect) | {"above" if above else "below": number}
    shape, values = bind(criteria)
    return bool(connection.scalar(_build_exists_query(shape, dialect), values))


def count_matching(connection: Connection, issue_filter: IssueFilter) -> int:
    """Count the matching issues one by one.

    `count_rollups.count` is faster for filters by state, type, project and period.
    """
    dialect = connection.dialect.name
    shape, values = bind(issue_filter.list_criteria(dialect, counting=True))
    query = _build_count_query(shape, dialect)
    return int(connection.execute(query, values).scalar_one())


COUNTED_COLUMNS = (
    issues.c.number,
    issues.c.created_at,
    issues.c.project_id,
    issues.c.type,
    issues.c.state,
    issues.c.created_by,
    issues.c.is_read,
    issues.c.reviewed_at,
    issues.c.closed_at,
)

_CountedIssue: Any = namedtuple("_CountedIssue", [column.name for column in COUNTED_COLUMNS])  # type: ignore[misc]


@cache
def _build_counted_query(shape: Shape, dialect: str) -> Select[Any]:
    return select(*COUNTED_COLUMNS).where(*build_conditions(shape, dialect))


def list_counted_columns(connection: Connection, issue_filter: IssueFilter) -> Iterable[Any]:
    """Return the matching issues in any order, with the columns that `count_rollups` needs."""
    dialect = connection.dialect.name
    shape, values = bind(issue_filter.list_criteria(dialect, counting=True))
    query = _build_counted_query(shape, dialect)
    rows = connection.execute(query, values, execution_options={"yield_per": 10_000})
    return map(_CountedIssue._make, rows)


_CLOSED_IN_PERIOD = (
    select(func.count())
    .select_from(issues)
    .where(
        issues.c.org_id == bindparam("org_id"),
        issues.c.closed_at >= bindparam("start"),
        issues.c.closed_at < bindparam("stop"),
        issues.c.state != IssueState.DELETED,
    )
)


def count_closed(connection: Connection, org_id: str, period: range) -> int:
    """Count the issues that were closed in a period, in seconds since 1970."""
    values = {"org_id": org_id, "start": period.start, "stop": period.stop}
    return int(connection.execute(_CLOSED_IN_PERIOD, values).scalar_one())
