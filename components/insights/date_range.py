"""A period that ends today: the control to choose it, its value in the URL, its days or months."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import streamlit as st

from components.ui import i18n, local_time, query_params
from components.ui.i18n import N_, _
from issue_portal.models.requests import StatsQuery
from issue_portal.models.responses import DayCount

ALL: Final = "all"
"""The choice of all issues, whenever reported."""


@dataclass(frozen=True)
class _Words:
    """Texts about a period."""

    label: str
    versus_previous: str = ""
    """Follows a change against the period before it."""

    versus_start: str = ""
    """Follows a change since the start of the period."""


_CHOICES: Final[Mapping[str, _Words]] = {
    "30": _Words(N_("30 days"), N_("vs previous 30 days"), N_("vs 30 days ago")),
    "90": _Words(N_("90 days"), N_("vs previous 90 days"), N_("vs 90 days ago")),
    "365": _Words(N_("12 months"), N_("vs previous 12 months"), N_("vs 12 months ago")),
    ALL: _Words(N_("All")),
}
_DEFAULT_CHOICE: Final = "30"
_LONGEST_DAILY_PERIOD: Final = 100
"""Days from the first to the last day. A longer period is shown by month."""


@dataclass(frozen=True)
class Span:
    """A day of the period, or the days of one month that are in the period."""

    first: date
    last: date
    count: int
    """Number of issues reported in the span."""

    open: int
    """Number of issues open at the end of the span."""

    by_month: bool

    @property
    def value(self) -> str:
        """The span as a value of the review queue's date filter."""
        return f"{self.first},{self.last}"

    @property
    def label(self) -> str:
        """The name of the day or month."""
        if self.by_month:
            return i18n.format_month(self.first)
        return i18n.format_day(self.first, local_time.get_today())


@dataclass(frozen=True)
class Period:
    """Whole days up to today."""

    choice: str
    """Key in ``_CHOICES``, and value in the URL."""

    first: date | None
    """None for all time."""

    last: date

    def build_query(self) -> StatsQuery:
        """Return the query for the statistics of the period."""
        zone = local_time.get_time_zone()
        start = None if self.first is None else _to_milliseconds(self.first, zone)
        return StatsQuery(timezone=zone.key, start_date=start)

    def build_previous_query(self) -> StatsQuery | None:
        """Return the query for the period of the same length before this one; None for all time."""
        if self.first is None:
            return None
        zone = local_time.get_time_zone()
        days = self.last - self.first + timedelta(days=1)
        return StatsQuery(
            timezone=zone.key,
            start_date=_to_milliseconds(self.first - days, zone),
            end_date=_to_milliseconds(self.first, zone),
        )

    @property
    def versus_previous(self) -> str:
        """Text that follows a change against the period before; "" for all time.

        Such as "vs previous 30 days".
        """
        return _(_CHOICES[self.choice].versus_previous) if self.first else ""

    @property
    def versus_start(self) -> str:
        """Text that follows a change since the start of the period; "" for all time.

        Such as "vs 30 days ago".
        """
        return _(_CHOICES[self.choice].versus_start) if self.first else ""

    @property
    def value(self) -> str:
        """The period as a value of the review queue's date filter."""
        return f"{self.first},{self.last}" if self.first else ""

    def list_spans(self, day_counts: tuple[DayCount, ...], open_before: int) -> list[Span]:
        """Return all days or months of the period.

        ``day_counts`` has the days on which issues were reported or closed, oldest first.
        ``open_before`` is the number of open issues at the start of the period.
        """
        if not (self.first or day_counts):
            return []
        first = self.first or date.fromisoformat(day_counts[0].day)
        by_month = (self.last - first).days > _LONGEST_DAILY_PERIOD
        counts = {date.fromisoformat(day.day): day for day in day_counts}
        spans: list[Span] = []
        still_open = open_before
        # The query has no end, so the server may have counted issues after `last`.
        for day in _list_days(first, max([self.last, *counts])):
            count = 0
            if day_count := counts.get(day):
                count, still_open = day_count.count, day_count.open
            if by_month and spans and spans[-1].first.replace(day=1) == day.replace(day=1):
                month = spans[-1]
                spans[-1] = Span(month.first, day, month.count + count, still_open, True)
            else:
                spans.append(Span(day, day, count, still_open, by_month))
        return spans


def render_period_choice() -> Period:
    """Render a control to choose the period; return the chosen period."""
    values = query_params.read_list("period", list(_CHOICES)) or [_DEFAULT_CHOICE]
    query_params.restore("period", values[0])
    choice = (
        st.segmented_control(
            _("Period"),
            list(_CHOICES),
            format_func=lambda value: _(_CHOICES[value].label),
            key="period",
            required=True,
            label_visibility="collapsed",
        )
        or _DEFAULT_CHOICE
    )
    query_params.keep("period", choice if choice != _DEFAULT_CHOICE else "")
    query_params.write_url()
    today = local_time.get_today()
    first = None if choice == ALL else today - timedelta(days=int(choice) - 1)
    return Period(choice, first, today)


def show_all() -> None:
    """Choose all issues, whenever reported. For a callback of a button."""
    st.session_state["period"] = ALL


def _to_milliseconds(day: date, zone: ZoneInfo) -> int:
    """Return the start of a day in milliseconds since 1970."""
    return int(datetime.combine(day, time.min, zone).timestamp() * 1000)


def _list_days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
