"""Report a problem: three questions, then the number and what happens next."""

import streamlit as st

from auth import current_user
from components import api_session, server_capabilities
from components.report import (
    draft_autosave,
    embed,
    prefill,
    receipt,
    report_form,
    report_sending,
    report_state,
    submitted_report,
)
from components.report.prefill import Prefill
from components.ui import messages
from components.ui.i18n import _
from issue_portal.client.errors import BadRequestError

who = current_user.get_person()
sending = report_sending.sending()
sent = sending.sent

if sent is None:
    if report_state.is_another_report():
        submitted_report.forget()
    else:
        submitted_report.look(report_state.remember_sent_report, who)
    st.title(_("Report a problem"), anchor=False)
    new = report_form.show(who, prefill.link_values())
    if new is not None:
        client = api_session.visitor_client() if new.anonymous else api_session.client()
        sending.send(client, new, report_sending.report_key(new))
    if sending.sent:
        server_capabilities.learn_from_report(sending.sent)
        report_state.remember_sent_report(sending.sent)
        st.rerun()
    if error := sending.error:
        if (
            isinstance(error, BadRequestError)
            and sending.new
            and report_form.refused(sending.new, error)
        ):
            sending.mark_told()
            st.rerun()
        messages.failure(error, doing=_("We could not send your report."), kept=True)
        sending.mark_told()
    if who is None and embed.is_on():
        link = prefill.link_values() or Prefill()
        embed.link_out(_("Open the form in a tab of its own to report by name"), link.link())
    elif who is None:
        get_all = st.button(
            _("Sign in to report by name"),
            type="tertiary",
            icon=":material/login:",
            on_click=report_state.report_by_name,
        )
        if get_all:
            st.switch_page("pages/sign_in.py")
else:
    # First of all: whoever reloads the page at once has lost nothing.
    submitted_report.keep(sent, who)
    draft_autosave.forget(draft_autosave.REPORT)
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
            embed.page_link("track", label=_("Follow it on Track"), icon=icon)
        elif sent.created_by:
            icon = ":material/inbox:"
            embed.page_link("my_issues", label=_("See it in My issues"), icon=icon)
        st.button(
            _("Report another problem"),
            icon=":material/add:",
            on_click=report_state.start_another_report,
        )
