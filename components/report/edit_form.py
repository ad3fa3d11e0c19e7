"""The form in which a reporter corrects what they reported, until a review begins."""

from typing import Final

import streamlit as st

from components.report import draft_autosave, report_form
from components.report.draft_autosave import InitialValues
from components.ui.i18n import _
from issue_portal.core.portal_token import Person
from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import IssueState, IssueType

_SAVED_KEY: Final = "correction_saved"


def is_open(issue: Issue) -> bool:
    """Whether the form for this issue is unfolded."""
    return bool(st.session_state.get(_expander_key(issue)))


def close_after_save(issue: Issue) -> None:
    """Fold the form with the next run, and forget what was in it: that is saved."""
    st.session_state[_SAVED_KEY] = issue.id


def render(who: Person, issue: Issue) -> tuple[Issue, IssueType | None, str] | None:
    """The form, folded at first; once it is to be saved, returns the issue as it was when the
    person began, and the kind and text that it is to have.

    Once the review has started nothing can be saved: the form is for copying what was typed.
    """
    name, began = f"correction-{issue.id}", f"correct_from_{issue.id}"
    if st.session_state.get(_SAVED_KEY) == issue.id:
        st.session_state.pop(_SAVED_KEY)
        st.session_state[_expander_key(issue)] = False
        draft_autosave.forget_draft(name)
    folded = st.expander(
        _("Correct it"), icon=":material/edit:", key=_expander_key(issue), on_change="rerun"
    )
    if not is_open(issue):
        st.session_state.pop(began, None)
        return None
    seen: Issue = st.session_state.setdefault(began, issue)
    late = issue.state != IssueState.NOT_REVIEWED
    with folded, st.form("correct", border=False, enter_to_submit=False):
        if late:
            st.warning(
                _(
                    "The review has started, so it can no longer be corrected."
                    " Copy what you still need of your text."
                ),
                icon=":material/lock:",
            )
        else:
            # Keeps its place, or the text below would be another one once there is a warning.
            st.empty()
        kind = report_form.render_type_select(seen, key=f"correct_kind_{issue.id}")
        text = st.text_area(
            _("What happened?"), seen.description or "", height=150, key="correct_text"
        )
        problem = st.empty()
        draft_autosave.autosave(
            who, name, text="correct_text", given=InitialValues(seen.description or "")
        )
        if not st.form_submit_button(_("Save"), type="primary", disabled=late):
            return None
        if fault := report_form.find_text_fault(text):
            with problem.container(key="problem__correct_text"):
                st.error(fault, icon=":material/arrow_upward:")
            return None
    return seen, kind, text


def _expander_key(issue: Issue) -> str:
    return f"correct_{issue.id}"
