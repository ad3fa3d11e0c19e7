"""Insights: how many issues there are, by state, by kind and by day."""

import streamlit as st

from api.contract import LIVE_STATES, IssueState, IssueType
from api.errors import IssuesError, NotFound, NotSupported
from components import charts, labels, language, session, states
from components.language import _

st.title(_("Insights"), anchor=False)
session.require(reviewer=True)

try:
    stats = session.client().stats()
except (NotFound, NotSupported):
    states.not_supported(_("This server does not count issues."))
    st.stop()
except IssuesError as error:
    states.failed(error, doing=_("We could not count the issues."))

if not stats.total:
    states.empty(_("There is nothing to count yet."))
    st.stop()

closed = stats.by_state.get(IssueState.CLOSED, 0)
with st.container(horizontal=True):
    st.metric(_("Issues"), language.number(stats.total), border=True)
    st.metric(_("Open"), language.number(stats.total - closed), border=True)
    st.metric(_("Unread"), language.number(stats.unread), border=True)
    st.metric(_("Anonymous"), language.percent(stats.anonymous / stats.total), border=True)

with st.container(horizontal=True):
    for title, taken in (
        (_("Until the review begins"), stats.time_to_review),
        (_("Until it is closed"), stats.time_to_close),
    ):
        if taken:
            with st.container(border=True, width="stretch"):
                st.markdown(f"**{title}**")
                st.write(
                    _("Half within {median}, nine in ten within {late}.").format(
                        median=language.duration(taken.median), late=language.duration(taken.p90)
                    )
                )

by_state, by_kind = st.columns(2, gap="medium")
with by_state:
    st.subheader(_("By state"), anchor=False)
    charts.bars(
        {labels.state(s): stats.by_state.get(s, 0) for s in LIVE_STATES},
        what=_("State"),
        description=_("Number of issues by state"),
    )
with by_kind:
    st.subheader(_("By kind of problem"), anchor=False)
    charts.bars(
        {labels.kind(k): stats.by_type.get(k, 0) for k in IssueType},
        what=_("Kind"),
        description=_("Number of issues by kind of problem"),
    )
st.subheader(_("Reported each day"), anchor=False)
charts.days(
    {entry.day: entry.count for entry in stats.by_day},
    description=_("Number of issues reported on each day"),
)
