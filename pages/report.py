"""Report a problem: three questions, then the number and what happens next."""

import streamlit as st

from api.errors import IssuesError
from components import draft, issue_form, notices, receipt, session

who = session.person()
sent = session.sent_report()

if sent is None:
    st.title("Report a problem", anchor=False)
    new = issue_form.show(who, issue_form.Prefill.from_link())
    if new is not None:
        client = session.visitor_client() if new.anonymous else session.client()
        try:
            with st.spinner("Sending…"):
                sent = client.create(new, idempotency_key=session.report_key(new))
        except IssuesError as error:
            notices.failure(error, doing="send your report", kept=True)
        else:
            session.remember_sent_report(sent)
            st.rerun()
    if who is None:
        by_name = st.button(
            "Sign in to report by name",
            type="tertiary",
            icon=":material/login:",
            on_click=session.report_by_name,
        )
        if by_name:
            st.switch_page("pages/sign_in.py")
else:
    st.title("Thank you", anchor=False)
    st.success(
        f"Your report has arrived. It is number **{sent.issue_number}**.",
        icon=":material/check_circle:",
    )
    st.write(
        "A reviewer reads it next. Its state then changes from “Not reviewed” to “In review”, and"
        " to “Closed” when the review is finished."
    )
    if sent.receipt:
        receipt.show(sent)
        st.page_link("pages/track.py", label="Follow it on Track", icon=":material/receipt_long:")
    elif sent.created_by:
        st.page_link("pages/my_issues.py", label="See it in My issues", icon=":material/inbox:")
    st.button(
        "Report another problem",
        icon=":material/add:",
        on_click=session.start_another_report,
    )
    draft.forget()
