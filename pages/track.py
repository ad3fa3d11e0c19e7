"""Track: the state of an anonymous report, for the holder of its receipt."""

from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components import api_session, server_capabilities
from components.account import return_after_sign_in
from components.issues import auto_refresh
from components.report import receipt, report_sending, report_view, track_link
from components.ui import fault_line, messages, placeholders
from components.ui.i18n import _
from issue_portal.client.errors import IssuesError, NotFoundError
from issue_portal.core.settings import get_settings
from issue_portal.models.responses import ReceiptView

# Session keys of the field, and of the receipt whose report is on the page.
_FIELD_KEY: Final = "track_receipt"
_TRACKED_KEY: Final = "tracked_receipt"

# Seconds between look-ups, at least: people behind one address share `ISSUES_LIMIT_RECEIPT`.
_FEWEST_SECONDS: Final = 30


def track(entered: str) -> None:
    """Show the report of this receipt from now on. Callback, before the field is rendered."""
    st.session_state[_FIELD_KEY] = st.session_state[_TRACKED_KEY] = entered


def render_form() -> DeltaGenerator:
    """Render the field; return the slot below it for a fault."""
    with st.form("track", border=False):
        with st.container(key="track_row", horizontal=True, vertical_alignment="bottom"):
            entered = st.text_input(
                _("Receipt"),
                key=_FIELD_KEY,
                placeholder="1234-5678-9012-3456",
                autocomplete="off",
            )
            if st.form_submit_button(_("Show report"), type="primary"):
                st.session_state[_TRACKED_KEY] = entered
        return st.empty()


def render_report(tracked: str, fault_slot: DeltaGenerator, checks: DeltaGenerator) -> bool:
    """Look up the report, render it, and keep it up to date; return whether it was found."""
    digits = receipt.parse_receipt(tracked)
    if digits is None:
        text = _("A receipt has 16 digits. Check what you entered.")
        fault_line.render(fault_slot, text, _FIELD_KEY)
        return False
    try:
        report = look_up(digits)
    except NotFoundError:
        text = _("No report has this receipt. Check the digits; the report may have been deleted.")
        fault_line.render(fault_slot, text, _FIELD_KEY)
        return False
    except IssuesError as error:
        failed = _("We couldn't look up your receipt.")
        fault_line.render(fault_slot, messages.format_failure(error, failed=failed), _FIELD_KEY)
        return False
    with st.container(key="tracked"):
        report_view.render(report, report.history)
    st.caption(_("This page updates automatically."))
    auto_refresh.rerun_on_change(
        checks,
        lambda: look_up(digits),
        report,
        seconds=max(get_settings().poll_seconds, _FEWEST_SECONDS),
        action=None,
    )
    return True


def look_up(digits: str) -> ReceiptView:
    """Return the report with this receipt, as the server has it now."""
    return api_session.visitor_client().look_up_receipt(digits)


st.title(_("Track a report"), anchor=False)

if server_capabilities.gives_receipts() is False:
    with placeholders.render_not_supported(
        _("You can't track anonymous reports, because this server doesn't offer receipts.")
    ):
        st.page_link("pages/my_issues.py", label=_("Show my reports"), icon=":material/inbox:")
    st.stop()

if return_after_sign_in.is_first_run_on_page():
    st.session_state.pop(_TRACKED_KEY, None)
sent = report_sending.get_sending().sent
if sent and sent.receipt:
    # After a report was sent in this session, show it without a click.
    st.session_state.setdefault(_TRACKED_KEY, sent.receipt)
st.session_state.setdefault(_FIELD_KEY, st.session_state.get(_TRACKED_KEY, ""))
checks = auto_refresh.make_place()
slot = render_form()
tracked = str(st.session_state.get(_TRACKED_KEY, ""))
if _TRACKED_KEY not in st.session_state or not render_report(tracked, slot, checks):
    with st.container(key="track_hints"):
        st.caption(_("The 16 digits you got when you sent the report."))
        st.caption(_("Sent with your name? Sign in and open My reports."))
track_link.mount_script(track, receipt.parse_receipt(tracked) or "")
