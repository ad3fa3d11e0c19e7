"""The report form: type, text, anonymous or not, and an expander for the conversation's IDs."""

from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components import server_capabilities
from components.report import draft_autosave, embed, report_state
from components.report.draft_autosave import DraftWidgets, InitialValues
from components.report.prefill import Prefill
from components.report.report_faults import REFERENCE_FIELDS, Fault, find_faults
from components.report.report_input import PROJECT_CHOICE_KEY, ReportInput
from components.ui import labels
from components.ui.i18n import _
from issue_portal.core.portal_token import Person
from issue_portal.models.requests import NewIssue
from issue_portal.models.vocabulary import IssueType

_FaultSlots = dict[str, DeltaGenerator]
"""By widget key: the empty element below the widget, in which its fault is shown."""


def render(person: Person | None, link: Prefill | None) -> NewIssue | None:
    """Render the form with the values of a ``link``; return the report once submitted and valid."""
    slots: _FaultSlots = {}
    with st.form("report", border=False, enter_to_submit=False):
        report = _render_fields(person, link, slots)
        is_submitted = st.form_submit_button(
            _("Send report"), type="primary", icon=":material/send:", key="send"
        )
    if not is_submitted:
        for key, text in report_state.get_server_faults().items():
            _render_fault(slots, Fault(text, (key,)))
        return None
    report_state.remember_server_faults({})
    report = report.strip_hidden_marks()
    faults = list(find_faults(report, is_signed_in=person is not None))
    for fault in faults:
        _render_fault(slots, fault)
    return None if faults else report.to_new_issue()


def _render_fields(person: Person | None, link: Prefill | None, slots: _FaultSlots) -> ReportInput:
    """Render the widgets, each with a slot below for its fault; return their values."""
    prefill = link or Prefill()
    references = {
        "report_thread": prefill.thread,
        "report_interaction": prefill.interaction,
        "report_project": prefill.project,
    }
    issue_type = st.radio(
        _("What went wrong?"),
        list(IssueType),
        index=_find_type_index(prefill),
        format_func=lambda value: f"**{labels.format_type(value)}:** {labels.explain_type(value)}",
        key="report_type",
        persist_state="session",
    )
    slots["report_type"] = st.empty()
    description = st.text_area(
        _("What happened?"),
        prefill.description,
        height=150,
        placeholder=_("What did you ask, what did you get, what did you expect?"),
        key="report_description",
    )
    slots["report_description"] = st.empty()
    _autosave(person, link, references)
    anonymous = _render_anonymous_toggle(person)
    slots["report_anonymous"] = st.empty()
    thread, interaction, project = _render_references(references, slots)
    return ReportInput(issue_type, description, anonymous, thread, interaction, project)


def _find_type_index(prefill: Prefill) -> int | None:
    """Return the index of the type that a link selects; None if it selects none."""
    return list(IssueType).index(prefill.type) if prefill.type else None


def _autosave(person: Person | None, link: Prefill | None, references: Mapping[str, str]) -> None:
    """Store the draft in the browser tab; the values of a link are its initial values."""
    initial = None
    if link:
        index = _find_type_index(link)
        choices = {} if index is None else {"report_type": index}
        initial = InitialValues(link.description, references, choices)
    draft_autosave.autosave(
        person,
        draft_autosave.REPORT_DRAFT,
        DraftWidgets(
            text="report_description",
            inputs=tuple(references),
            choices=("report_type", draft_autosave.ANONYMOUS_TOGGLE),
        ),
        initial,
        sign_in_click_id=report_state.get_sign_in_click_id(),
        hint=_("It helps to quote the wrong part, give the right answer and name the file."),
        hint_of_link=_(
            "This text came with the link and could identify you. To stay anonymous, use"
            " your own words."
        ),
    )


def _render_anonymous_toggle(person: Person | None) -> bool:
    """Render the toggle and its explanation; return whether the report is anonymous."""
    tracking = _explain_tracking()
    if person is None and embed.is_embedded():
        # People cannot sign in inside a frame, so there is no choice.
        st.caption(_("No one can see who sent this, not even an administrator.") + tracking)
        return True
    # Store the default instead of passing it to the widget: `switch_to_report_by_name` may have
    # stored a value, and Streamlit warns about a widget that has both.
    st.session_state.setdefault("report_anonymous", True)
    anonymous = st.toggle(_("Report anonymously"), key="report_anonymous", persist_state="session")
    on = _("On: no one can see who sent this, not even an administrator.") + tracking
    if person:
        off = _("Off: reviewers will see your name.")
    else:
        off = _("Off: you sign in, and reviewers will see your name.")
    st.caption(f"{on} {off}")
    return bool(anonymous)


def _explain_tracking() -> str:
    """Say whether an anonymous report can be tracked; "" while this is not known."""
    match server_capabilities.gives_receipts():
        case True:
            return " " + _("You'll get a receipt to track it.")
        case False:
            return " " + _("You won't be able to track it.")
        case None:
            return ""


def _render_references(references: Mapping[str, str], slots: _FaultSlots) -> tuple[str, str, str]:
    """Render the inputs for thread, interaction and project with the values of a link.

    The expander is open if the link has a value, or if the server requires or has refused a value.
    """
    # Even an anonymous report contains the values of a link, so the person must see them.
    came_with_link = any(references.values())
    required = server_capabilities.get_capabilities().required_fields
    is_required = not required.isdisjoint(REFERENCE_FIELDS.values())
    is_refused = report_state.are_references_unfolded()
    with st.expander(
        _("Conversation details") if is_required else _("Conversation details (optional)"),
        icon=":material/link:",
        expanded=came_with_link or is_required or is_refused,
    ):
        # Render the caption even without a link: the values may come from an earlier link.
        st.caption(
            _("IDs that came with a link could identify you. Clear any you don't want to send.")
        )
        if is_required:
            st.caption(_("This server requires these IDs, even in anonymous reports."))
        st.caption(labels.explain_references())
        entered = []
        for (key, value), label in zip(
            references.items(), labels.list_reference_labels(), strict=True
        ):
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


def _render_fault(slots: _FaultSlots, fault: Fault) -> None:
    # form_fields.js finds the container by the widget keys, and hides it when a widget changes.
    key = "__".join(["fault", *fault.widget_keys])
    container = slots[fault.widget_keys[-1]].container(key=key)
    container.error(fault.text, icon=f":material/{fault.icon}:")
