"""A naive model of the list and the statistics, in memory."""

import base64
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from issue_portal.models.vocabulary import IssueType, Role
from issue_portal.server.db.search import fold
from tests.api.conftest import Caller


@dataclass
class World:
    """All issues of a database, as `GET /issue/{id}` returns them, oldest first."""

    issues: list[dict]
    users: list[str]
    cursors: dict[int, str]
    callers: dict[Role, Caller]
    times: dict[str, dict[str, int]]
    """When each issue was first reviewed and when closed, where it was."""

    def ask(self, query: dict, role: Role, *, repeat: bool) -> tuple[int, dict]:
        """Return status and body of the server, with issue numbers in place of cursors."""
        params = {
            name: value if repeat or not isinstance(value, list) else ",".join(value)
            for name, value in query.items()
        }
        for name in params.keys() & {"after", "before"}:
            params[name] = self.cursors[params[name]]
        answer = self.callers[role]("GET", "/issue", params=params)
        page = answer.json()
        for name in page.keys() & {"next_cursor", "previous_cursor"}:
            page[name] = number_of(page[name])
        return answer.status_code, page

    def expect(self, query: dict, role: Role) -> dict | None:
        """Return the expected page; None means 403."""
        states = query.get("states", ["NotReviewed", "InReview", "Closed"])
        creators = query.get("created_by", [])
        if role is Role.MEMBER:
            me = self.users[0]
            if "Deleted" in states or (creators and me not in creators):
                return None
            creators = [me]
        matching = [
            issue
            for issue in self.issues
            if issue["state"] in states
            and issue["type"] in query.get("type", list(IssueType))
            and (not creators or (issue["created_by"] or {}).get("id") in creators)
            and ("projects" not in query or issue.get("project", {}).get("id") in query["projects"])
            and query.get("start_date", 0) <= milliseconds(issue) < query.get("end_date", 2**60)
            and fold(query.get("filter_by_text", "")) in fold(issue["description"])
        ]
        ascending = query.get("page_order") == "ASC"
        if not ascending:
            matching.reverse()
        first, last, more_before, more_after = window(
            [issue["issue_number"] * (1 if ascending else -1) for issue in matching],
            query,
            ascending,
        )
        include = query.get("include", ["User"])
        left_out = [
            field
            for field, what in {"created_by": "User", "project": "Project"}.items()
            if what not in include
        ]
        data = matching[first:last]
        page: dict = {
            "data": [{k: v for k, v in issue.items() if k not in left_out} for issue in data]
        }
        if data and more_after:
            page["next_cursor"] = data[-1]["issue_number"]
        if data and more_before:
            page["previous_cursor"] = data[0]["issue_number"]
        page |= {"has_next_page": more_after, "has_previous_page": more_before}
        if query.get("total_count", True):
            page["total_count"] = len(matching)
        return page

    def count(self, start: int, end: int, zone: ZoneInfo) -> dict:
        """Return the expected statistics of a period."""
        live = [issue for issue in self.issues if issue["state"] != "Deleted"]
        matching = [issue for issue in live if start <= milliseconds(issue) < end]
        projects = Counter(issue["project"]["id"] for issue in matching if "project" in issue)
        created = [milliseconds(issue) for issue in live]
        closed = [self.times[i["id"]]["closed_at"] * 1000 for i in live if i["state"] == "Closed"]

        def by_day(moments: list[int]) -> Counter[str]:
            inside = [moment for moment in moments if start <= moment < end]
            return Counter(f"{datetime.fromtimestamp(m / 1000, zone):%F}" for m in inside)

        def open_at(moment: int) -> int:
            return sum(m < moment for m in created) - sum(m < moment for m in closed)

        reported, finished = by_day(created), by_day(closed)
        days = sorted(reported.keys() | finished.keys())
        return {
            "total": len(matching),
            "unread": sum(not issue["is_read"] for issue in matching),
            "anonymous": sum(issue["created_by"] is None for issue in matching),
            "by_state": Counter(issue["state"] for issue in matching),
            "by_type": Counter(issue["type"] for issue in matching),
            "by_project": [
                {"project": {"id": project}, "count": count}
                for project, count in sorted(projects.items(), key=lambda item: (-item[1], item[0]))
            ],
            "open_before": open_at(start),
            "by_day": [
                {
                    "day": day,
                    "count": reported[day],
                    "closed": finished[day],
                    "open": open_at(min(end, midnight_after(day, zone))),
                }
                for day in days
            ],
            "time_to_review": self.durations(matching, "reviewed_at"),
            "time_to_close": self.durations(matching, "closed_at"),
        }

    def durations(self, matching: list[dict], name: str) -> dict | None:
        taken = sorted(
            times[name] - milliseconds(issue) // 1000
            for issue in matching
            if name in (times := self.times[issue["id"]])
        )
        if not taken:
            return None
        median, late = (taken[-(-len(taken) * part // 100) - 1] for part in (50, 90))
        return {"count": len(taken), "median": median, "p90": late}


def midnight_after(day: str, zone: ZoneInfo) -> int:
    midnight = datetime.fromisoformat(day).replace(tzinfo=zone) + timedelta(days=1)
    return int(midnight.timestamp()) * 1000


def milliseconds(issue: dict) -> int:
    return int(datetime.fromisoformat(issue["created_at"]).timestamp()) * 1000


def window(places: list[int], query: dict, ascending: bool) -> tuple[int, int, bool, bool]:
    """Return start and end of the page, and whether issues precede or follow it."""
    size = query.get("first") or query.get("last") or query.get("page_size", 20)
    if not query.keys() & {"after", "before", "first", "last"}:
        start = (query.get("page", 1) - 1) * size
        return start, start + size, start > 0, len(places) > start + size
    sign = 1 if ascending else -1
    start = sum(place <= query["after"] * sign for place in places) if "after" in query else 0
    end = len(places)
    if "before" in query:
        end = sum(place < query["before"] * sign for place in places)
    end = max(start, end)
    if "last" in query or not query.keys() & {"first", "after"}:
        begin = max(start, end - size)
        return begin, end, begin > start, begin < end < len(places)
    stop = min(end, start + size)
    return start, stop, 0 < start < stop, stop < end


def number_of(cursor: str) -> int:
    """Return the issue number in a cursor: its first eight bytes; the rest is the signature."""
    return int.from_bytes(base64.urlsafe_b64decode(cursor)[:8])
