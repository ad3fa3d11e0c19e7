"""The actions of a person on one issue: edit, change, withdraw or delete it.

Each action starts from the version that the person saw. If someone else has changed the issue
since, nothing is overwritten: the person sees both versions and decides
(`components.issues.edit_conflict`). Changes of type or state, and deletions, can be undone.
"""

from collections.abc import Callable

import streamlit as st

from components import api_session
from components.issues import edit_conflict, issue_list, undo
from components.issues.edit_conflict import Conflict, list_next_states
from components.issues.proposed_change import ProposedChange
from components.report import edit_form
from components.report.type_select import render_type_select
from components.ui import labels, messages
from components.ui.i18n import _
from issue_portal.client.client import IssuesClient
from issue_portal.client.errors import IssuesError, PreconditionFailedError
from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import IssueState

_Send = Callable[[Issue], object]
"""Sends a change. Raises `PreconditionFailedError` if the server has another version."""


def render_state_buttons(issue: Issue) -> None:
    """Render the buttons that start, reopen and close a review; impossible moves are disabled."""
    possible = list_next_states(issue)
    for state in labels.MOVES:
        label, icon = labels.describe_move(issue.state, state)
        st.button(
            label,
            icon=icon,
            type="primary" if state in possible[:1] else "secondary",
            key=f"move_to_{state.value}",
            disabled=state not in possible,
            on_click=move_to_state,
            args=(issue, state),
        )


def render_type_choice(issue: Issue) -> None:
    """Render a selection of the issue's type; a new selection changes the issue at once."""
    # The key contains the stored type, so that the widget shows it again after a refused change.
    key = f"kind_of_{issue.id}_{issue.type}"

    def change_type() -> None:
        selected = st.session_state[key]
        if selected is not None and selected != issue.type:
            _change(issue, ProposedChange(type=selected))

    render_type_select(issue, key=key, on_change=change_type)


def render_unread_button(issue: Issue) -> None:
    """Render a button that marks the issue as unread and returns to the list."""
    st.button(
        _("Mark unread"),
        icon=":material/mark_email_unread:",
        key="mark_unread",
        on_click=mark_unread,
        args=(issue,),
    )


def render_delete_button(issue: Issue) -> None:
    """Render the button with which a reviewer deletes an issue."""
    st.button(_("Delete"), icon=":material/delete:", key="delete", on_click=delete, args=(issue,))


def render_withdraw_button(issue: Issue) -> None:
    """Render the button with which a reporter withdraws an issue."""
    st.button(
        _("Withdraw"),
        icon=":material/delete:",
        key="withdraw",
        on_click=delete,
        args=(issue,),
        kwargs={"withdraw": True},
    )


def save_own_edit(seen: Issue, change: ProposedChange) -> None:
    """Save an edit by the reporter at once; the next run shows whether it succeeded."""
    client = api_session.client()

    def send(current: Issue) -> object:
        return client.update(current, **change.to_update(), if_unchanged=True)

    try:
        _send_unless_conflict(client, seen, send)
    except IssuesError as error:
        if not _remember_if_conflict(error, seen, change):
            messages.show_failure_on_next_run(
                error, failed=_("We couldn't save your change, but your text is safe.")
            )
    else:
        edit_form.close_after_save(seen)
        messages.show_on_next_run(_("Saved"))


def apply_anyway(conflict: Conflict) -> None:
    """Apply the change of a conflict to the current version of the issue."""
    change = conflict.change
    if change.description is not None:
        save_own_edit(conflict.current, change)
    else:
        _change(conflict.current, change)


def move_to_state(seen: Issue, state: IssueState) -> None:
    """Move an issue to another state, if the move is allowed."""
    if state in list_next_states(seen):
        _change(seen, ProposedChange(state=state))


def delete(seen: Issue, *, withdraw: bool = False) -> None:
    """Delete an issue and return to the list. With ``withdraw``, the messages say "withdraw"."""
    client, number = api_session.client(), seen.issue_number
    doing = _("Withdrawing #{number}…") if withdraw else _("Deleting #{number}…")
    done = _("#{number} withdrawn") if withdraw else _("#{number} deleted")
    is_scheduled = _schedule(
        seen,
        ProposedChange(state=IssueState.DELETED),
        lambda current: client.delete(current.id, etag=current.etag),
        doing=doing.format(number=number),
        done=done.format(number=number),
    )
    if is_scheduled:
        issue_list.open_issue(None)


def mark_unread(issue: Issue) -> None:
    """Mark an issue as unread, and return to the list."""
    try:
        api_session.client().update(issue, is_read=False)
    except IssuesError as error:
        messages.show_failure_on_next_run(error, failed=_("We couldn't save your change."))
    else:
        issue_list.open_issue(None)
        done = _("#{number} marked as unread")
        messages.show_on_next_run(done.format(number=issue.issue_number))


def _change(seen: Issue, change: ProposedChange) -> None:
    """Change the type or state of an issue; the person has a few seconds to undo the change."""
    value, number = change.format_value(), seen.issue_number
    if change.state:
        doing, done = _("Moving #{number} to {words}…"), _("#{number} moved to {words}")
    else:
        doing, done = _("Changing #{number} to {words}…"), _("#{number} changed to {words}")
    client = api_session.client()
    _schedule(
        seen,
        change,
        lambda current: client.update(current, **change.to_update(), if_unchanged=True),
        doing=doing.format(number=number, words=value),
        done=done.format(number=number, words=value),
    )


def _schedule(seen: Issue, change: ProposedChange, send: _Send, *, doing: str, done: str) -> bool:
    """Schedule a change; return whether it is scheduled.

    If the issue has changed since the person saw it, remember the conflict instead.
    """
    failed = _("We couldn't save your change to #{number}.").format(number=seen.issue_number)
    client = api_session.client()
    # The person may have seen the preview of the pending change, so send that change first.
    undo.send_pending()
    try:
        current = client.get(seen.id)
    except IssuesError as error:
        messages.show_failure_on_next_run(error, failed=failed)
        return False
    if edit_conflict.has_changed(seen, current):
        edit_conflict.remember_conflict(seen, current, change)
        return False
    undo.schedule_change(
        current,
        change,
        lambda: _send_unless_conflict(client, current, send),
        lambda error: _remember_if_conflict(error, current, change),
        doing=doing,
        done=done,
        failed=failed,
    )
    return True


def _send_unless_conflict(client: IssuesClient, seen: Issue, send: _Send) -> None:
    """Send a change. Retry if the server has another version with equal text, type and state.

    Raises `PreconditionFailedError` if one of these differs.
    """
    current = seen
    while True:
        try:
            send(current)
            return
        except PreconditionFailedError:
            current = client.get(seen.id)
            if edit_conflict.has_changed(seen, current):
                raise


def _remember_if_conflict(error: IssuesError, seen: Issue, change: ProposedChange) -> bool:
    """Remember a conflict for `edit_conflict.render`; return whether one was remembered.

    Returns False if the error is not a conflict, or if the current version cannot be loaded.
    """
    if not isinstance(error, PreconditionFailedError):
        return False
    try:
        current = api_session.client().get(seen.id)
        edit_conflict.remember_conflict(seen, current, change)
    except IssuesError:
        return False
    return True
