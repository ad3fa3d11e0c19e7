"""Insights: how many issues there are, by state, by kind and by day."""

import streamlit as st

from api.contract import LIVE_STATES, IssueState, IssueType
from api.errors import IssuesError, NotFound, NotSupported
from components import charts, labels, language, notices, session
from components.language import _

st.title(_("Insights"), anchor=False)
session.require(reviewer=True)

try:
    stats = session.client().stats()
except (NotFound, NotSupported):
    st.info(_("This server does not count issues."), icon=":material/info:")
    st.stop()
except IssuesError as error:
    notices.failure(error, doing=_("We could not count the issues."))
    st.button(_("Try again"), icon=":material/refresh:")
    st.stop()

if not stats.total:
    st.info(_("There is nothing to count yet."), icon=":material/inbox:")
    st.stop()

closed = stats.by_state.get(IssueState.CLOSED, 0)
with st.container(horizontal=True):
    st.metric(_("Issues"), language.number(stats.total), border=True)
    st.metric(_("Open"), language.number(stats.total - closed), border=True)
    st.metric(_("Unread"), language.number(stats.unread), border=True)
    st.metric(_("Anonymous"), language.percent(stats.anonymous / stats.total), border=True)

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
