"""What a person does to an opened issue: change it, withdraw or delete it. Says what came of it."""

from typing import Literal

import streamlit as st

from api.contract import NEXT_STATES, Issue, IssueState, IssueType
from api.errors import IssuesError
from components import issue_form, issue_list, labels, notices, session
from components.language import _


def change(
    issue: Issue,
    done: str,
    *,
    description: str | None = None,
    type: IssueType | None = None,
    state: IssueState | None = None,
    is_read: bool | None = None,
) -> None:
    """Change what is given, say ``done`` and run the page again; or say why not."""
    try:
        session.client().update(
            issue, description=description, type=type, state=state, is_read=is_read
        )
    except IssuesError as error:
        notices.failure(
            error, doing=_("We could not save the change."), kept=description is not None
        )
    else:
        notices.next_run(done)
        st.rerun()


def move_buttons(issue: Issue) -> None:
    """A button for each state that can follow."""
    following = NEXT_STATES.get(IssueState(issue.state), ()) if issue.state in NEXT_STATES else ()
    for state in following:
        words, icon = labels.move(issue.state, state)
        weight: Literal["primary", "secondary"] = (
            "primary" if state is following[0] else "secondary"
        )
        if st.button(words, icon=icon, type=weight, key=f"move_to_{state.value}"):
            change(issue, _became(issue, labels.state(state)), state=state)


def choose_kind(issue: Issue) -> None:
    """A choice of the kind of problem that takes effect at once."""
    # A key for each stored value: a refused change falls back to what is stored.
    kind = issue_form.kind_choice(issue, key=f"kind_of_{issue.id}_{issue.type}")
    if kind is not None and kind != issue.type:
        change(issue, _became(issue, labels.kind(kind)), type=kind)


def _became(issue: Issue, words: str) -> str:
    return _("Issue {number}: {words}.").format(number=issue.issue_number, words=words)


def ask_to_delete(issue: Issue, *, withdraw: bool) -> None:
    """Ask once, then delete the issue: the reporter withdraws it, or a reviewer deletes it."""
    st.dialog(_("Are you sure?"))(_ask_to_delete)(issue, withdraw)


def _ask_to_delete(issue: Issue, withdraw: bool) -> None:
    if withdraw:
        text = _("Issue {number} disappears for you and from the queue.")
    else:
        text = _("Issue {number} disappears for its reporter and from the queue.")
    st.write(text.format(number=issue.issue_number))
    st.write(_("Reviewers can still find it among the deleted ones."))
    with st.container(horizontal=True):
        verb = _("Withdraw") if withdraw else _("Delete")
        if st.button(verb, type="primary", icon=":material/delete:", key="delete_now"):
            try:
                session.client().delete(issue.id)
            except IssuesError as error:
                notices.failure(error, doing=_("We could not delete it."))
            else:
                issue_list.open_issue(None)
                done = (
                    _("Issue {number} is withdrawn.")
                    if withdraw
                    else _("Issue {number} is deleted.")
                )
                notices.next_run(done.format(number=issue.issue_number))
                st.rerun()
        if st.button(_("Keep it"), key="delete_not"):
            st.rerun()
