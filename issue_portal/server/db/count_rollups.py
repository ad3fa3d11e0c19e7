"""Counts of issues per day, so that totals and statistics take the same time for many issues.

A transaction that changes issues calls `record` once, as its last step: other writers wait for the
counts until it commits. ``python -m issue_portal check`` compares the counts with the issues.

- ``issue_counts``: issues by day of creation (UTC), project, type, state and anonymity
- ``issue_durations``: times from creation to review and to closing, by day of creation
- ``issue_quarter_hours``: issues created and closed. In every time zone, days begin at one of these
  quarters. Deleted issues count neither here nor as durations.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Select,
    Table,
    bindparam,
    case,
    cast,
    delete,
    func,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite

from issue_portal.models.vocabulary import LIVE_STATES, IssueState
from issue_portal.server.db.queries_issues import (
    IssueFilter,
    count_closed,
    count_matching,
    list_counted_columns,
)
from issue_portal.server.db.statements import Shape, bind, list_parameters
from issue_portal.server.db.tables import (
    AnyRow,
    IssueRow,
    issue_counts,
    issue_durations,
    issue_quarter_hours,
)

DAY: Final = 86_400
"""In seconds."""

QUARTER_HOUR: Final = 900
"""In seconds."""

ALL_DAYS: Final = -1
"""Day number of the counts of all days together."""

_NO_END: Final = 2**40
"""End of an open period, in any unit."""

_COUNTED_FIELDS: Final = frozenset(
    {"org_id", "states", "types", "projects", "created_from", "created_to"}
)
"""Fields of `IssueFilter` that ``issue_counts`` can answer."""

_RECENT: Final = 7 * DAY
"""If a list ends in this time before now, skipping the newer issues is faster than a look-up."""

_TABLES: Final = (issue_counts, issue_durations, issue_quarter_hours)

Key = tuple[Any, ...]

Rows = dict[Table, dict[Key, dict[str, int]]]
"""The columns of the tables that are not part of the primary key, by table and primary key."""


@dataclass
class Group:
    """Issues of one day, project, type, state and anonymity."""

    count: int = 0
    unread: int = 0
    first_number: int = 0
    last_number: int = 0


@dataclass
class Tally:
    """Counts of some issues, in the form of the tables."""

    groups: defaultdict[Key, Group] = field(default_factory=lambda: defaultdict(Group))
    """By day, project id ("" for none), type, state and anonymity."""

    durations: Counter[Key] = field(default_factory=Counter)
    """By day, name of the column with the later time, and bucket (see `find_bucket`)."""

    created: Counter[int] = field(default_factory=Counter)
    """By quarter of an hour since 1970."""

    closed: Counter[int] = field(default_factory=Counter)

    def add(self, row: AnyRow | IssueRow, sign: int = 1) -> None:
        """Add an issue; subtract it if ``sign`` is -1."""
        day = row.created_at // DAY
        for each_day in (day, ALL_DAYS):
            key = (each_day, row.project_id or "", row.type, row.state, row.created_by is None)
            group = self.groups[key]
            group.count += sign
            group.unread += 0 if row.is_read else sign
            group.first_number = min(row.number, group.first_number or row.number)
            group.last_number = max(row.number, group.last_number)
        if row.state == IssueState.DELETED:
            return
        self.created[row.created_at // QUARTER_HOUR] += sign
        if row.closed_at is not None:
            self.closed[row.closed_at // QUARTER_HOUR] += sign
        for until, at in (("reviewed_at", row.reviewed_at), ("closed_at", row.closed_at)):
            if at is not None:
                self.durations[day, until, find_bucket(at - row.created_at)] += sign

    def list_rows(self, org_id: str) -> "Rows":
        """Return the rows in which a count is not 0."""
        quarters = self.created.keys() | self.closed.keys()
        rows: Rows = {
            issue_counts: {key: dict(vars(group)) for key, group in self.groups.items()},
            issue_durations: {key: {"count": number} for key, number in self.durations.items()},
            issue_quarter_hours: {
                (quarter,): {"created": self.created[quarter], "closed": self.closed[quarter]}
                for quarter in quarters
            },
        }
        return {
            table: {
                (org_id, *key): values
                for key, values in sorted(entries.items())
                if any(_drop_numbers(values).values())
            }
            for table, entries in rows.items()
        }


def find_bucket(seconds: int) -> int:
    """Return the number of a duration's bucket: 16 buckets for each doubling, exact below 32 s."""
    shift = max(0, max(0, seconds).bit_length() - 5)
    return (shift << 4) + (max(0, seconds) >> shift)


def get_bucket_middle(bucket: int) -> int:
    """Return the seconds in the middle of a bucket, at most 3.2 % from any duration in it."""
    shift = max(0, (bucket >> 4) - 1)
    return ((bucket - (shift << 4)) << shift) + (1 << shift >> 1)


def record(
    connection: Connection,
    org_id: str,
    *,
    added: Iterable[AnyRow | IssueRow] = (),
    removed: Iterable[AnyRow | IssueRow] = (),
) -> None:
    """Count new issues or versions, and no longer count old ones.

    Call this once per transaction: it locks the counts in a fixed order, which prevents deadlocks.
    """
    tally = Tally()
    for row in removed:
        tally.add(row, -1)
    for row in added:
        tally.add(row)
    _write(connection, tally.list_rows(org_id))


def _write(connection: Connection, rows: Rows) -> None:
    for table, entries in rows.items():
        names = table.primary_key.columns.keys()
        values = [dict(zip(names, key, strict=True)) | entries[key] for key in entries]
        if values:
            connection.execute(_build_upsert(table, connection.dialect.name), values)


@cache
def _build_upsert(table: Table, dialect: str) -> Any:
    """Return a statement that inserts a row, or adds its counts to those of the stored row."""
    insert = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    new = insert.excluded
    changes = {
        column.name: column + new[column.name] for column in table.c if not column.primary_key
    }
    if table is issue_counts:
        first, last = table.c.first_number, table.c.last_number
        changes["first_number"] = case((new.first_number < first, new.first_number), else_=first)
        changes["last_number"] = case((new.last_number > last, new.last_number), else_=last)
    return insert.on_conflict_do_update(
        index_elements=list(table.primary_key.columns), set_=changes
    )


def find_differences(connection: Connection, org_id: str) -> int:
    """Return the number of rows that differ from new counts of all issues."""
    expected = _tally_all(connection, org_id).list_rows(org_id)
    differences = 0
    for table in _TABLES:
        stored = _read_rows(connection, table, org_id)
        new = {key: _drop_numbers(values) for key, values in expected[table].items()}
        differences += sum(stored.get(key) != new.get(key) for key in stored.keys() | new.keys())
    return differences


def rebuild(connection: Connection, org_id: str) -> None:
    """Replace the counts with new counts of all issues. Other writers wait until the commit."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE issues IN SHARE MODE"))
    for table in _TABLES:
        connection.execute(delete(table).where(table.c.org_id == org_id))
    _write(connection, _tally_all(connection, org_id).list_rows(org_id))


def _tally_all(connection: Connection, org_id: str) -> Tally:
    tally = Tally()
    for row in list_counted_columns(connection, IssueFilter(org_id, tuple(IssueState))):
        tally.add(row)
    return tally


def _read_rows(connection: Connection, table: Table, org_id: str) -> dict[Key, dict[str, int]]:
    """Return the stored rows in which a count is not 0, without issue numbers."""
    keys = table.primary_key.columns.keys()
    rows: dict[Key, dict[str, int]] = {}
    for row in connection.execute(select(table).where(table.c.org_id == org_id)).mappings():
        values = _drop_numbers({name: row[name] for name in row if name not in keys})
        if any(values.values()):
            rows[tuple(row[name] for name in keys)] = values
    return rows


def _drop_numbers(values: dict[str, int]) -> dict[str, int]:
    """Leave out the issue numbers, which stay when the issues at the edges are deleted."""
    return {name: value for name, value in values.items() if not name.endswith("_number")}


def count(connection: Connection, issue_filter: IssueFilter) -> int:
    """Count the issues that match the filter, without reading each of them if possible."""
    if not _is_counted(issue_filter):
        return count_matching(connection, issue_filter)
    start, end = issue_filter.created_from, issue_filter.created_to
    if start is None and end is not None:
        # The issues after the period are usually few.
        everything = replace(issue_filter, created_to=None)
        later = replace(everything, created_from=end)
        return count(connection, everything) - count(connection, later)
    days, rest = _split_period(start, end, DAY)
    criteria = {
        "org_id": issue_filter.org_id,
        "states": issue_filter.states,
        "types": issue_filter.types,
        "projects": issue_filter.projects,
        "first": days.start,
        "last": days.stop - 1,
    }
    shape, values = bind({name: value for name, value in criteria.items() if value != ()})
    total: int = connection.execute(_build_sum(shape), values).scalar_one()
    for period in rest:
        part = _narrow_to_range(connection, issue_filter, period)
        total += count_matching(connection, part) if part else 0
    return total


def _is_counted(issue_filter: IssueFilter) -> bool:
    """Return whether the counts can answer the filter: all other fields have their defaults."""
    return all(
        field.name in _COUNTED_FIELDS or getattr(issue_filter, field.name) == field.default
        for field in fields(issue_filter)
    )


def _sum(column: Column[int]) -> ColumnElement[int]:
    # PostgreSQL adds up BIGINT as NUMERIC.
    return cast(func.coalesce(func.sum(column), 0), BigInteger)


@cache
def _build_sum(shape: Shape) -> Select[Any]:
    counts = issue_counts.c
    columns = {"states": counts.state, "types": counts.type, "projects": counts.project_id}
    conditions = [
        columns[name].in_(list_parameters(name, number))
        for name, number in shape
        if name in columns
    ]
    days = counts.day.between(bindparam("first"), bindparam("last"))
    return select(_sum(counts.count)).where(counts.org_id == bindparam("org_id"), days, *conditions)


def _split_period(start: int | None, end: int | None, unit: int) -> tuple[range, list[range]]:
    """Return the whole units of a period, by number, and the periods before and after them.

    Times are seconds since 1970, ``end`` is exclusive, and ``unit`` is a number of seconds. Without
    ``start`` and ``end``, the days are `ALL_DAYS` alone.
    """
    if start is None and end is None:
        return range(ALL_DAYS, ALL_DAYS + 1), []
    first = 0 if start is None else -(-start // unit)
    stop = _NO_END if end is None else end // unit
    if start is not None and end is not None and first > stop:
        return range(first, first), [range(start, end)]
    rest = []
    if start is not None and start < first * unit:
        rest.append(range(start, first * unit))
    if end is not None and stop * unit < end:
        rest.append(range(stop * unit, end))
    return range(first, stop), rest


def narrow_to_period(connection: Connection, issue_filter: IssueFilter) -> IssueFilter | None:
    """Limit the filter to the issue numbers of its period; return None if the period is empty."""
    start, end = issue_filter.created_from, issue_filter.created_to
    if start is None and (end is None or end > time.time() - _RECENT):
        return issue_filter
    lowest, highest = connection.execute(
        _NUMBERS_OF_PERIOD,
        {
            "org_id": issue_filter.org_id,
            "first": (start or 0) // DAY,
            "last": (_NO_END if end is None else end) // DAY,
        },
    ).one()
    return None if lowest is None else replace(issue_filter, lowest=lowest, highest=highest)


_NUMBERS_OF_PERIOD = select(
    func.min(issue_counts.c.first_number), func.max(issue_counts.c.last_number)
).where(
    issue_counts.c.org_id == bindparam("org_id"),
    issue_counts.c.day >= bindparam("first"),
    issue_counts.c.day <= bindparam("last"),
    issue_counts.c.count > 0,
)


def tally_period(connection: Connection, org_id: str, start: int | None, end: int | None) -> Tally:
    """Count the issues created in a period. The groups to use have the day `ALL_DAYS`."""
    days, rest = _split_period(start, end, DAY)
    values = {"org_id": org_id, "first": days.start, "last": days.stop - 1}
    tally = Tally()
    for *key, number, unread in connection.execute(_GROUPS_OF_DAYS, values):
        tally.groups[ALL_DAYS, *key] = Group(number, unread)
    if start is None and end is None:
        values |= {"first": 0, "last": _NO_END}
    for until, bucket, number in connection.execute(_DURATIONS_OF_DAYS, values):
        tally.durations[ALL_DAYS, until, bucket] = number
    for period in rest:
        part = _narrow_to_range(connection, IssueFilter(org_id, LIVE_STATES), period)
        for row in list_counted_columns(connection, part) if part else ():
            tally.add(row)
    return tally


_GROUP_COLUMNS = (
    issue_counts.c.project_id,
    issue_counts.c.type,
    issue_counts.c.state,
    issue_counts.c.anonymous,
)

_GROUPS_OF_DAYS = (
    select(*_GROUP_COLUMNS, _sum(issue_counts.c.count), _sum(issue_counts.c.unread))
    .where(
        issue_counts.c.org_id == bindparam("org_id"),
        issue_counts.c.day.between(bindparam("first"), bindparam("last")),
        issue_counts.c.state != IssueState.DELETED,
    )
    .group_by(*_GROUP_COLUMNS)
)

_DURATIONS_OF_DAYS = (
    select(issue_durations.c.until, issue_durations.c.bucket, _sum(issue_durations.c.count))
    .where(
        issue_durations.c.org_id == bindparam("org_id"),
        issue_durations.c.day.between(bindparam("first"), bindparam("last")),
    )
    .group_by(issue_durations.c.until, issue_durations.c.bucket)
)


def tally_quarter_hours(
    connection: Connection, org_id: str, start: int | None, end: int | None
) -> Tally:
    """Count the issues created and closed in each quarter of an hour of a period."""
    quarters, rest = _split_period(start, end, QUARTER_HOUR)
    if start is None and end is None:
        quarters = range(_NO_END)
    values = {"org_id": org_id, "first": quarters.start, "last": quarters.stop - 1}
    tally = Tally()
    for quarter, created, closed in connection.execute(_QUARTER_HOURS, values):
        tally.created[quarter], tally.closed[quarter] = created, closed
    for period in rest:
        quarter = period.start // QUARTER_HOUR
        part = _narrow_to_range(connection, IssueFilter(org_id, LIVE_STATES), period)
        tally.created[quarter] += count_matching(connection, part) if part else 0
        tally.closed[quarter] += count_closed(connection, org_id, period)
    return tally


_QUARTER_HOURS = select(
    issue_quarter_hours.c.quarter_hour, issue_quarter_hours.c.created, issue_quarter_hours.c.closed
).where(
    issue_quarter_hours.c.org_id == bindparam("org_id"),
    issue_quarter_hours.c.quarter_hour.between(bindparam("first"), bindparam("last")),
)


def _narrow_to_range(
    connection: Connection, issue_filter: IssueFilter, period: range
) -> IssueFilter | None:
    return narrow_to_period(
        connection, replace(issue_filter, created_from=period.start, created_to=period.stop)
    )
