"""Insights: reported and open issues by state, type, project and day; review times."""

from concurrent.futures import Future
from typing import Final

import streamlit as st

from components import api_session, background_calls
from components.account import require_sign_in
from components.insights import cards, changes, charts, date_range
from components.insights.cards import Card
from components.insights.charts import Bar, Texts
from components.insights.date_range import Period, Span
from components.ui import i18n, labels, placeholders
from components.ui.i18n import _
from issue_portal.client.errors import (
    BadRequestError,
    IssuesError,
    NotFoundError,
    NotSupportedError,
)
from issue_portal.models.permissions import Action
from issue_portal.models.responses import Duration, IssueStats
from issue_portal.models.vocabulary import LIVE_STATES, OPEN_STATES, IssueType

# A median of fewer durations says little.
_FEWEST_DURATIONS: Final = 5

_MOST_PROJECTS: Final = 10


@st.fragment
def render_insights() -> None:
    """Render the page; a change of the period reruns only this fragment."""
    heading = st.container(key="insights_heading", horizontal=True, vertical_alignment="center")
    heading.title(_("Insights"), anchor=False, width="content")
    require_sign_in.require(Action.READ_STATS)
    with heading:
        period = date_range.render_period_choice()
    slot = st.empty()
    cards.render_skeleton(slot)
    client = api_session.client()
    previous = None
    if query := period.build_previous_query():
        previous = background_calls.start(lambda: client.stats(query))
    try:
        stats = client.stats(period.build_query())
    except (BadRequestError, NotFoundError, NotSupportedError) as error:
        # A server without statistics may take the path for that of an issue, and refuse the period.
        if isinstance(error, BadRequestError) and not api_session.is_remote():
            raise
        with (
            slot.container(),
            placeholders.render_not_supported(_("Insights aren't available on this server.")),
        ):
            render_link_to_queue()
        return
    except IssuesError as error:
        with slot.container():
            placeholders.render_failed_and_stop(error, failed=_("We couldn't load the insights."))
    with slot.container():
        if stats.total or stats.open_before or stats.by_day:
            render_numbers(stats, period, previous)
        else:
            render_empty(period)


def render_empty(period: Period) -> None:
    """Say that there are no issues in the period, or none at all."""
    if period.choice == date_range.ALL:
        with placeholders.render_empty(_("No issues yet")):
            st.page_link(
                "pages/report.py", label=_("Report a problem"), icon=":material/edit_note:"
            )
        return
    with placeholders.render_empty(_("No issues in this period")):
        st.button(_("Show all"), on_click=date_range.show_all)


def render_link_to_queue() -> None:
    """Render a link to the review queue."""
    st.page_link("pages/review.py", label=_("Review issues"), icon=":material/rate_review:")


def render_numbers(stats: IssueStats, period: Period, previous: Future[IssueStats] | None) -> None:
    """Render the cards and charts of a period that has issues."""
    spans = period.list_spans(stats.by_day, stats.open_before)
    render_cards(stats, period, spans, wait_for_previous(previous))
    render_times(stats)
    with st.container(key="insights_charts"):
        render_days(spans)
        if stats.total:
            render_breakdowns(stats, period)


def wait_for_previous(previous: Future[IssueStats] | None) -> IssueStats | None:
    """Return the statistics of the previous period; None if the server has none."""
    try:
        return previous.result() if previous else None
    except IssuesError:
        return None


def render_cards(
    stats: IssueStats, period: Period, spans: list[Span], previous: IssueStats | None
) -> None:
    """Render the numbers of the period, each with its change."""
    still_open = spans[-1].open if spans else stats.open_before
    cards.render_cards(
        [
            cards.make_count_card(
                _("Received"),
                stats.total,
                change=describe_change(stats.total, previous.total if previous else None, period),
                trend=[span.count for span in spans],
            ),
            cards.make_count_card(
                _("Still open"),
                still_open,
                change=changes.format_change(still_open, stats.open_before, period.versus_start),
                trend=[span.open for span in spans],
            ),
            cards.make_count_card(
                _("Unread"),
                stats.unread,
                change=describe_change(stats.unread, previous.unread if previous else None, period),
            ),
            make_anonymous_card(stats, previous, period),
        ]
    )


def describe_change(value: int, previous: int | None, period: Period) -> str:
    """Describe the change of a count against the previous period; "" if that is unknown."""
    if previous is None:
        return ""
    return changes.format_change(value, previous, period.versus_previous)


def make_anonymous_card(stats: IssueStats, previous: IssueStats | None, period: Period) -> Card:
    """Return the card with the share of anonymous reports."""
    title = _("Sent anonymously")
    if not stats.total:
        return Card(title, "–")
    share = stats.anonymous / stats.total
    change = ""
    if previous and previous.total:
        earlier = previous.anonymous / previous.total
        change = changes.format_change_of_share(share, earlier, period.versus_previous)
    return Card(title, i18n.format_share(share), change=change)


def render_times(stats: IssueStats) -> None:
    """Render the times from report to first review, and from report to close."""
    if not (stats.total and {"time_to_review", "time_to_close"} & stats.model_fields_set):
        return
    cards.render_times(
        [
            (title, *format_duration(duration))
            for title, duration in (
                (_("Time to first review"), stats.time_to_review),
                (_("Time to close"), stats.time_to_close),
            )
        ]
    )


def format_duration(duration: Duration | None) -> tuple[str, str]:
    """Format the median and the 90th percentile; both are "" if there are too few durations."""
    if duration is None or (duration.count is not None and duration.count < _FEWEST_DURATIONS):
        return "", ""
    return i18n.format_duration(duration.median), i18n.format_duration(duration.p90)


def render_days(spans: list[Span]) -> None:
    """Render the number of reported and of open issues by day or month."""
    states = ",".join(OPEN_STATES)
    by_month = any(span.by_month for span in spans)
    label_heading = _("Month") if by_month else _("Day")
    charts.render_columns(
        "reported",
        [Bar(span.label, span.count, {"created": span.value}) for span in spans],
        Texts(
            _("Reported per month") if by_month else _("Reported per day"),
            label_heading,
            description=_("Number of issues reported"),
        ),
    )
    # The statistics have no ids, so the queue cannot list issues that were closed since then.
    charts.render_columns(
        "open",
        [
            Bar(
                span.label,
                span.open,
                {"state": states, "created": f"1970-01-01,{span.last}"},
            )
            for span in spans
        ],
        Texts(
            _("Open over time"),
            label_heading,
            description=_("Number of open issues over time"),
            note=_("Select a bar to see which issues are still open."),
        ),
    )


def render_breakdowns(stats: IssueStats, period: Period) -> None:
    """Render counts by state, type and project; each bar links to its issues in the queue."""
    created = {"created": period.value}
    charts.render_bars(
        "by_state",
        [
            Bar(
                labels.format_state(value),
                stats.by_state.get(value, 0),
                {"state": value, **created},
                labels.get_state_class(value),
            )
            for value in LIVE_STATES
        ],
        Texts(_("By state"), _("State"), description=_("Number of issues by state")),
    )
    # Before the types, which would take the place beside the states, and move when projects come.
    if stats.by_project:
        render_projects(stats, created)
    charts.render_bars(
        "by_type",
        [
            Bar(
                labels.format_type(value),
                stats.by_type.get(value, 0),
                {"kind": value, **created},
            )
            for value in IssueType
        ],
        Texts(_("By type"), _("Type"), description=_("Number of issues by type of problem")),
    )


def render_projects(stats: IssueStats, created: dict[str, str]) -> None:
    """Render counts of the largest projects, and of all other issues together."""
    bars = [
        Bar(
            entry.project.name or entry.project.id,
            entry.count,
            {"project": entry.project.id, **created},
        )
        for entry in stats.by_project[:_MOST_PROJECTS]
    ]
    if others := stats.total - sum(bar.count for bar in bars):
        bars.append(Bar(_("Other or no project"), others))
    charts.render_bars(
        "by_project",
        bars,
        Texts(_("By project"), _("Project"), description=_("Number of issues by project")),
    )


render_insights()
