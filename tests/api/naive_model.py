"""A simple model of the list and the statistics, in memory, to compare the API with."""

import base64
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from issue_portal.models.vocabulary import IssueType, Role
from issue_portal.server.db.search import fold
from tests.api.conftest import ApiCaller

DURATION_TOLERANCE = 1 / 31
"""The API counts durations in buckets, up to one sixteenth wide."""


@dataclass
class NaiveModel:
    """The issues of a server, and the responses that the server should send to its callers."""

    issues: list[dict]
    """In the format of `GET /issue/{id}`, oldest first."""

    users: list[str]
    """Ids of the reporters; the first is the caller with the role of a member."""

    cursors: dict[int, str]
    """Cursors by issue number."""

    callers: dict[Role, ApiCaller]
    times: dict[str, dict[str, int]]
    """By issue id: ``reviewed_at`` (first review) and ``closed_at``, if any, in seconds."""

    def fetch(self, query: dict, role: Role, *, repeat: bool) -> tuple[int, dict]:
        """Return status and body of the server's response, with issue numbers instead of cursors.

        With ``repeat``, send one parameter per value. Otherwise, join the values with commas.
        """
        params = {
            name: value if repeat or not isinstance(value, list) else ",".join(value)
            for name, value in query.items()
        }
        for name in params.keys() & {"after", "before"}:
            params[name] = self.cursors[params[name]]
        response = self.callers[role]("GET", "/issue", params=params)
        page = response.json()
        for name in page.keys() & {"next_cursor", "previous_cursor"}:
            page[name] = decode_cursor(page[name])
        return response.status_code, page

    def expect(self, query: dict, role: Role) -> dict | None:
        """Return the page that the server should send, or None if it should respond with 403."""
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
            and query.get("start_date", 0)
            <= get_creation_time(issue)
            < query.get("end_date", 2**60)
            and fold(query.get("filter_by_text", "")) in fold(issue["description"] or "")
            and self._is_found(issue, query.get("search", ""))
        ]
        ascending = query.get("page_order") == "ASC"
        if not ascending:
            matching.reverse()
        start, end, more_before, more_after = find_page(
            [issue["issue_number"] * (1 if ascending else -1) for issue in matching],
            query,
            ascending,
        )
        include = query.get("include", ["User"])
        omitted = [
            field
            for field, name in {"created_by": "User", "project": "Project"}.items()
            if name not in include
        ]
        data = matching[start:end]
        page: dict = {
            "data": [{k: v for k, v in issue.items() if k not in omitted} for issue in data]
        }
        if data and more_after:
            page["next_cursor"] = data[-1]["issue_number"]
        if data and more_before:
            page["previous_cursor"] = data[0]["issue_number"]
        page |= {"has_next_page": more_after, "has_previous_page": more_before}
        if query.get("total_count", True):
            page["total_count"] = len(matching)
        return page

    @staticmethod
    def _is_found(issue: dict, text: str) -> bool:
        """Return whether a search finds an issue. No project of the model has a name."""
        reporter = issue["created_by"] or {"name": "", "email": ""}
        texts = [issue["description"] or "", reporter["name"], reporter["email"]]
        texts.append(issue.get("project", {}).get("id", ""))
        number = text.strip().removeprefix("#")
        return any(fold(text) in fold(part) for part in texts) or (
            number.isdecimal() and int(number) == issue["issue_number"]
        )

    def summarize(self, start: int, end: int, zone: ZoneInfo) -> dict:
        """Return the expected statistics of a period; ``start`` and ``end`` in milliseconds."""
        existing = [issue for issue in self.issues if issue["state"] != "Deleted"]
        matching = [issue for issue in existing if start <= get_creation_time(issue) < end]
        projects = Counter(issue["project"]["id"] for issue in matching if "project" in issue)
        created = [get_creation_time(issue) for issue in existing]
        closed = [
            self.times[i["id"]]["closed_at"] * 1000 for i in existing if i["state"] == "Closed"
        ]

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
                {"project": {"id": project, "name": project}, "count": count}
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
            "time_to_review": self.summarize_durations(matching, "reviewed_at"),
            "time_to_close": self.summarize_durations(matching, "closed_at"),
        }

    def summarize_durations(self, matching: list[dict], name: str) -> dict | None:
        """Return count, median and 90th percentile of the seconds from the report to ``name``.

        Returns None if no issue has a time of this name.
        """
        durations = sorted(
            times[name] - get_creation_time(issue) // 1000
            for issue in matching
            if name in (times := self.times[issue["id"]])
        )
        if not durations:
            return None
        median, p90 = (durations[-(-len(durations) * percent // 100) - 1] for percent in (50, 90))
        return {
            "count": len(durations),
            "median": pytest.approx(median, rel=DURATION_TOLERANCE),
            "p90": pytest.approx(p90, rel=DURATION_TOLERANCE),
        }


def midnight_after(day: str, zone: ZoneInfo) -> int:
    midnight = datetime.fromisoformat(day).replace(tzinfo=zone) + timedelta(days=1)
    return int(midnight.timestamp()) * 1000


def get_creation_time(issue: dict) -> int:
    """Return when an issue was created, in milliseconds since 1970."""
    return int(datetime.fromisoformat(issue["created_at"]).timestamp()) * 1000


def find_page(numbers: list[int], query: dict, ascending: bool) -> tuple[int, int, bool, bool]:
    """Return start and end of the page, and whether issues precede and follow it.

    ``numbers`` are the issue numbers in the order of the list. In a descending list they are
    negative, so that they always increase.
    """
    size = query.get("first") or query.get("last") or query.get("page_size", 20)
    if not query.keys() & {"after", "before", "first", "last"}:
        start = (query.get("page", 1) - 1) * size
        return start, start + size, start > 0, len(numbers) > start + size
    sign = 1 if ascending else -1
    start = sum(number <= query["after"] * sign for number in numbers) if "after" in query else 0
    end = len(numbers)
    if "before" in query:
        end = sum(number < query["before"] * sign for number in numbers)
    end = max(start, end)
    if "last" in query or not query.keys() & {"first", "after"}:
        page_start = max(start, end - size)
        return page_start, end, page_start > start, page_start < end < len(numbers)
    page_end = min(end, start + size)
    return start, page_end, 0 < start < page_end, page_end < end


def decode_cursor(cursor: str) -> int:
    """Return the issue number, which is the first eight bytes of a cursor."""
    return int.from_bytes(base64.urlsafe_b64decode(cursor)[:8])
