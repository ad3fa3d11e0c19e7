"""Queries for lists, totals and insights of many issues. Each function draws another query."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bench.api_requests import PAGE_SIZES, Contents
from bench.fill_database import PROJECTS
from issue_portal.models.vocabulary import LIVE_STATES, IssueType, PageOrder

DAY_MILLISECONDS = 86_400_000
TIMEZONES = (
    "UTC",
    "Europe/Madrid",
    "Europe/London",
    "Europe/Helsinki",
    "Africa/Nairobi",
    "America/New_York",
    "America/Los_Angeles",
    "America/Santiago",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Pacific/Auckland",
)
WORDS = ("policy", "report", "contract", "manual", "minutes", "onboarding")
NAMED_PROJECTS = [name for name in PROJECTS if name]
DrawQuery = Callable[[], str]


class ListQueries:
    """Draws queries for an installation with 1,000,000 issues: enough issues for deep pages."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._rng = random.Random(1)

    def pages(self) -> dict[str, DrawQuery]:
        """Return functions that draw queries for a page of up to 25 issues, by kind of page."""
        draw, choose = self._rng.randrange, self._rng.choice
        kinds: dict[str, DrawQuery] = {
            "a state and a type": lambda: f"states=Closed&type=Format,Other&page={draw(1, 900)}",
            "a reporter": lambda: f"{self._draw_reporter()}&page={draw(1, 10)}",
            "a week": lambda: self._draw_period(7),
            "a reporter's month": lambda: f"{self._draw_reporter()}&{self._draw_period(30)}",
            "a page far from the first": lambda: f"page={draw(10_000, 44_000)}",
            "a project": lambda: f"projects=sales&page={draw(1, 900)}",
            "a text with few matches": lambda: self._draw_case(6),
            "a text with 1,000 matches": lambda: f"{self._draw_case(3)}&page={draw(1, 4)}",
            "a text with 100,000 matches, without the total": lambda: (
                f"{self._draw_word()}&total_count=false"
            ),
            "a text with 100,000 matches": self._draw_word,
        }

        def add_form(draw_query: DrawQuery) -> DrawQuery:
            default = ("", "&include=User")
            return lambda: f"{draw_query()}&page_size={choose(PAGE_SIZES)}{choose(default)}"

        return {kind: add_form(draw_query) for kind, draw_query in kinds.items()}

    def totals(self) -> dict[str, DrawQuery]:
        """Return functions that draw queries for one issue and the total, by kind of total."""
        draw, choose = self._rng.randrange, self._rng.choice
        return {
            "a project": lambda: (
                f"projects={choose(NAMED_PROJECTS)}&page={draw(1, 500)}&{self._draw_form()}"
            ),
            "a reporter": lambda: f"{self._draw_reporter()}&page={draw(1, 50)}&{self._draw_form()}",
            "a week": lambda: f"{self._draw_period(7)}&page_size=1",
        }

    def draw_first_page(self) -> str:
        """Draw a query for the first page of all issues: it names all states and all types."""
        states = ",".join(self._rng.sample(LIVE_STATES, len(LIVE_STATES)))
        types = ",".join(self._rng.sample(list(IssueType), len(IssueType)))
        size, include = self._rng.choice(PAGE_SIZES), self._draw_include()
        page = self._rng.choice(("", "&page=1", "&total_count=true", "&page=1&total_count=true"))
        return f"states={states}&type={types}&page_size={size}&include={include}{page}"

    def draw_all_time(self) -> str:
        """Draw a period that begins before the first issue."""
        start = self._contents.start - self._rng.randrange(1, 400 * DAY_MILLISECONDS)
        return f"start_date={start}&timezone={self._rng.choice(TIMEZONES)}"

    def draw_month(self) -> str:
        """Draw a period of 28 to 31 days of a time zone, as the portal's date filter sends it."""
        zone = self._rng.choice(TIMEZONES)
        first = datetime.fromtimestamp(self._contents.start / 1000, ZoneInfo(zone))
        midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
        start = midnight + timedelta(self._rng.randrange(1, 310))
        end = start + timedelta(self._rng.randrange(28, 32))
        return (
            f"start_date={int(start.timestamp() * 1000)}&end_date={int(end.timestamp() * 1000)}"
            f"&timezone={zone}"
        )

    def _draw_form(self) -> str:
        """Draw parameters that do not change the total."""
        order, total = (
            self._rng.choice(list(PageOrder)),
            self._rng.choice(("", "&total_count=true")),
        )
        return f"page_size=1&page_order={order}&include={self._draw_include()}{total}"

    def _draw_include(self) -> str:
        return self._rng.choice(("User", "Project", "User,Project", "Project,User"))

    def _draw_reporter(self) -> str:
        return f"created_by={self._rng.choice(self._contents.people)}"

    def _draw_period(self, days: int) -> str:
        length = days * DAY_MILLISECONDS
        start = self._rng.randrange(self._contents.start, self._contents.end - length)
        return f"start_date={start}&end_date={start + length}"

    def _draw_case(self, digits: int) -> str:
        """Draw a search for the start of a number, such as "case 123": at most six digits."""
        number = self._rng.randrange(10 ** (digits - 1), 10**digits)
        return f"filter_by_text=case%20{number}"

    def _draw_word(self) -> str:
        return f"filter_by_text={self._rng.choice(WORDS)}&{self._draw_period(300)}"
