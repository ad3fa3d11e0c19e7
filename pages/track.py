"""Track: what became of an anonymous report, for whoever holds its receipt."""

import streamlit as st

from components import api_session, server_capabilities
from components.issues import issue_detail
from components.report import receipt, report_sending
from components.ui import labels, messages, placeholders
from components.ui.i18n import _
from issue_portal.client.errors import IssuesError, NotFoundError

st.title(_("Track a report"), anchor=False)

if not server_capabilities.gives_receipts():
    with placeholders.render_not_supported(
        _("Anonymous reports cannot be followed here: this server gives no receipts for them.")
    ):
        st.page_link("pages/my_issues.py", label=_("Show my issues"), icon=":material/inbox:")
    st.stop()

# Who comes from the report they have just sent sees it at once.
sent = report_sending.get_sending().sent
brought = (sent and sent.receipt) or ""
with st.form("track", border=False):
    entered = st.text_input(
        _("Receipt"),
        brought,
        placeholder="1234-5678-9012-3456",
        help=_("The 16 digits you got when you sent the report. Spaces and dashes do not matter."),
        autocomplete="off",
    )
    problem = st.empty()
    asked = st.form_submit_button(_("Show report"), type="primary", icon=":material/search:")

if asked or (brought and entered == brought):
    digits = receipt.parse_receipt(entered)
    if digits is None:
        problem.error(_("A receipt has 16 digits. Check what you entered."))
        st.stop()
    try:
        found = api_session.visitor_client().look_up_receipt(digits)
    except NotFoundError:
        problem.error(
            _("No report has this receipt. Check the digits; a deleted report is gone too.")
        )
    except IssuesError as error:
        messages.render_failure(error, doing=_("We could not look up the receipt."), kept=True)
    else:
        with st.container(border=True):
            issue_detail.render_heading(found)
            st.caption(labels.explain_state(found.state))
            issue_detail.render_text(found.description)
            issue_detail.render_history(found, found.history)
else:
    st.caption(_("Reported by name? Then it is in My issues, once you have signed in."))
