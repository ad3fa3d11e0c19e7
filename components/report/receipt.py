"""The receipt of an anonymous report: shown once, and never in a URL that a server sees."""

import html
import re
from datetime import datetime

import streamlit as st

from components.report import embed
from components.ui import copy_button, js_component, local_time
from components.ui.i18n import _
from issue_portal.models.vocabulary import normalize_receipt

_DIGITS = 16


def render(digits: str, number: int | None, sent_at: datetime | None) -> None:
    """Render the receipt of the report ``number`` that was just sent, and what to do with it."""
    label, keep = _("Your receipt"), _("Keep it: it can't be shown again.")
    st.html(
        f'<p class="receipt-label">{label}</p>'
        f'<p class="receipt" translate="no">{html.escape(digits)}</p>'
        f'<p class="receipt-keep">{keep}</p>'
    )
    with st.container(key="receipt_actions", horizontal=True, vertical_alignment="center"):
        copy_button.render(_("Copy receipt"), digits, key="copy_receipt", has_border=True)
        js_component.mount(
            __file__,
            key="receipt",
            width="content",
            data={
                "label": _("Download"),
                "file_name": f"report-{number}-receipt.txt",
                "file_text": _format_file(digits, number, sent_at),
            },
        )
        embed.render_page_link("track", label=_("Track it"), icon="", fragment=digits)
    _render_bookmark(digits)


def parse_receipt(entered: str) -> str | None:
    """Return the 16 digits of the receipt that a person entered, or None if it is not valid."""
    digits = normalize_receipt(entered)
    return digits if re.fullmatch(rf"[0-9]{{{_DIGITS}}}", digits) else None


def build_link(digits: str) -> str:
    """Return the URL that shows the report; browsers do not send its fragment to any server."""
    return f"{embed.build_page_url('track')}#{digits}"


def _render_bookmark(digits: str) -> None:
    """Render the link to bookmark. It opens a new tab, so that the receipt stays on the screen."""
    link, text = html.escape(build_link(digits)), _("Private link to your report")
    hint = _("Bookmark it. Anyone with the link can track the report.")
    st.html(
        f'<p class="receipt-link"><a href="{link}" target="_blank" rel="noopener">{text}</a>'
        f" · {hint}</p>"
    )


def _format_file(digits: str, number: int | None, sent_at: datetime | None) -> str:
    text = _(
        "Report: #{number}\nReceipt: {receipt}\nSent: {when}\n\nTo track your report,"
        " enter the receipt on the Track page or open this link:\n{link}\n"
    )
    return text.format(
        number=number,
        receipt=digits,
        when=local_time.format_moment(sent_at),
        link=build_link(digits),
    )
