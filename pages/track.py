"""Track: what became of an anonymous report, for whoever holds its receipt."""

import streamlit as st

from api.errors import IssuesError, NotFound
from components import issue_view, labels, notices, receipt, session

st.title("Track a report", anchor=False)

with st.form("track", border=False):
    entered = st.text_input(
        "Receipt",
        placeholder="1234-5678-9012-3456",
        help="The 16 digits you got when you sent the report. Spaces and dashes do not matter.",
        autocomplete="off",
    )
    problem = st.empty()
    asked = st.form_submit_button("Show report", type="primary", icon=":material/search:")

if asked:
    digits = receipt.read(entered)
    if digits is None:
        problem.error("A receipt has 16 digits. Check what you entered.")
        st.stop()
    try:
        found = session.visitor_client().look_up_receipt(digits)
    except NotFound:
        problem.error("No report has this receipt. Check the digits; a deleted report is gone too.")
    except IssuesError as error:
        notices.failure(error, doing="look up the receipt", kept=True)
    else:
        with st.container(border=True):
            st.subheader(f"Issue {found.issue_number}", anchor=False)
            with st.container(horizontal=True):
                labels.state_badge(found.state)
                st.badge(labels.kind(found.type), color="gray")
            st.write(labels.state_explanation(found.state))
            issue_view.text(found.description)
            issue_view.timeline(found.history)
else:
    st.caption("Reported by name? Then it is in My issues, once you have signed in.")
