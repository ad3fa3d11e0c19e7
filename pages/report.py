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
sending = report_sending.get_sending()
sent = sending.sent

if sent is None:
    if report_state.is_another_report():
        submitted_report.forget()
    else:
        submitted_report.restore_from_tab(report_state.remember_sent_report, who)
    st.title(_("Report a problem"), anchor=False)
    new = report_form.render(who, prefill.get_link_values())
    if new is not None:
        client = api_session.visitor_client() if new.anonymous else api_session.client()
        sending.send(client, new, report_sending.make_idempotency_key(new))
    if sending.sent:
        server_capabilities.learn_from_report(sending.sent)
        report_state.remember_sent_report(sending.sent)
        st.rerun()
    if error := sending.error:
        if (
            isinstance(error, BadRequestError)
            and sending.new
            and report_form.remember_refusal(sending.new, error)
        ):
            sending.mark_told()
            st.rerun()
        messages.render_failure(error, doing=_("We could not send your report."), kept=True)
        sending.mark_told()
    if who is None and embed.is_embedded():
        link = prefill.get_link_values() or Prefill()
        embed.render_new_tab_link(
            _("Open the form in a tab of its own to report by name"), link.link()
        )
    elif who is None:
        by_name = st.button(
            _("Sign in to report by name"),
            type="tertiary",
            icon=":material/login:",
            on_click=report_state.report_by_name,
        )
        if by_name:
            st.switch_page("pages/sign_in.py")
else:
    # First of all: whoever reloads the page at once has lost nothing.
    submitted_report.keep_in_tab(sent, who)
    draft_autosave.forget_draft(draft_autosave.REPORT_DRAFT)
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
        receipt.render(sent)
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
            embed.render_page_link("track", label=_("Follow it on Track"), icon=icon)
        elif sent.created_by:
            icon = ":material/inbox:"
            embed.render_page_link("my_issues", label=_("See it in My issues"), icon=icon)
        st.button(
            _("Report another problem"),
            icon=":material/add:",
            on_click=report_state.start_another_report,
        )
