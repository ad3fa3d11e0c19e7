"""The actions of a person on one issue: edit, change, withdraw or delete it.

Each action starts from the version that the person saw. If someone else has changed the issue
since, nothing is overwritten: the person sees both versions and decides
(`components.issues.edit_conflict`). Changes of type or state, and deletions, can be undone.
"""

from collections.abc import Callable
from typing import Final

import streamlit as st

from components import api_session, server_capabilities
from components.issues import (
    delete_dialog,
    edit_conflict,
    issue_list,
    known_issues,
    review_queue,
    undo_notice,
)
from components.issues.edit_conflict import Conflict, can_move
from components.issues.proposed_change import ProposedChange
from components.issues.undo import UndoDeletion, UndoUnread, UndoUpdate
from components.report import edit_form
from components.report.type_select import render_type_select
from components.ui import labels, messages
from components.ui.i18n import _
from issue_portal.client.errors import IssuesError, PreconditionFailedError
from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import IssueState, IssueType

_LATEST_KEY: Final = "latest_change"
_SELECTION_COUNT_KEY: Final = "type_selection_count"


def render_state_buttons(issue: Issue, on_closed: Callable[[], object]) -> None:
    """Render the buttons that close the issue, and start or reopen its review.

    Each keeps its place and width. ``on_closed`` is called after the issue was closed.
    """
    usual = IssueState.IN_REVIEW if issue.state == IssueState.CLOSED else IssueState.CLOSED

    def move(state: IssueState) -> None:
        changed = move_to_state(issue, state)
        if state == IssueState.CLOSED == changed.state:
            on_closed()

    for state in (IssueState.CLOSED, IssueState.IN_REVIEW):
        label, icon = labels.describe_move(issue.state, state)
        st.button(
            label,
            icon=icon,
            type="primary" if state == usual else "secondary",
            key=f"move_to_{state.value}",
            disabled=not can_move(issue, state),
            on_click=move,
            args=(state,),
        )


def render_type_choice(issue: Issue) -> None:
    """Render a selection of the issue's type; a new selection changes the issue at once."""
    # A new widget after each selection shows the stored type, also if the change was refused or
    # undone.
    selection_count = st.session_state.get(_SELECTION_COUNT_KEY, 0)
    key = f"kind_of_{issue.id}_{issue.type}_{selection_count}"

    def on_select() -> None:
        selected = st.session_state[key]
        st.session_state[_SELECTION_COUNT_KEY] = selection_count + 1
        if selected is not None:
            change_type(issue, selected)

    render_type_select(issue, key=key, on_change=on_select, label_visibility="collapsed")


def render_unread_button(issue: Issue) -> None:
    """Render a button that marks the issue as unread and returns to the list."""
    st.button(
        _("Mark unread"),
        icon=":material/mark_email_unread:",
        type="tertiary",
        key="mark_unread",
        on_click=mark_unread,
        args=(issue,),
    )


def render_delete_button(issue: Issue) -> None:
    """Render the button with which a reviewer deletes an issue."""
    st.button(
        _("Delete"),
        icon=":material/delete:",
        type="tertiary",
        key="delete",
        on_click=delete,
        args=(issue,),
    )


def render_restore_button(issue: Issue) -> None:
    """Render the button that restores a deleted issue."""
    st.button(
        _("Restore"),
        icon=":material/restore_from_trash:",
        type="primary",
        key="restore",
        on_click=_restore,
        args=(issue,),
    )


def _restore(issue: Issue) -> None:
    try:
        known_issues.remember(api_session.client().restore(issue.id))
    except IssuesError as error:
        failed = _("We couldn't restore #{number}.").format(number=issue.issue_number)
        messages.show_failure_on_next_run(error, failed=failed)
    else:
        done = _("#{number} restored").format(number=issue.issue_number)
        messages.show_on_next_run(done)


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
    try:
        changed = edit_conflict.update_unless_changed(api_session.client(), seen, change)
    except IssuesError as error:
        if not _remember_if_conflict(error, seen, change):
            messages.show_failure_on_next_run(
                error, failed=_("We couldn't save your change, but your text is safe.")
            )
    else:
        known_issues.remember(changed)
        edit_form.close_after_save(seen)
        messages.show_on_next_run(_("Saved"))


def apply_anyway(conflict: Conflict) -> None:
    """Apply the change of a conflict to the current version of the issue."""
    change = conflict.change
    if change.description is not None:
        save_own_edit(conflict.current, change)
    else:
        _change(conflict.current, change)


def move_to_state(seen: Issue, state: IssueState) -> Issue:
    """Move an issue to another state, if the move is allowed; return the issue as it is then."""
    return _change(seen, ProposedChange(state=state)) if can_move(seen, state) else seen


def change_type(seen: Issue, issue_type: IssueType) -> Issue:
    """Give an issue another type; return the issue as it is then."""
    return _change(seen, ProposedChange(type=issue_type))


def delete(seen: Issue, *, withdraw: bool = False) -> None:
    """Delete an issue; where the server cannot restore it, ask first.

    With ``withdraw``, the messages say "withdraw".
    """
    if server_capabilities.can_restore():
        delete_now(seen, withdraw=withdraw)
    else:
        delete_dialog.ask(seen, withdraw=withdraw)


def delete_now(seen: Issue, *, withdraw: bool = False) -> None:
    """Delete an issue and return to the list."""
    before, number = _find_latest(seen), seen.issue_number
    if before.state == IssueState.DELETED:
        return
    change = ProposedChange(state=IssueState.DELETED)
    client = api_session.client()
    try:
        edit_conflict.delete_unless_changed(client, before)
    except IssuesError as error:
        _show_conflict_or_failure(error, before, change)
        return
    _remember_latest(seen, change.apply_to(before))
    issue_list.open_issue(None)
    done = _("#{number} withdrawn") if withdraw else _("#{number} deleted")
    text = done.format(number=number)
    can_restore = server_capabilities.can_restore()
    undo_notice.show(
        text, UndoDeletion(text=text, issue_id=seen.id, number=number) if can_restore else None
    )


def mark_unread(issue: Issue) -> None:
    """Mark an issue as unread, and return to the list."""
    review_queue.wait_for_marking()
    try:
        known_issues.remember(api_session.client().update(_find_latest(issue), is_read=False))
    except IssuesError as error:
        messages.show_failure_on_next_run(error, failed=_("We couldn't save your change."))
    else:
        issue_list.open_issue(None)
        text = _("#{number} marked as unread").format(number=issue.issue_number)
        record = UndoUnread(text=text, issue_id=issue.id, number=issue.issue_number)
        undo_notice.show(text, record)


def _change(seen: Issue, change: ProposedChange) -> Issue:
    """Change the type or state of an issue; return the issue as it is then."""
    before = _find_latest(seen)
    if change.apply_to(before) == before:
        return before
    try:
        changed = edit_conflict.update_unless_changed(api_session.client(), before, change)
    except IssuesError as error:
        _show_conflict_or_failure(error, before, change)
        return before
    _remember_latest(seen, changed)
    text = _format_done(before, change).format(
        number=seen.issue_number, words=change.format_value()
    )
    undo_notice.show(text, UndoUpdate.build(text, before, changed))
    return changed


def _format_done(before: Issue, change: ProposedChange) -> str:
    if change.state == IssueState.CLOSED:
        return _("#{number} closed")
    if change.state and before.state == IssueState.CLOSED:
        return _("#{number} reopened")
    return _("#{number} moved to {words}") if change.state else _("#{number} changed to {words}")


def _find_latest(seen: Issue) -> Issue:
    """Return the issue after the last change of the person.

    The second click of a double click can act on the version that was on screen before the first.
    """
    latest: tuple[Issue | None, Issue] = st.session_state.get(_LATEST_KEY, (None, seen))
    if latest[0] is seen:
        return latest[1]
    # Marking the issue as read has changed its tag after the page was drawn.
    known = known_issues.get(seen.id)
    return seen if known is None or edit_conflict.has_changed(seen, known) else known


def _remember_latest(seen: Issue, changed: Issue) -> None:
    st.session_state[_LATEST_KEY] = (seen, known_issues.remember(changed))


def _show_conflict_or_failure(error: IssuesError, seen: Issue, change: ProposedChange) -> None:
    if not _remember_if_conflict(error, seen, change):
        failed = _("We couldn't save your change to #{number}.")
        messages.show_failure_on_next_run(error, failed=failed.format(number=seen.issue_number))


def _remember_if_conflict(error: IssuesError, seen: Issue, change: ProposedChange) -> bool:
    """Remember a conflict for `edit_conflict.render`; return whether one was remembered.

    Returns False if the error is not a conflict, or if the current version cannot be loaded.
    """
    if not isinstance(error, PreconditionFailedError):
        return False
    try:
        current = seen.merge(api_session.client().get(seen.id))
        edit_conflict.remember_conflict(seen, current, change)
    except IssuesError:
        return False
    return True
