"""The form with which reporters edit their own reports, at the place of the text."""

from dataclasses import dataclass
from typing import Final

import streamlit as st

from components.issues.proposed_change import ProposedChange
from components.report import draft_autosave
from components.report.draft_autosave import DraftWidgets, InitialValues, TextChoice
from components.report.report_faults import find_text_fault
from components.report.type_select import render_type_select
from components.ui import fault_line
from components.ui.i18n import _
from issue_portal.core.portal_token import Person
from issue_portal.models.responses import Issue
from issue_portal.models.text_rules import is_blank
from issue_portal.models.vocabulary import IssueState

_SEEN_KEY: Final = "edit_seen"
"""Session key of the issue as it was when the person began to edit it."""

_ENDED_KEY: Final = "edit_ended"
"""Session key of the id of a saved issue, whose draft the browser still has to remove."""

_COUNT_KEY: Final = "edit_count"
"""Session key of the number of edits. Each has a new field, so that it starts with its own text."""


@dataclass(frozen=True)
class ReportEdit:
    """The new values of an issue, and the version that the person edited."""

    seen: Issue
    change: ProposedChange


def is_open(issue: Issue) -> bool:
    """Return whether the person edits this issue."""
    seen = st.session_state.get(_SEEN_KEY)
    return isinstance(seen, Issue) and seen.id == issue.id


def open_form(issue: Issue) -> None:
    """Begin to edit an issue. For callbacks of buttons."""
    st.session_state[_SEEN_KEY] = issue
    st.session_state[_COUNT_KEY] = st.session_state.get(_COUNT_KEY, 0) + 1


def close_after_save(issue: Issue) -> None:
    """Close the form, and remove its draft on the next run."""
    cancel()
    st.session_state[_ENDED_KEY] = issue.id


def cancel() -> None:
    """Close the form. The browser tab keeps an unsaved text, and offers it at the next edit."""
    st.session_state.pop(_SEEN_KEY, None)


def remove_ended_draft() -> None:
    """Remove the draft of an edit that was saved."""
    if issue_id := st.session_state.pop(_ENDED_KEY, None):
        draft_autosave.forget_draft(_name_draft(issue_id))


def render(person: Person, issue: Issue) -> ReportEdit | None:
    """Render the form; return the edit once it is submitted and valid.

    If the review starts meanwhile, Save is disabled, and the person can only copy the text.
    """
    seen: Issue = st.session_state[_SEEN_KEY]
    text_key = f"edit_text_{st.session_state[_COUNT_KEY]}"
    review_started = issue.state != IssueState.NOT_REVIEWED
    with st.form("edit", border=False, enter_to_submit=False):
        issue_type = render_type_select(seen, key=f"edit_type_{issue.id}")
        text = st.text_area(
            _("What happened?"), seen.description or "", height="content", key=text_key
        )
        fault_slot = st.empty()
        draft_autosave.autosave(
            person,
            _name_draft(issue.id),
            DraftWidgets(text_key),
            InitialValues(seen.description or ""),
            text_choice=TextChoice(
                own_text_shown=_("This is your unsaved edit."),
                use_link_text=_("Use the saved text"),
                link_text_shown=_("You have an unsaved edit."),
                use_own_text=_("Continue editing"),
            ),
        )
        # Always render the slot: otherwise the buttons below would lose their state.
        started_slot = st.empty()
        if review_started:
            started = _("The review has started, so you can't save this. Copy any text you need.")
            started_slot.warning(started, icon=":material/lock:")
        is_saved = _render_buttons(review_started=review_started)
    # A report about a thread may have no text.
    keeps_no_text = not seen.description and is_blank(text)
    if not is_saved:
        return None
    if not keeps_no_text and (fault := find_text_fault(text)):
        fault_line.render(fault_slot, fault, text_key)
        return None
    description = None if keeps_no_text else text
    return ReportEdit(seen, ProposedChange(description=description, type=issue_type))


def _render_buttons(*, review_started: bool) -> bool:
    """Render Save and Cancel; return whether Save is pressed."""
    with st.container(key="edit_buttons", horizontal=True):
        is_saved = st.form_submit_button(_("Save"), type="primary", disabled=review_started)
        # The scripts of the form press it on Escape.
        st.form_submit_button(_("Cancel"), key="cancel_edit", on_click=cancel)
    return is_saved


def _name_draft(issue_id: str) -> str:
    return f"edit-{issue_id}"
