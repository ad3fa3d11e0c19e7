"""Statistics of issues: counts, and durations until the first review and until closing.

Deleted issues do not count. ``start`` and ``end`` are in seconds since 1970; ``end`` is exclusive.
"""

from collections import Counter
from dataclasses import replace
from datetime import datetime, tzinfo

from sqlalchemy import ColumnElement, Connection, func, select

from issue_portal.models.vocabulary import LIVE_STATES
from issue_portal.server.db import count_rollups
from issue_portal.server.db.queries_issues import IssueFilter
from issue_portal.server.db.tables import issues
from issue_portal.server.services.serializers import JsonObject

MAX_PROJECTS = 20
"""Maximum number of projects in the statistics: those with the most issues."""

_QUARTER_HOUR = 900
"""In seconds. In all current time zones, each day begins at a multiple of it since 1970."""


def compute_stats(
    connection: Connection, org_id: str, *, start: int | None, end: int | None, zone: tzinfo
) -> JsonObject:
    """Return the statistics of issues created from ``start`` to ``end``, with days of ``zone``."""
    selection = IssueFilter(org_id, LIVE_STATES, created_from=start, created_to=end)
    # In an empty period, select no issue: no number is at least 1 and at most 0.
    period = count_rollups.narrow_to_period(connection, selection) or replace(
        selection, lowest=1, highest=0
    )
    by_state = _count_by(connection, period, "state")
    unread, anonymous = _count_unread_and_anonymous(connection, period)
    open_before = _count_open(connection, org_id, start) if start else 0
    return {
        "total": sum(by_state.values()),
        "unread": unread,
        "anonymous": anonymous,
        "by_state": by_state,
        "by_type": _count_by(connection, period, "type"),
        "by_project": _count_by_project(connection, period),
        "open_before": open_before,
        "by_day": _list_days(connection, period, zone, open_before),
        "time_to_review": _compute_duration(connection, period, "reviewed_at"),
        "time_to_close": _compute_duration(connection, period, "closed_at"),
    }


def _count_by(connection: Connection, period: IssueFilter, column: str) -> dict[str, int]:
    values = issues.c[column]
    query = select(values, func.count()).where(*_conditions(connection, period)).group_by(values)
    return {str(value): number for value, number in connection.execute(query)}


def _count_by_project(connection: Connection, period: IssueFilter) -> list[JsonObject]:
    number = func.count().label("number")
    query = (
        select(issues.c.project_id, number)
        .where(*_conditions(connection, period), issues.c.project_id.is_not(None))
        .group_by(issues.c.project_id)
        .order_by(number.desc(), issues.c.project_id)
        .limit(MAX_PROJECTS)
    )
    return [{"project": {"id": row[0]}, "count": row[1]} for row in connection.execute(query)]


def _count_unread_and_anonymous(connection: Connection, period: IssueFilter) -> tuple[int, int]:
    query = select(
        func.count().filter(issues.c.is_read.is_(False)),
        func.count().filter(issues.c.created_by.is_(None)),
    ).where(*_conditions(connection, period))
    unread, anonymous = connection.execute(query).one()
    return unread, anonymous


def _count_open(connection: Connection, org_id: str, at: int) -> int:
    """Count the issues that were open at a time, in seconds since 1970."""
    all_issues = IssueFilter(org_id, LIVE_STATES)
    closed = select(func.count()).where(
        *_conditions(connection, all_issues), issues.c.closed_at < at
    )
    created = count_rollups.count(connection, replace(all_issues, created_to=at))
    return created - int(connection.execute(closed).scalar_one())


def _list_days(
    connection: Connection, period: IssueFilter, zone: tzinfo, open_before: int
) -> list[JsonObject]:
    created = _count_per_day(connection, period, "created_at", zone)
    closed = _count_per_day(connection, period, "closed_at", zone)
    days, still_open = [], open_before
    for day in sorted(created.keys() | closed.keys()):
        still_open += created[day] - closed[day]
        days.append({"day": day, "count": created[day], "closed": closed[day], "open": still_open})
    return days


def _count_per_day(
    connection: Connection, period: IssueFilter, column: str, zone: tzinfo
) -> Counter[str]:
    """Count the issues whose time in ``column`` is in the period, per day in ``zone``."""
    at = issues.c[column]
    all_issues = IssueFilter(period.org_id, period.states)
    conditions = [*_conditions(connection, all_issues), at.is_not(None)]
    if period.created_from is not None:
        conditions.append(at >= period.created_from)
    if period.created_to is not None:
        conditions.append(at < period.created_to)
    quarter = (at // _QUARTER_HOUR).label("quarter")
    days: Counter[str] = Counter()
    for quarter_index, number in connection.execute(
        select(quarter, func.count()).where(*conditions).group_by(quarter)
    ):
        begin = datetime.fromtimestamp(int(quarter_index) * _QUARTER_HOUR, zone)
        days[begin.date().isoformat()] += number
    return days


def _compute_duration(
    connection: Connection, period: IssueFilter, column: str
) -> JsonObject | None:
    """Return count, median and 90th percentile of the seconds from creation to ``column``.

    Percentiles use the nearest-rank method. Returns None if ``column`` is null in all issues.
    """
    duration = (issues.c[column] - issues.c.created_at).label("duration")
    conditions = [*_conditions(connection, period), issues.c[column].is_not(None)]
    number = int(
        connection.scalar(select(func.count()).select_from(issues).where(*conditions)) or 0
    )
    if not number:
        return None
    ordered = select(duration).where(*conditions).order_by(duration).limit(1)
    median, p90 = (
        int(connection.execute(ordered.offset(-(-number * percent // 100) - 1)).scalar_one())
        for percent in (50, 90)
    )
    return {"count": number, "median": median, "p90": p90}


def _conditions(connection: Connection, issue_filter: IssueFilter) -> list[ColumnElement[bool]]:
    return issue_filter.build_conditions(connection.dialect.name)
