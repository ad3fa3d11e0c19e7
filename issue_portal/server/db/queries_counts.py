"""SQL for totals and statistics, answered by the counts that `count_rollups` maintains."""

import time
from dataclasses import fields, replace
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Select,
    bindparam,
    case,
    cast,
    func,
    select,
)

from issue_portal.models.vocabulary import LIVE_STATES, IssueState
from issue_portal.server.db.count_rollups import ALL_DAYS, DAY, QUARTER_HOUR, Group, Tally
from issue_portal.server.db.issue_filter import IssueFilter
from issue_portal.server.db.queries_issues import count_closed, count_matching, list_counted_columns
from issue_portal.server.db.statements import Shape, bind, list_parameters
from issue_portal.server.db.tables import issue_counts, issue_durations, issue_quarter_hours

_NO_END: Final = 2**40
"""End of an open period, in any unit."""

_EVERYTHING: Final = range(ALL_DAYS, ALL_DAYS + 1)
"""The day of ``issue_counts`` that stands for all days."""

_COUNTED_FIELDS: Final = frozenset(
    {"org_id", "states", "types", "projects", "is_read", "anonymous", "created_from", "created_to"}
)
"""Fields of `IssueFilter` that ``issue_counts`` can answer."""

_RECENT: Final = 7 * DAY
"""If a list ends in this time before now, skipping the newer issues is faster than a look-up."""


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
    if start is None and end is None:
        days = _EVERYTHING
    criteria = {
        "org_id": issue_filter.org_id,
        "states": issue_filter.states,
        "types": issue_filter.types,
        "projects": issue_filter.projects,
        "is_read": issue_filter.is_read,
        "anonymous": issue_filter.anonymous,
        "first": days.start,
        "last": days.stop - 1,
    }
    shape, values = bind(
        {name: value for name, value in criteria.items() if value not in ((), None)}
    )
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
    conditions: list[ColumnElement[bool]] = [
        columns[name].in_(list_parameters(name, number))
        for name, number in shape
        if name in columns
    ]
    names = {name for name, _ in shape}
    if "anonymous" in names:
        conditions.append(counts.anonymous == bindparam("anonymous"))
    # Of each row, `unread` issues are unread, and the others are read.
    number: ColumnElement[int] = _sum(counts.count)
    if "is_read" in names:
        is_read = bindparam("is_read", type_=Boolean)
        number = case((is_read, number - _sum(counts.unread)), else_=_sum(counts.unread))
    days = counts.day.between(bindparam("first"), bindparam("last"))
    return select(number).where(counts.org_id == bindparam("org_id"), days, *conditions)


def _split_period(start: int | None, end: int | None, unit: int) -> tuple[range, list[range]]:
    """Return the whole units of a period, by number, and the periods before and after them.

    Times are seconds since 1970, ``end`` is exclusive, and ``unit`` is a number of seconds.
    """
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
    counted_days = _EVERYTHING if start is None and end is None else days
    tally = Tally()
    values = _bind_range(org_id, counted_days)
    for *key, number, unread in connection.execute(_GROUPS_OF_DAYS, values):
        tally.groups[ALL_DAYS, *key] = Group(number, unread)
    values = _bind_range(org_id, days)
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
    tally = Tally()
    values = _bind_range(org_id, quarters)
    for quarter, created, closed in connection.execute(_QUARTER_HOURS, values):
        tally.created[quarter], tally.closed[quarter] = created, closed
    for period in rest:
        quarter = period.start // QUARTER_HOUR
        created, closed = _count_created_and_closed(connection, org_id, period)
        tally.created[quarter] += created
        tally.closed[quarter] += closed
    return tally


def count_open(connection: Connection, org_id: str, at: int) -> int:
    """Count the issues that were open at a time, in seconds since 1970."""
    quarters, rest = _split_period(None, at, QUARTER_HOUR)
    number: int = connection.execute(_STILL_OPEN, _bind_range(org_id, quarters)).scalar_one()
    for period in rest:
        created, closed = _count_created_and_closed(connection, org_id, period)
        number += created - closed
    return number


def _count_created_and_closed(
    connection: Connection, org_id: str, period: range
) -> tuple[int, int]:
    """Count the issues created and closed in a part of a quarter of an hour."""
    part = _narrow_to_range(connection, IssueFilter(org_id, LIVE_STATES), period)
    created = count_matching(connection, part) if part else 0
    return created, count_closed(connection, org_id, period)


_IN_QUARTER_HOURS = (
    issue_quarter_hours.c.org_id == bindparam("org_id"),
    issue_quarter_hours.c.quarter_hour.between(bindparam("first"), bindparam("last")),
)

_QUARTER_HOURS = select(
    issue_quarter_hours.c.quarter_hour, issue_quarter_hours.c.created, issue_quarter_hours.c.closed
).where(*_IN_QUARTER_HOURS)

_STILL_OPEN = select(
    _sum(issue_quarter_hours.c.created) - _sum(issue_quarter_hours.c.closed)
).where(*_IN_QUARTER_HOURS)


def _bind_range(org_id: str, units: range) -> dict[str, Any]:
    return {"org_id": org_id, "first": units.start, "last": units.stop - 1}


def _narrow_to_range(
    connection: Connection, issue_filter: IssueFilter, period: range
) -> IssueFilter | None:
    return narrow_to_period(
        connection, replace(issue_filter, created_from=period.start, created_to=period.stop)
    )
