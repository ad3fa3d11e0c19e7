"""Report a problem: three questions, then the number and what happens next."""

import streamlit as st

from api.errors import Invalid
from components import (
    abilities,
    draft,
    embedding,
    issue_form,
    notices,
    receipt,
    sent_report,
    session,
)
from components.embedding import Prefill
from components.language import _

who = session.person()
sending = session.sending()
sent = sending.sent

if sent is None:
    if session.is_another_report():
        sent_report.forget()
    else:
        sent_report.look(session.remember_sent_report, who)
    st.title(_("Report a problem"), anchor=False)
    new = issue_form.show(who, session.prefill())
    if new is not None:
        client = session.visitor_client() if new.anonymous else session.client()
        sending.send(client, new, session.report_key(new))
    if sending.sent:
        abilities.learn_from_report(sending.sent)
        session.remember_sent_report(sending.sent)
        st.rerun()
    if error := sending.error:
        if isinstance(error, Invalid) and sending.new and issue_form.refused(sending.new, error):
            sending.mark_told()
            st.rerun()
        notices.failure(error, doing=_("We could not send your report."), kept=True)
        sending.mark_told()
    if who is None and embedding.is_on():
        link = session.prefill() or Prefill()
        embedding.link_out(_("Open the form in a tab of its own to report by name"), link.link())
    elif who is None:
        by_name = st.button(
            _("Sign in to report by name"),
            type="tertiary",
            icon=":material/login:",
            on_click=session.report_by_name,
        )
        if by_name:
            st.switch_page("pages/sign_in.py")
else:
    # First of all: whoever reloads the page at once has lost nothing.
    sent_report.keep(sent, who)
    draft.forget(draft.REPORT)
    sending.mark_told()
    st.title(_("Thank you"), anchor=False)
    st.success(
        _("Your report has arrived. It is number **{number}**.").format(number=sent.issue_number),
        icon=":material/check_circle:",
    )
    st.write(
        _(
            "A reviewer reads it next. Its state then changes from “Not reviewed” to “In review”,"
            " and to “Closed” when the review is finished."
        )
    )
    if sent.receipt:
        receipt.show(sent)
    elif not sent.created_by:
        st.info(
            _(
                "This server gives no receipt for an anonymous report,"
                " so what becomes of it cannot be seen here."
            ),
            icon=":material/info:",
        )
    with st.container(key="what_next"):
        if sent.receipt:
            icon = ":material/receipt_long:"
            embedding.page_link("track", label=_("Follow it on Track"), icon=icon)
        elif sent.created_by:
            icon = ":material/inbox:"
            embedding.page_link("my_issues", label=_("See it in My issues"), icon=icon)
        st.button(
            _("Report another problem"),
            icon=":material/add:",
            on_click=session.start_another_report,
        )
