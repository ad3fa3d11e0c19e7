"""The form with which reporters edit their own reports until the review starts."""

from dataclasses import dataclass
from typing import Final

import streamlit as st

from components.issues.proposed_change import ProposedChange
from components.report import draft_autosave
from components.report.draft_autosave import DraftWidgets, InitialValues
from components.report.report_faults import find_text_fault
from components.report.type_select import render_type_select
from components.ui.i18n import _
from issue_portal.core.portal_token import Person
from issue_portal.models.responses import Issue
from issue_portal.models.text_rules import is_blank
from issue_portal.models.vocabulary import IssueState

_SAVED_KEY: Final = "edit_saved"


@dataclass(frozen=True)
class ReportEdit:
    """The new values of an issue, and the version that the person edited."""

    seen: Issue
    change: ProposedChange


def is_unfolded(issue: Issue) -> bool:
    """Return whether the form of this issue is unfolded."""
    return bool(st.session_state.get(_expander_key(issue)))


def close_after_save(issue: Issue) -> None:
    """Fold the form and remove its draft on the next run, after the edit was saved."""
    st.session_state[_SAVED_KEY] = issue.id


def render(person: Person, issue: Issue) -> ReportEdit | None:
    """Render the form, folded at first; return the edit once it is submitted and valid.

    If the review starts meanwhile, Save is disabled, and the person can only copy the text.
    """
    draft_name, seen_key = f"edit-{issue.id}", f"edit_from_{issue.id}"
    if st.session_state.get(_SAVED_KEY) == issue.id:
        st.session_state.pop(_SAVED_KEY)
        st.session_state[_expander_key(issue)] = False
        draft_autosave.forget_draft(draft_name)
    expander = st.expander(
        _("Edit"), icon=":material/edit:", key=_expander_key(issue), on_change="rerun"
    )
    if not is_unfolded(issue):
        st.session_state.pop(seen_key, None)
        return None
    seen: Issue = st.session_state.setdefault(seen_key, issue)
    review_started = issue.state != IssueState.NOT_REVIEWED
    with expander, st.form("edit", border=False, enter_to_submit=False):
        _render_review_started_warning(review_started)
        issue_type = render_type_select(seen, key=f"edit_type_{issue.id}")
        text = st.text_area(
            _("What happened?"), seen.description or "", height=150, key="edit_text"
        )
        fault_slot = st.empty()
        initial = InitialValues(seen.description or "")
        draft_autosave.autosave(person, draft_name, DraftWidgets("edit_text"), initial)
        if not st.form_submit_button(_("Save"), type="primary", disabled=review_started):
            return None
        # A report about a thread may have no text.
        keeps_no_text = not seen.description and is_blank(text)
        if not keeps_no_text and (fault := find_text_fault(text)):
            with fault_slot.container(key="fault__edit_text"):
                st.error(fault, icon=":material/arrow_upward:")
            return None
    description = None if keeps_no_text else text
    return ReportEdit(seen, ProposedChange(description=description, type=issue_type))


def _render_review_started_warning(review_started: bool) -> None:
    # Always render the slot: otherwise the text area below would lose its state.
    slot = st.empty()
    if review_started:
        slot.warning(
            _(
                "The review has started, so you can't edit this report anymore. Copy any text"
                " you need."
            ),
            icon=":material/lock:",
        )


def _expander_key(issue: Issue) -> str:
    return f"edit_{issue.id}"
