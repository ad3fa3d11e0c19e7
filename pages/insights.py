"""Insights: how many issues were reported, of what kind, and how long they took."""

from typing import NoReturn

import streamlit as st

from components import api_session
from components.account import require_sign_in
from components.insights import charts, date_range
from components.insights.charts import Bar
from components.insights.date_range import Period
from components.ui import i18n, labels, placeholders
from components.ui.i18n import _
from issue_portal.client.errors import IssuesError, NotFoundError, NotSupportedError
from issue_portal.models.responses import IssueStats
from issue_portal.models.vocabulary import LIVE_STATES, IssueState, IssueType

OPEN = f"{IssueState.NOT_REVIEWED},{IssueState.IN_REVIEW}"

st.title(_("Insights"), anchor=False)
require_sign_in.require(reviewer=True)


@st.fragment
def insights() -> None:
    """Everything below the title: another period runs this part only."""
    chosen = date_range.render_period_choice()
    try:
        stats = placeholders.load_with_placeholder(
            lambda: api_session.client().stats(chosen.query())
        )
    except (NotFoundError, NotSupportedError):
        placeholders.render_not_supported(_("This server does not count issues."))
        return
    except IssuesError as error:
        placeholders.render_failed(error, doing=_("We could not count the issues."))
    if not (stats.total or stats.open_before or stats.by_day):
        placeholders.render_empty(_("There is nothing to count yet."))
        return
    show_numbers(stats)
    if stats.total:
        show_kinds(stats, chosen)
    show_days(stats, chosen)


def show_numbers(stats: IssueStats) -> None:
    """The numbers of the period, and how long reviews take."""
    closed = stats.by_state.get(IssueState.CLOSED, 0)
    with st.container(horizontal=True):
        st.metric(_("Received"), i18n.format_number(stats.total), border=True)
        still_open = i18n.format_number(stats.total - closed)
        st.metric(_("Of these still open"), still_open, border=True)
        st.metric(_("Of these unread"), i18n.format_number(stats.unread), border=True)
        anonymous = stats.anonymous / stats.total if stats.total else 0
        st.metric(_("Of these anonymous"), i18n.format_share(anonymous), border=True)
    with st.container(horizontal=True):
        for title, taken in (
            (_("Until the review begins"), stats.time_to_review),
            (_("Until it is closed"), stats.time_to_close),
        ):
            if taken:
                with st.container(border=True, width="stretch"):
                    st.markdown(f"**{title}**")
                    told = _("Half within {median}, nine in ten within {late}.")
                    st.write(
                        told.format(
                            median=i18n.format_duration(taken.median),
                            late=i18n.format_duration(taken.p90),
                        )
                    )


def show_kinds(stats: IssueStats, chosen: Period) -> None:
    """By state, kind and project: what is chosen is shown in the queue."""
    st.caption(_("Choose a bar, or a cell of its table, to see those issues in the queue."))
    by_state, by_kind = st.columns(2, gap="medium")
    with by_state:
        st.subheader(_("By state"), anchor=False)
        state = charts.render_bars(
            "by_state",
            [Bar(s, labels.format_state(s), stats.by_state.get(s, 0)) for s in LIVE_STATES],
            what=_("State"),
            description=_("Number of issues by state"),
        )
    with by_kind:
        st.subheader(_("By kind of problem"), anchor=False)
        kind = charts.render_bars(
            "by_kind",
            [Bar(k, labels.format_type(k), stats.by_type.get(k, 0)) for k in IssueType],
            what=_("Kind"),
            description=_("Number of issues by kind of problem"),
        )
    project = None
    if stats.by_project:
        st.subheader(_("By project"), anchor=False)
        project = charts.render_bars(
            "by_project",
            [
                Bar(found.project.id, found.project.name or found.project.id, found.count)
                for found in stats.by_project
            ],
            what=_("Project"),
            description=_("Number of issues by project"),
        )
    for name, value in (("state", state), ("kind", kind), ("project", project)):
        if value:
            show_queue(chosen, created=chosen.value, **{name: value})


def show_days(stats: IssueStats, chosen: Period) -> None:
    """What came in and what stayed open, day by day or month by month."""
    spans = chosen.spans(stats.by_day, stats.open_before)
    by_month = any(span.by_month for span in spans)
    what = _("Month") if by_month else _("Day")
    st.subheader(_("Reported each month") if by_month else _("Reported each day"), anchor=False)
    reported = charts.render_bars_over_time(
        "reported",
        [Bar(span.value, span.words, span.count) for span in spans],
        what=what,
        description=_("Number of issues reported"),
    )
    if reported:
        show_queue(chosen, created=reported)
    st.subheader(_("Open over time"), anchor=False)
    st.caption(
        _("How many were open then. A bar, or a cell of its table, shows those that still are.")
    )
    still_open = charts.render_bars_over_time(
        "open",
        [Bar(span.value, span.words, span.open) for span in spans],
        what=what,
        description=_("Number of issues that were open at the end"),
    )
    if still_open:
        # Which of them have been closed since is not known.
        show_queue(chosen, state=OPEN, created=f"1970-01-01,{still_open.split(',')[1]}")


def show_queue(chosen: Period, **filters: str) -> NoReturn:
    """Leave for the review queue with these filters."""
    # Streamlit 1.67 leaves them in this page's address, too, for whoever comes back.
    st.switch_page("pages/review.py", query_params={"period": chosen.choice, **filters})


insights()
