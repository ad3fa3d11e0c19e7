"""Track: the state of an anonymous report, for the holder of its receipt."""

import streamlit as st

from components import api_session, server_capabilities
from components.issues import issue_detail
from components.report import receipt, report_sending
from components.ui import labels, messages, placeholders
from components.ui.i18n import _
from issue_portal.client.errors import IssuesError, NotFoundError
from issue_portal.models.responses import ReceiptView


def render_report(report: ReceiptView) -> None:
    """Render the report that belongs to a receipt."""
    with st.container(border=True):
        issue_detail.render_report_heading(report)
        st.caption(labels.explain_state(report.state))
        issue_detail.render_text(report.description)
        issue_detail.render_history(report, report.history)


st.title(_("Track a report"), anchor=False)

if server_capabilities.gives_receipts() is False:
    with placeholders.render_not_supported(
        _("You can't track anonymous reports, because this server gives no receipts.")
    ):
        st.page_link("pages/my_issues.py", label=_("Show my reports"), icon=":material/inbox:")
    st.stop()

# After a report was sent in this session, show it without a click.
sent = report_sending.get_sending().sent
sent_receipt = (sent and sent.receipt) or ""
with st.form("track", border=False):
    entered = st.text_input(
        _("Receipt"),
        sent_receipt,
        placeholder="1234-5678-9012-3456",
        help=_("The 16 digits you got when you sent the report. Spaces and dashes are optional."),
        autocomplete="off",
    )
    fault_slot = st.empty()
    is_submitted = st.form_submit_button(_("Show report"), type="primary", icon=":material/search:")

if is_submitted or (sent_receipt and entered == sent_receipt):
    digits = receipt.parse_receipt(entered)
    if digits is None:
        fault_slot.error(_("A receipt has 16 digits. Check what you entered."))
        st.stop()
    try:
        report = api_session.visitor_client().look_up_receipt(digits)
    except NotFoundError:
        fault_slot.error(
            _(
                "No report has this receipt. Check the digits; the report may also have been"
                " deleted."
            )
        )
    except IssuesError as error:
        messages.render_failure(error, failed=_("We couldn't look up your receipt."))
    else:
        render_report(report)
else:
    st.caption(_("Sent with your name? Sign in and open My reports."))
