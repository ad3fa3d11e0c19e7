"""A period that ends today: chosen, kept in the URL, and cut into days or months."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

import streamlit as st

from components.ui import i18n, local_time, query_params
from components.ui.i18n import N_, _
from issue_portal.models.requests import StatsQuery
from issue_portal.models.responses import DayCount

_CHOICES: Final[Mapping[str, str]] = {
    "30": N_("30 days"),
    "90": N_("90 days"),
    "365": N_("12 months"),
    "all": N_("All"),
}
_DEFAULT_CHOICE: Final = "30"
_MOST_DAYS_BY_DAY: Final = 100
"""Days; what is longer is counted by the month."""


@dataclass(frozen=True)
class Period:
    """Whole days up to today; ``first`` is None for all there ever were."""

    choice: str
    first: date | None
    last: date

    def query(self) -> StatsQuery:
        """What to ask a server for."""
        zone = local_time.get_time_zone()
        start = datetime.combine(self.first, time.min, zone) if self.first else None
        given = {"start_date": int(start.timestamp() * 1000)} if start else {}
        return StatsQuery(timezone=zone.key, **given)

    @property
    def value(self) -> str:
        """As the review queue's filter for days has it."""
        return f"{self.first},{self.last}" if self.first else ""

    def spans(self, counted: tuple[DayCount, ...], open_before: int) -> list["Span"]:
        """All of it, day by day or month by month, also where nothing happened."""
        if not (self.first or counted):
            return []
        first = self.first or date.fromisoformat(counted[0].day)
        by_month = (self.last - first).days > _MOST_DAYS_BY_DAY
        by_day = {date.fromisoformat(day.day): day for day in counted}
        spans: list[Span] = []
        for day in _list_days(first, max([self.last, *by_day])):
            found = by_day.get(day)
            still_open = found.open if found else spans[-1].open if spans else open_before
            count = found.count if found else 0
            if by_month and spans and spans[-1].first.replace(day=1) == day.replace(day=1):
                spans[-1] = Span(spans[-1].first, day, spans[-1].count + count, still_open, True)
            else:
                spans.append(Span(day, day, count, still_open, by_month))
        return spans


@dataclass(frozen=True)
class Span:
    """A day, or a month as far as it is in the period."""

    first: date
    last: date
    count: int
    """Issues reported."""

    open: int
    """Issues that were open at its end."""

    by_month: bool

    @property
    def value(self) -> str:
        """As the review queue's filter for days has it."""
        return f"{self.first},{self.last}"

    @property
    def words(self) -> str:
        """Its name."""
        if self.by_month:
            return i18n.format_month(self.first)
        return i18n.format_day(self.first, local_time.get_today())


def render_period_choice() -> Period:
    """A control to choose a period."""
    query_params.restore(
        "period", (query_params.read_list("period", list(_CHOICES)) or [_DEFAULT_CHOICE])[0]
    )
    chosen = (
        st.segmented_control(
            _("Period"),
            list(_CHOICES),
            format_func=lambda value: _(_CHOICES[value]),
            key="period",
            required=True,
            label_visibility="collapsed",
        )
        or _DEFAULT_CHOICE
    )
    query_params.keep("period", chosen if chosen != _DEFAULT_CHOICE else "")
    query_params.write_url()
    today = local_time.get_today()
    first = None if chosen == "all" else today - timedelta(days=int(chosen) - 1)
    return Period(chosen, first, today)


def _list_days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
