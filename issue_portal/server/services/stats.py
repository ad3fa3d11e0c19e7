"""Statistics of issues: counts, and durations until the first review and until closing.

Deleted issues do not count. ``start`` and ``end`` are in seconds since 1970; ``end`` is exclusive.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, tzinfo
from itertools import accumulate

from sqlalchemy import Connection

from issue_portal.server.db.count_rollups import ALL_DAYS, QUARTER_HOUR, Key, get_bucket_middle
from issue_portal.server.db.queries_counts import count_open, tally_period, tally_quarter_hours
from issue_portal.server.db.queries_projects import find_project_names
from issue_portal.server.services.serializers import JsonObject

MAX_PROJECTS = 20
"""Maximum number of projects in the statistics: those with the most issues."""


def compute_stats(
    connection: Connection, org_id: str, *, start: int | None, end: int | None, zone: tzinfo
) -> JsonObject:
    """Return the statistics of issues created from ``start`` to ``end``, with days of ``zone``."""
    tally = tally_period(connection, org_id, start, end)
    by_project, by_type, by_state = Counter[str](), Counter[str](), Counter[str]()
    unread = anonymous = 0
    for (day, project, issue_type, state, is_anonymous), group in tally.groups.items():
        if day == ALL_DAYS and group.count:
            by_project[project] += group.count
            by_type[issue_type] += group.count
            by_state[state] += group.count
            unread += group.unread
            anonymous += group.count if is_anonymous else 0
    open_before = count_open(connection, org_id, start) if start else 0
    return {
        "total": by_state.total(),
        "unread": unread,
        "anonymous": anonymous,
        "by_state": by_state,
        "by_type": by_type,
        "by_project": _list_projects(connection, org_id, by_project),
        "open_before": open_before,
        "by_day": _list_days(connection, org_id, start, end, zone, open_before),
        "time_to_review": _summarize_durations(tally.durations, "reviewed_at"),
        "time_to_close": _summarize_durations(tally.durations, "closed_at"),
    }


def _list_projects(
    connection: Connection, org_id: str, by_project: Mapping[str, int]
) -> list[JsonObject]:
    """Return the projects with the most issues; "" stands for issues without a project."""
    largest = sorted(by_project.items(), key=lambda item: (-item[1], item[0]))
    counts = dict([item for item in largest if item[0]][:MAX_PROJECTS])
    names = find_project_names(connection, org_id, counts.keys())
    return [
        {"project": {"id": project, "name": names.get(project, project)}, "count": count}
        for project, count in counts.items()
    ]


def _list_days(
    connection: Connection,
    org_id: str,
    start: int | None,
    end: int | None,
    zone: tzinfo,
    open_before: int,
) -> list[JsonObject]:
    tally = tally_quarter_hours(connection, org_id, start, end)
    created, closed = (_sum_per_day(counts, zone) for counts in (tally.created, tally.closed))
    days, still_open = [], open_before
    for day in sorted(created.keys() | closed.keys()):
        still_open += created[day] - closed[day]
        days.append({"day": day, "count": created[day], "closed": closed[day], "open": still_open})
    return days


def _sum_per_day(counts: Mapping[int, int], zone: tzinfo) -> Counter[str]:
    days: Counter[str] = Counter()
    for quarter, number in counts.items():
        if number:
            begin = datetime.fromtimestamp(quarter * QUARTER_HOUR, zone)
            days[begin.date().isoformat()] += number
    return days


def _summarize_durations(durations: Mapping[Key, int], until: str) -> JsonObject | None:
    """Return count, median and 90th percentile of the seconds from creation to ``until``.

    Percentiles use the nearest-rank method on the buckets. Returns None without durations.
    """
    buckets: Counter[int] = Counter()
    for (_, name, bucket), number in durations.items():
        if name == until:
            buckets[bucket] += number
    if not (total := buckets.total()):
        return None
    return {
        "count": total,
        "median": _find_percentile(buckets, 50),
        "p90": _find_percentile(buckets, 90),
    }


def _find_percentile(buckets: Counter[int], percent: int) -> int:
    rank = -(-buckets.total() * percent // 100)
    ordered = sorted(buckets)
    passed = accumulate(buckets[bucket] for bucket in ordered)
    return next(
        get_bucket_middle(bucket)
        for bucket, number in zip(ordered, passed, strict=True)
        if number >= rank
    )
