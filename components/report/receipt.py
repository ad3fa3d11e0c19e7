"""The receipt of an anonymous report: shown once, to copy or download, and never in a URL."""

import re

import streamlit as st

from components.ui import local_time
from components.ui.i18n import _
from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import normalize_receipt

_DIGITS = 16


def render(issue: Issue) -> None:
    """Render the receipt of a report that was just sent."""
    title = _("Your receipt")
    st.markdown(f"**{title}**")
    st.code(issue.receipt, language=None)
    st.warning(
        _("Keep it: it's the only way to track this report, and it can't be shown again."),
        icon=":material/priority_high:",
    )
    st.download_button(
        _("Download receipt"),
        _format_file(issue),
        file_name=f"issue-{issue.issue_number}-receipt.txt",
        mime="text/plain",
        on_click="ignore",
        icon=":material/download:",
    )


def parse_receipt(entered: str) -> str | None:
    """Return the 16 digits of the receipt that a person entered, or None if it is not valid."""
    digits = normalize_receipt(entered)
    return digits if re.fullmatch(rf"[0-9]{{{_DIGITS}}}", digits) else None


def _format_file(issue: Issue) -> str:
    text = _(
        "Report: #{number}\nReceipt: {receipt}\nSent: {when}\n\nTo see the state of your"
        " report, enter the receipt on the Track page.\n"
    )
    sent_at = local_time.format_moment(issue.created_at)
    return text.format(number=issue.issue_number, receipt=issue.receipt, when=sent_at)
