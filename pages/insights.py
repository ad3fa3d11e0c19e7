"""Insights: how many issues there are, by state, by kind and by day."""

import streamlit as st

from api.contract import LIVE_STATES, IssueState, IssueType
from api.errors import IssuesError, NotFound, NotSupported
from components import charts, labels, notices, session

st.title("Insights", anchor=False)
session.require(reviewer=True)

try:
    stats = session.client().stats()
except (NotFound, NotSupported):
    st.info("This server does not count issues.", icon=":material/info:")
    st.stop()
except IssuesError as error:
    notices.failure(error, doing="count the issues")
    st.button("Try again", icon=":material/refresh:")
    st.stop()

if not stats.total:
    st.info("There is nothing to count yet.", icon=":material/inbox:")
    st.stop()

closed = stats.by_state.get(IssueState.CLOSED, 0)
with st.container(horizontal=True):
    st.metric("Issues", f"{stats.total:,}", border=True)
    st.metric("Open", f"{stats.total - closed:,}", border=True)
    st.metric("Unread", f"{stats.unread:,}", border=True)
    st.metric("Anonymous", f"{stats.anonymous / stats.total:.0%}", border=True)

by_state, by_kind = st.columns(2, gap="medium")
with by_state:
    st.subheader("By state", anchor=False)
    charts.bars({labels.state(s): stats.by_state.get(s, 0) for s in LIVE_STATES}, what="State")
with by_kind:
    st.subheader("By kind of problem", anchor=False)
    charts.bars({labels.kind(k): stats.by_type.get(k, 0) for k in IssueType}, what="Kind")
st.subheader("Reported each day", anchor=False)
charts.days({entry.day: entry.count for entry in stats.by_day})
