"""For those who lead people to the form: a link that fills it in, or a frame for their own page."""

import streamlit as st

from components.report.prefill import Prefill, is_linkable_id
from components.ui import labels
from components.ui.i18n import _
from issue_portal.core.settings import get_settings
from issue_portal.models.vocabulary import IssueType

_TEXT_LIMIT = 1_000
"""Of what is longer, browsers and proxies cut the address off."""


def render() -> None:
    """Choose what the form is filled in with; get the link."""
    st.caption(_("Choose what is filled in. Whoever follows the link can change it all."))
    kind = st.selectbox(
        _("Kind of problem"),
        list(IssueType),
        index=None,
        format_func=labels.format_type,
        placeholder=_("Left open"),
        key="link_kind",
    )
    text = st.text_area(_("What happened?"), height=80, max_chars=_TEXT_LIMIT, key="link_text")
    st.caption(labels.explain_references())
    thread, interaction, project = (
        column.text_input(name, max_chars=200, key=f"link_place_{number}", live=True).strip()
        for number, (column, name) in enumerate(
            zip(st.columns(3), labels.list_reference_labels(), strict=True)
        )
    )
    framed = st.toggle(_("Show the form inside a page of yours"), key="link_framed")
    if bool(thread) != bool(interaction):
        st.warning(_("Give both thread and interaction, or neither."), icon=":material/link_off:")
        return
    if not all(is_linkable_id(given) for given in (thread, interaction, project) if given):
        st.warning(
            _("In a link, an id can have letters from a to z, digits, and {signs}.").format(
                signs="`. _ : / @ + = ~ -`"
            ),
            icon=":material/link_off:",
        )
        return
    filled = Prefill(kind, text, thread, interaction, project)
    if not framed:
        st.code(filled.link(), language=None, wrap_lines=True)
        return
    st.code(filled.frame(_("Report a problem")), language=None, wrap_lines=True)
    if not get_settings().embed_in:
        st.caption(
            _(
                "For now only pages of the portal's own address can show it (port included)."
                " Whoever runs the portal names other sites in its setting {setting}."
            ).format(setting="`ISSUES_EMBED_IN`")
        )
