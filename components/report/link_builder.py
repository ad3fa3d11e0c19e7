"""The builder of links to the report form, and of HTML that embeds the form in another page."""

import streamlit as st

from components.report.prefill import FRAME_HEIGHT, Prefill, is_linkable_id
from components.ui import labels
from components.ui.i18n import _
from issue_portal.core.settings import get_settings
from issue_portal.models.vocabulary import IssueType

_TEXT_LIMIT = 1_000
"""Longest text in a link, in characters. Browsers and proxies cut off long URLs."""


def render() -> None:
    """Render inputs for the values of a link, and the link or the HTML of a frame."""
    st.write(_("Choose what to fill in. People can edit all of this."))
    prefill = _render_values()
    is_frame = st.toggle(_("Embed the form in your own page"), key="link_framed")
    if fault := _find_fault(prefill):
        st.warning(fault, icon=":material/link_off:")
        return
    if not is_frame:
        st.code(prefill.build_link(), language=None, wrap_lines=True)
        return
    st.code(prefill.build_frame(_("Report a problem")), language=None, wrap_lines=True)
    if not get_settings().embed_in:
        st.caption(
            _(
                "Only pages on the portal's own host and port can embed it. An administrator can"
                " allow other sites with {setting}."
            ).format(setting="`ISSUES_EMBED_IN`")
        )
    if st.toggle(_("Preview"), key="link_preview"):
        with st.container(key="frame_preview"):
            st.iframe(prefill.build_link(embedded=True), height=FRAME_HEIGHT)


def _render_values() -> Prefill:
    issue_type = st.selectbox(
        _("Type of problem"),
        list(IssueType),
        index=None,
        format_func=labels.format_type,
        placeholder=_("Not set"),
        key="link_type",
    )
    text = st.text_area(_("What happened?"), height=80, max_chars=_TEXT_LIMIT, key="link_text")
    st.caption(labels.explain_references())
    columns = zip(st.columns(3), labels.list_reference_labels(), strict=True)
    thread, interaction, project = (
        column.text_input(label, max_chars=200, key=f"link_reference_{number}", live=True).strip()
        for number, (column, label) in enumerate(columns)
    )
    return Prefill(issue_type, text, thread, interaction, project)


def _find_fault(prefill: Prefill) -> str:
    """Return the reason why a link cannot contain these values, or ""."""
    if bool(prefill.thread) != bool(prefill.interaction):
        return _("Enter both the conversation ID and the answer ID, or neither.")
    ids = (prefill.thread, prefill.interaction, prefill.project)
    if not all(is_linkable_id(value) for value in ids if value):
        return _("IDs in a link can only contain letters (a–z), digits and {signs}.").format(
            signs="`. _ : / @ + = ~ -`"
        )
    return ""
