"""The report form: type, text, the conversation's IDs, and the button that sends it."""

import html
from contextlib import nullcontext

import streamlit as st

from components.report import draft_autosave, identity_menu, references, report_state
from components.report.draft_autosave import DraftWidgets, InitialValues, TextChoice
from components.report.prefill import Prefill
from components.report.references import FaultSlots
from components.report.report_faults import find_faults
from components.report.report_input import ReportInput
from components.ui import fault_line, labels
from components.ui.i18n import _
from issue_portal.core.portal_token import Person
from issue_portal.models.requests import NewIssue
from issue_portal.models.vocabulary import IssueType


def render(person: Person | None, link: Prefill | None, *, is_anonymous: bool) -> NewIssue | None:
    """Render the form with the values of a ``link``; return the report once submitted and valid."""
    slots: FaultSlots = {}
    with st.form("report", border=False, enter_to_submit=False):
        report = _render_fields(person, link, slots, is_anonymous=is_anonymous)
        is_submitted = _render_send_row(person, slots, is_anonymous=is_anonymous)
    if not is_submitted:
        for key, text in report_state.get_server_faults().items():
            fault_line.render(slots[key], text, key)
        return None
    report_state.remember_server_faults({})
    report = report.strip_hidden_marks()
    faults = list(find_faults(report))
    for fault in faults:
        fault_line.render(slots[fault.widget_keys[-1]], fault.text, *fault.widget_keys)
    return None if faults else report.to_new_issue()


def _render_fields(
    person: Person | None, link: Prefill | None, slots: FaultSlots, *, is_anonymous: bool
) -> ReportInput:
    """Render the widgets, each with a slot below for its fault; return their values."""
    prefill = link or Prefill()
    values = references.list_values(prefill)
    with st.container(key="report_what"):
        issue_type = st.radio(
            _("What went wrong?"),
            list(IssueType),
            index=_find_type_index(prefill),
            format_func=labels.format_type,
            captions=[labels.explain_type(value) for value in IssueType],
            horizontal=True,
            width="stretch",
            key="report_type",
            persist_state="session",
        )
        slots["report_type"] = st.empty()
    with st.container(key="report_text"):
        description = st.text_area(
            _("What happened?"),
            prefill.description,
            height="content",
            placeholder=_("What did you ask, what did you get, what did you expect?"),
            key="report_description",
        )
        slots["report_description"] = st.empty()
        _autosave(person, link, is_anonymous=is_anonymous)
        thread, interaction, project = references.render(values, slots)
    return ReportInput(issue_type, description, is_anonymous, thread, interaction, project)


def _render_send_row(person: Person | None, slots: FaultSlots, *, is_anonymous: bool) -> bool:
    """Render the button, and beside it who will see the reporter; return whether it is pressed."""
    signs_in_first = person is None and not is_anonymous
    with st.container(key="send_row", horizontal=True, vertical_alignment="center"):
        is_submitted = st.form_submit_button(
            _("Sign in and send") if signs_in_first else _("Send report"),
            type="primary",
            key="send",
        )
        explanation = identity_menu.explain(is_anonymous=is_anonymous)
        st.html(f'<p class="identity">{html.escape(explanation)}</p>', width="content")
    slots["report_anonymous"] = st.empty()
    return is_submitted


def _find_type_index(prefill: Prefill) -> int | None:
    """Return the index of the type that a link selects; None if it selects none."""
    return list(IssueType).index(prefill.type) if prefill.type else None


def _autosave(person: Person | None, link: Prefill | None, *, is_anonymous: bool) -> None:
    """Store the draft in the browser tab; the values of a link are its initial values."""
    values = references.list_values(link or Prefill())
    initial = None
    if link:
        index = _find_type_index(link)
        choices = {} if index is None else {"report_type": index}
        initial = InitialValues(link.description, values, choices)
    # The stylesheet keeps a place for the lines of a link, which a script adds later.
    has_lines = {"ids": any(values.values()), "text": bool(link and link.description)}
    lines = [name for name, is_shown in has_lines.items() if is_shown]
    container = st.container(key="_".join(["link", *lines])) if lines else nullcontext()
    with container:
        draft_autosave.autosave(
            person,
            draft_autosave.REPORT_DRAFT,
            DraftWidgets(text="report_description", inputs=tuple(values), choices=("report_type",)),
            initial,
            sends_by_name=person is not None and not is_anonymous,
            hint_of_link=_(
                "This text came with the link and could identify you. To stay anonymous, use"
                " your own words."
            ),
            text_choice=TextChoice(
                own_text_shown=_("This link came with its own text. We kept yours."),
                use_link_text=_("Use the link's text"),
                link_text_shown=_("This is the link's text. We kept yours."),
                use_own_text=_("Use your text"),
            ),
            attached=references.describe_attachments(is_anonymous=is_anonymous),
        )
