"""A period that ends today, and its days or months."""

from datetime import date, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from components.insights.date_range import Period
from issue_portal.models.responses import DayCount

LAST = date(2026, 11, 27)


def make_period(days: int) -> Period:
    return Period(str(days), LAST - timedelta(days=days - 1), LAST)


def test_days_without_reports_keep_the_open_count():
    day_counts = (DayCount(day="2026-11-25", count=2, open=5),)
    spans = make_period(4).list_spans(day_counts, open_before=3)
    assert [span.first.day for span in spans] == [24, 25, 26, 27]
    assert [span.count for span in spans] == [0, 2, 0, 0]
    assert [span.open for span in spans] == [3, 5, 5, 5]
    assert not any(span.by_month for span in spans)


@pytest.mark.parametrize(("days", "by_month"), [(30, False), (101, False), (102, True)])
def test_long_periods_are_counted_by_month(days, by_month):
    spans = make_period(days).list_spans((), 0)
    assert all(span.by_month is by_month for span in spans)


def test_months_are_sums_of_days_within_the_period():
    day_counts = tuple(DayCount(day=f"2026-10-{day:02}", count=1, open=day) for day in (1, 15, 31))
    spans = make_period(365).list_spans(day_counts, 0)
    assert spans[0].first == date(2025, 11, 28)
    assert spans[0].last == date(2025, 11, 30)
    [october] = [span for span in spans if span.first == date(2026, 10, 1)]
    assert (october.count, october.open, october.value) == (3, 31, "2026-10-01,2026-10-31")
    assert spans[-1].last == LAST
    assert len(spans) == 13


def test_all_time_begins_with_the_first_report():
    all_time = Period("all", None, LAST)
    assert all_time.list_spans((), 0) == []
    assert all_time.list_spans((DayCount(day="2026-11-26", count=1),), 0)[0].first.day == 26
    assert all_time.value == ""


def test_report_dated_tomorrow_is_counted():
    spans = make_period(1).list_spans((DayCount(day="2026-11-28", count=1),), 0)
    assert [span.count for span in spans] == [0, 1]


def test_query_begins_at_midnight():
    query = make_period(1).build_query()
    assert query.timezone == "UTC"
    assert query.start_date == 1_795_737_600_000
    assert Period("all", None, LAST).build_query().start_date is None


def page() -> None:
    import streamlit as st  # noqa: PLC0415 - the page of an AppTest

    from components.insights import date_range  # noqa: PLC0415

    period = date_range.render_period_choice()
    st.text(f"{period.choice} {(period.last - period.first).days if period.first else 'all'}")


@pytest.mark.parametrize(
    ("in_url", "expected"),
    [("", "30 29"), ("90", "90 89"), ("all", "all all"), ("31", "30 29"), ("90,365", "90 89")],
)
def test_period_is_read_from_the_url(in_url, expected):
    at = AppTest.from_function(page)
    if in_url:
        at.query_params["period"] = in_url
    at.run()
    assert not at.exception
    assert at.text[0].value == expected
