"""Report a problem: the form with three questions; after sending, the number and the receipt."""

import streamlit as st

from auth import current_user
from components import api_session, server_capabilities
from components.report import (
    draft_autosave,
    embed,
    frame_height,
    identity_menu,
    prefill,
    receipt,
    report_faults,
    report_form,
    report_sending,
    report_state,
    submitted_report,
)
from components.report.prefill import Prefill
from components.report.report_sending import ReportSending
from components.report.submitted_report import SubmittedReport
from components.ui import fault_line, messages
from components.ui.i18n import _
from issue_portal.client.errors import BadRequestError
from issue_portal.core.portal_token import Person


def render_report(person: Person | None, sending: ReportSending) -> None:
    """Render the form; send the report once it is submitted and valid, and show any failure."""
    if report_state.is_another_report():
        submitted_report.forget()
    else:
        submitted_report.restore_from_tab(report_state.remember_sent_report, person)
    with st.container(key="report_heading", horizontal=True, vertical_alignment="center"):
        st.title(_("Report a problem"), anchor=False)
        is_anonymous = identity_menu.render(person)
    identity_menu.mount_script(person)
    report_state.forget_send_request()
    new = report_form.render(person, prefill.get_link_values(), is_anonymous=is_anonymous)
    if new is not None and person is None and not new.anonymous:
        report_state.request_send_after_sign_in()
        st.switch_page("pages/sign_in.py")
    if new is not None:
        client = api_session.visitor_client() if new.anonymous else api_session.client()
        sending.send(client, new, report_sending.make_idempotency_key(new))
    if sending.sent:
        server_capabilities.learn_from_report(
            anonymous=sending.sent.is_anonymous, receipt=sending.sent.receipt
        )
        report_state.remember_sent_report(sending.sent)
        st.rerun()
    render_error(sending)
    if person is None and embed.is_embedded():
        link = prefill.get_link_values() or Prefill()
        embed.render_new_tab_link(_("Report with your name"), link.build_link())


def render_error(sending: ReportSending) -> None:
    """Show why the report was not sent: at the refused fields, or else below the form."""
    error = sending.error
    if error is None:
        return
    if isinstance(error, BadRequestError) and sending.new:
        if report_faults.remember_refusal(sending.new, error):
            sending.mark_outcome_shown()
            st.rerun()
        if report_state.unfold_references():
            # The server may require them: show them together with its reason.
            st.rerun()
    failed = _("We couldn't send your report, but your text is safe.")
    fault_line.render(st.empty(), messages.format_failure(error, failed=failed), "send")
    sending.mark_outcome_shown()


def render_thanks(person: Person | None, sending: ReportSending, sent: SubmittedReport) -> None:
    """Render the number, the receipt of an anonymous report, and what happens next."""
    # Store the report first, so that an immediate reload does not lose the receipt.
    submitted_report.store_in_tab(sent, person)
    draft_autosave.forget_draft(draft_autosave.REPORT_DRAFT)
    sending.mark_outcome_shown()
    received = _("Report received")
    if sent.number is not None:
        received = _("Report #{number} received").format(number=sent.number)
    st.title(received, anchor=False)
    if sent.receipt:
        receipt.render(sent.receipt, sent.number, sent.sent_at)
    if sent.receipt or not sent.is_anonymous:
        text = _("A reviewer will look at it. You'll see it move from New to In review to Closed.")
    else:
        text = _(
            "A reviewer will look at it. You can't track it, because this server doesn't offer"
            " receipts."
        )
    st.write(text)
    with st.container(key="next_steps", horizontal=True, vertical_alignment="center"):
        st.button(_("Report another problem"), on_click=report_state.start_another_report)
        if not sent.is_anonymous:
            embed.render_page_link("my_issues", label=_("See it in My reports"), icon="")


person = current_user.get_person()
sending = report_sending.get_sending()
frame_height.mount_script()
if sending.sent is None:
    render_report(person, sending)
else:
    render_thanks(person, sending, sending.sent)
