"""What a person does to an opened issue: change it, withdraw or delete it. Says what came of it."""

from typing import Literal

import streamlit as st

from api.contract import NEXT_STATES, Issue, IssueState, IssueType
from api.errors import IssuesError
from components import issue_form, issue_list, labels, notices, session


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
        notices.failure(error, doing="save the change", kept=description is not None)
    else:
        notices.next_run(done)
        st.rerun()


def move_buttons(issue: Issue) -> None:
    """A button for each state that can follow."""
    following = NEXT_STATES.get(IssueState(issue.state), ()) if issue.state in NEXT_STATES else ()
    for state in following:
        reopens = issue.state == IssueState.CLOSED
        words, icon = labels.REOPEN if reopens else labels.MOVES[state]
        weight: Literal["primary", "secondary"] = (
            "primary" if state is following[0] else "secondary"
        )
        if st.button(words, icon=icon, type=weight, key=f"move_to_{state.value}"):
            change(issue, f"Issue {issue.issue_number}: {labels.state(state)}.", state=state)


def choose_kind(issue: Issue) -> None:
    """A choice of the kind of problem that takes effect at once."""
    # A key for each stored value: a refused change falls back to what is stored.
    kind = issue_form.kind_choice(issue, key=f"kind_of_{issue.id}_{issue.type}")
    if kind is not None and kind != issue.type:
        change(issue, f"Issue {issue.issue_number}: {labels.kind(kind)}.", type=kind)


@st.dialog("Are you sure?")
def ask_to_delete(issue: Issue, *, withdraw: bool) -> None:
    """Ask once, then delete the issue: the reporter withdraws it, or a reviewer deletes it."""
    whose = "you" if withdraw else "its reporter"
    st.write(
        f"Issue {issue.issue_number} disappears for {whose} and from the queue."
        " Reviewers can still find it among the deleted ones."
    )
    with st.container(horizontal=True):
        verb = "Withdraw" if withdraw else "Delete"
        if st.button(verb, type="primary", icon=":material/delete:", key="delete_now"):
            try:
                session.client().delete(issue.id)
            except IssuesError as error:
                notices.failure(error, doing="delete it")
            else:
                issue_list.open_issue(None)
                done = "withdrawn" if withdraw else "deleted"
                notices.next_run(f"Issue {issue.issue_number} is {done}.")
                st.rerun()
        if st.button("Keep it", key="delete_not"):
            st.rerun()
