"""Insights: charts of reported and open issues by state, type, project and day; review times."""

from typing import Final, NoReturn

import streamlit as st

from components import api_session
from components.account import require_sign_in
from components.insights import charts, date_range
from components.insights.charts import Bar
from components.insights.date_range import Period
from components.ui import i18n, labels, placeholders
from components.ui.i18n import _
from issue_portal.client.errors import (
    BadRequestError,
    IssuesError,
    NotFoundError,
    NotSupportedError,
)
from issue_portal.models.permissions import Action
from issue_portal.models.responses import IssueStats
from issue_portal.models.vocabulary import LIVE_STATES, IssueState, IssueType

_OPEN_STATES: Final = f"{IssueState.NOT_REVIEWED},{IssueState.IN_REVIEW}"

st.title(_("Insights"), anchor=False)
require_sign_in.require(Action.READ_STATS)


@st.fragment
def render_insights() -> None:
    """Render everything below the title; a change of the period reruns only this fragment."""
    period = date_range.render_period_choice()
    try:
        stats = placeholders.load_with_placeholder(
            lambda: api_session.client().stats(period.build_query())
        )
    except (BadRequestError, NotFoundError, NotSupportedError) as error:
        # A server without statistics may take the path for that of an issue, and refuse the period.
        if isinstance(error, BadRequestError) and not api_session.is_remote():
            raise
        placeholders.render_not_supported(_("This server has no statistics."))
        return
    except IssuesError as error:
        placeholders.render_failed_and_stop(error, failed=_("We couldn't load the statistics."))
    if not (stats.total or stats.open_before or stats.by_day):
        placeholders.render_empty(_("No issues yet"))
        return
    render_totals(stats)
    render_durations(stats)
    if stats.total:
        render_breakdowns(stats, period)
    render_days(stats, period)


def render_totals(stats: IssueStats) -> None:
    """Render the numbers of the period."""
    still_open = stats.total - stats.by_state.get(IssueState.CLOSED, 0)
    anonymous = stats.anonymous / stats.total if stats.total else 0
    with st.container(horizontal=True):
        st.metric(_("Received"), i18n.format_number(stats.total), border=True)
        st.metric(_("Still open"), i18n.format_number(still_open), border=True)
        st.metric(_("Unread"), i18n.format_number(stats.unread), border=True)
        st.metric(_("Sent anonymously"), i18n.format_share(anonymous), border=True)


def render_durations(stats: IssueStats) -> None:
    """Render the times from report to first review, and from report to close."""
    with st.container(horizontal=True):
        for title, duration in (
            (_("Time to first review"), stats.time_to_review),
            (_("Time to close"), stats.time_to_close),
        ):
            if duration:
                with st.container(border=True, width="stretch"):
                    st.markdown(f"**{title}**")
                    text = _("Median {median}, 90% within {late}")
                    st.write(
                        text.format(
                            median=i18n.format_duration(duration.median),
                            late=i18n.format_duration(duration.p90),
                        )
                    )


def render_breakdowns(stats: IssueStats, period: Period) -> None:
    """Render counts by state, type and project; selecting a bar opens its issues in the queue."""
    st.caption(_("Select a bar or a table cell to see its issues in the queue."))
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader(_("By state"), anchor=False)
        state = charts.render_bars(
            "by_state",
            [
                Bar(value, labels.format_state(value), stats.by_state.get(value, 0))
                for value in LIVE_STATES
            ],
            label_heading=_("State"),
            description=_("Number of issues by state"),
        )
    with right:
        st.subheader(_("By type of problem"), anchor=False)
        issue_type = charts.render_bars(
            "by_type",
            [
                Bar(value, labels.format_type(value), stats.by_type.get(value, 0))
                for value in IssueType
            ],
            label_heading=_("Type"),
            description=_("Number of issues by type of problem"),
        )
    project = render_projects(stats) if stats.by_project else None
    for parameter, selected in (("state", state), ("kind", issue_type), ("project", project)):
        if selected:
            open_queue(period, created=period.value, **{parameter: selected})


def render_projects(stats: IssueStats) -> str | None:
    """Render counts by project; return the id of the selected project, if any."""
    st.subheader(_("By project"), anchor=False)
    return charts.render_bars(
        "by_project",
        [
            Bar(entry.project.id, entry.project.name or entry.project.id, entry.count)
            for entry in stats.by_project
        ],
        label_heading=_("Project"),
        description=_("Number of issues by project"),
    )


def render_days(stats: IssueStats, period: Period) -> None:
    """Render the number of reported and of open issues by day or month."""
    spans = period.list_spans(stats.by_day, stats.open_before)
    by_month = any(span.by_month for span in spans)
    label_heading = _("Month") if by_month else _("Day")
    st.subheader(_("Reported per month") if by_month else _("Reported per day"), anchor=False)
    reported_span = charts.render_bars_over_time(
        "reported",
        [Bar(span.value, span.label, span.count) for span in spans],
        label_heading=label_heading,
        description=_("Number of issues reported"),
    )
    if reported_span:
        open_queue(period, created=reported_span)
    st.subheader(_("Open over time"), anchor=False)
    st.caption(_("Issues open at the time. Select a bar or a table cell to see those still open."))
    open_span = charts.render_bars_over_time(
        "open",
        [Bar(span.value, span.label, span.open) for span in spans],
        label_heading=label_heading,
        description=_("Number of open issues over time"),
    )
    if open_span:
        # The statistics have no ids, so the queue cannot list issues that were closed since then.
        open_queue(period, state=_OPEN_STATES, created=f"1970-01-01,{open_span.split(',')[1]}")


def open_queue(period: Period, **filters: str) -> NoReturn:
    """Open the review queue with these filters."""
    # Streamlit 1.67 adds the parameters to this page's history entry, too. The period is among
    # them, so that the Back button restores it.
    st.switch_page("pages/review.py", query_params={"period": period.choice, **filters})


render_insights()
