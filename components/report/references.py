"""The folded part of the report form: the ids of conversation, answer and project."""

from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components import server_capabilities
from components.report import report_state
from components.report.draft_autosave import Attachments
from components.report.prefill import Prefill
from components.report.report_faults import REFERENCE_FIELDS
from components.report.report_input import PROJECT_CHOICE_KEY
from components.ui import labels
from components.ui.i18n import _

FaultSlots = dict[str, DeltaGenerator]
"""By widget key: the empty element below the widget, in which its fault is shown."""


def list_values(link: Prefill) -> dict[str, str]:
    """Return the values of a link, by widget key."""
    return {
        "report_thread": link.thread,
        "report_interaction": link.interaction,
        "report_project": link.project,
    }


def describe_attachments(*, is_anonymous: bool) -> Attachments:
    """Describe the line that names the values of a link.

    The browser shows it also for an earlier link, whose values the draft has kept.
    """
    line = _("Attached: {parts}")
    if is_anonymous:
        # Even an anonymous report contains the values of a link.
        line = _("Attached: {parts}. This could identify you.")
    names = {
        "report_thread": _("this conversation"),
        "report_interaction": _("this answer"),
        "report_project": _("this project"),
    }
    return Attachments(line, _("Remove"), names, shown_as_is="report_project")


def render(values: Mapping[str, str], slots: FaultSlots) -> tuple[str, str, str]:
    """Render the inputs for thread, interaction and project with the values of a link.

    The inputs are folded unless the server requires or has refused a value.
    """
    required = server_capabilities.get_capabilities().required_fields
    is_required = not required.isdisjoint(REFERENCE_FIELDS.values())
    with st.expander(
        _("Conversation details") if is_required else _("Conversation details (optional)"),
        expanded=is_required or report_state.are_references_unfolded(),
    ):
        if is_required:
            st.caption(_("This server requires these IDs, even in anonymous reports."))
        st.caption(labels.explain_references())
        entered = []
        for (key, value), label in zip(values.items(), labels.list_reference_labels(), strict=True):
            if key == "report_project":
                text = _render_project(label, value)
            else:
                text = st.text_input(label, value, key=key, persist_state="session")
            slots[key] = st.empty()
            entered.append(text.strip())
    thread, interaction, project = entered
    return thread, interaction, project


def _render_project(label: str, value: str) -> str:
    """Render the input of the project's ID; a choice by name if the server requires a project."""
    names = server_capabilities.fetch_names_of_required_project()
    if not names or (value and value not in names):
        return st.text_input(label, value, key="report_project", persist_state="session")
    # Keep an ID that the person typed before the portal knew the names.
    initial = value or st.session_state.get("report_project", "").strip()
    options = list(dict.fromkeys([*names, *([initial] if initial else [])]))
    chosen = st.selectbox(
        _("Project"),
        options,
        index=options.index(initial) if initial else None,
        format_func=lambda project_id: names.get(project_id, project_id),
        accept_new_options=True,
        placeholder=_("Choose or enter an ID"),
        key=PROJECT_CHOICE_KEY,
        persist_state="session",
    )
    return chosen or ""
