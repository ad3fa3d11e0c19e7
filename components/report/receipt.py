"""The receipt of an anonymous report: shown once, to copy or download, and never in a URL."""

import re
from datetime import datetime

import streamlit as st

from components.ui import local_time
from components.ui.i18n import _
from issue_portal.models.vocabulary import normalize_receipt

_DIGITS = 16


def render(digits: str, number: int | None, sent_at: datetime | None) -> None:
    """Render the receipt of the report ``number`` that was just sent."""
    title = _("Your receipt")
    st.markdown(f"**{title}**")
    st.code(digits, language=None)
    st.warning(
        _("Keep it: it's the only way to track this report, and it can't be shown again."),
        icon=":material/priority_high:",
    )
    st.download_button(
        _("Download receipt"),
        _format_file(digits, number, sent_at),
        file_name=f"issue-{number}-receipt.txt",
        mime="text/plain",
        on_click="ignore",
        icon=":material/download:",
    )


def parse_receipt(entered: str) -> str | None:
    """Return the 16 digits of the receipt that a person entered, or None if it is not valid."""
    digits = normalize_receipt(entered)
    return digits if re.fullmatch(rf"[0-9]{{{_DIGITS}}}", digits) else None


def _format_file(digits: str, number: int | None, sent_at: datetime | None) -> str:
    text = _(
        "Report: #{number}\nReceipt: {receipt}\nSent: {when}\n\nTo see the state of your"
        " report, enter the receipt on the Track page.\n"
    )
    return text.format(number=number, receipt=digits, when=local_time.format_moment(sent_at))
