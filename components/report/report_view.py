"""A report as its reporter sees it: number, state, text and timeline."""

import html
from collections.abc import Sequence

import streamlit as st

from components.issues import issue_detail
from components.ui import labels
from components.ui.i18n import _
from issue_portal.models.responses import HistoryEntry, Issue, ReceiptView


def render(report: Issue | ReceiptView, history: Sequence[HistoryEntry]) -> None:
    """Render the whole report."""
    render_heading(report)
    issue_detail.render_text(report.description)
    issue_detail.render_history(report, history)


def render_heading(report: Issue | ReceiptView) -> None:
    """Render number, state and type, and below what the state means."""
    number = report.issue_number
    title = _("Your report") if number is None else _("Report #{number}").format(number=number)
    st.header(title, anchor=False)
    # A server may leave out the state or the type.
    parts = []
    if report.state:
        parts.append(f"<b>{labels.format_state_html(report.state)}</b>")
    if report.type:
        parts.append(f"<span>{html.escape(labels.format_type(report.type))}</span>")
    explanation = html.escape(labels.explain_state(report.state))
    st.html(f'<p class="state-line">{" · ".join(parts)}</p><p class="state-line">{explanation}</p>')
