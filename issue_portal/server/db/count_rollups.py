"""Counts of issues per day, so that totals and statistics take the same time for many issues.

A transaction that changes issues calls `record` once, as its last step: other writers wait for the
counts until it commits. ``python -m issue_portal check`` compares the counts with the issues.

- ``issue_counts``: issues by day of creation (UTC), project, type, state and anonymity
- ``issue_durations``: times from creation to review and to closing, by day of creation
- ``issue_quarter_hours``: issues created and closed. In every time zone, days begin at one of these
  quarters. Deleted issues count neither here nor as durations.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Table, case, delete, select, text
from sqlalchemy.dialects import postgresql, sqlite

from issue_portal.models.vocabulary import IssueState
from issue_portal.server.db.issue_filter import IssueFilter
from issue_portal.server.db.queries_issues import list_counted_columns
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

_TABLES: Final = (issue_counts, issue_durations, issue_quarter_hours)

Key = tuple[Any, ...]

Rows = dict[Table, dict[Key, Mapping[str, int | None]]]
"""The columns of the tables that are not part of the primary key, by table and primary key."""


@dataclass
class Group:
    """Issues of one day, project, type, state and anonymity."""

    count: int = 0
    unread: int = 0
    first_number: int | None = None
    last_number: int | None = None


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
            first, last = group.first_number, group.last_number
            group.first_number = row.number if first is None else min(row.number, first)
            group.last_number = row.number if last is None else max(row.number, last)
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
        values = [{**dict(zip(names, key, strict=True)), **entries[key]} for key in entries]
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


def _read_rows(
    connection: Connection, table: Table, org_id: str
) -> dict[Key, Mapping[str, int | None]]:
    """Return the stored rows in which a count is not 0, without issue numbers."""
    keys = table.primary_key.columns.keys()
    rows: dict[Key, Mapping[str, int | None]] = {}
    for row in connection.execute(select(table).where(table.c.org_id == org_id)).mappings():
        values = _drop_numbers({name: row[name] for name in row if name not in keys})
        if any(values.values()):
            rows[tuple(row[name] for name in keys)] = values
    return rows


def _drop_numbers(values: Mapping[str, int | None]) -> dict[str, int | None]:
    """Leave out the issue numbers, which stay when the issues at the edges are deleted."""
    return {name: value for name, value in values.items() if not name.endswith("_number")}
