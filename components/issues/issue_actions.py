"""What a person does to one issue: change it, withdraw or delete it; all but a text can be undone.

Each acts on the issue as the person saw it: what somebody else has changed since is never
overwritten but shown, and the person decides again (`components.issues.edit_conflict`).
"""

from collections.abc import Callable
from typing import Any

import streamlit as st

from components import api_session
from components.issues import edit_conflict, issue_list, undo
from components.issues.edit_conflict import Conflict, list_next_states
from components.report import edit_form, report_form
from components.ui import labels, messages
from components.ui.i18n import _
from issue_portal.client.client import IssuesClient
from issue_portal.client.errors import IssuesError, PreconditionFailedError
from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import IssueState, IssueType

_Send = Callable[[Issue], object]


def save_correction(seen: Issue, *, type: IssueType | None, description: str) -> None:
    """Save a correction at once, and say so with the next run; or why not."""
    changes: dict[str, Any] = {"type": type, "description": description}
    client = api_session.client()
    try:
        _send(client, seen, lambda now: client.update(now, **changes, if_unchanged=True))
    except IssuesError as error:
        if not _remember_conflict(error, seen, changes):
            messages.show_failure_next_run(
                error, doing=_("We could not save the change."), kept=True
            )
    else:
        edit_form.close_after_save(seen)
        messages.show_next_run(_("Saved."))


def render_state_buttons(issue: Issue) -> None:
    """Buttons to start or reopen and to close: each keeps its place, so that none is hit twice."""
    possible = list_next_states(issue)
    for state in labels.MOVES:
        words, icon = labels.describe_move(issue.state, state)
        st.button(
            words,
            icon=icon,
            type="primary" if state in possible[:1] else "secondary",
            key=f"move_to_{state.value}",
            disabled=state not in possible,
            on_click=move_to_state,
            args=(issue, state),
        )


def render_type_choice(issue: Issue) -> None:
    """A choice of the kind of problem that takes effect at once."""
    # A key for each stored value: a refused change falls back to what is stored.
    key = f"kind_of_{issue.id}_{issue.type}"

    def chosen() -> None:
        kind = st.session_state[key]
        if kind is not None and kind != issue.type:
            _change(issue, {"type": kind})

    report_form.render_type_select(issue, key=key, on_change=chosen)


def render_unread_button(issue: Issue) -> None:
    """A button that marks the issue as unread and closes it."""
    st.button(
        _("Mark unread"),
        icon=":material/mark_email_unread:",
        key="mark_unread",
        on_click=mark_unread,
        args=(issue,),
    )


def render_delete_button(issue: Issue) -> None:
    """A button with which a reviewer deletes the issue."""
    st.button(_("Delete"), icon=":material/delete:", key="delete", on_click=delete, args=(issue,))


def render_withdraw_button(issue: Issue) -> None:
    """A button with which its reporter withdraws the issue."""
    st.button(
        _("Withdraw"),
        icon=":material/delete:",
        key="withdraw",
        on_click=delete,
        args=(issue,),
        kwargs={"withdraw": True},
    )


def apply_anyway(found: Conflict) -> None:
    """Make a change that met another one, to the issue as it is now."""
    if "description" in found.changes:
        save_correction(found.now, **found.changes)
    else:
        _change(found.now, found.changes)


def move_to_state(seen: Issue, state: IssueState) -> None:
    """Move an issue to another state, if it can be moved there."""
    if state in list_next_states(seen):
        _change(seen, {"state": state})


def delete(seen: Issue, *, withdraw: bool = False) -> None:
    """Delete an issue, which its reporter calls withdrawing it, and close it."""
    client, number = api_session.client(), seen.issue_number
    doing = _("Withdrawing issue {number}…") if withdraw else _("Deleting issue {number}…")
    done = _("Issue {number} is withdrawn.") if withdraw else _("Issue {number} is deleted.")
    held_now = _schedule(
        seen,
        {"state": IssueState.DELETED},
        lambda now: client.delete(now.id, etag=now.etag),
        doing=doing.format(number=number),
        done=done.format(number=number),
    )
    if held_now:
        issue_list.open_issue(None)


def mark_unread(issue: Issue) -> None:
    """Mark an issue as unread, and close it."""
    try:
        api_session.client().update(issue, is_read=False)
    except IssuesError as error:
        messages.show_failure_next_run(error, doing=_("We could not save the change."))
    else:
        issue_list.open_issue(None)
        done = _("Issue {number} is unread again.")
        messages.show_next_run(done.format(number=issue.issue_number))


def _change(seen: Issue, changes: dict[str, Any]) -> None:
    state, kind = changes.get("state"), changes.get("type")
    words = labels.format_state(state) if state else labels.format_type(kind)
    number = seen.issue_number
    client = api_session.client()
    _schedule(
        seen,
        changes,
        lambda now: client.update(now, type=kind, state=state, if_unchanged=True),
        doing=_("Changing issue {number} to “{words}”…").format(number=number, words=words),
        done=_("Issue {number}: {words}.").format(number=number, words=words),
    )


def _schedule(seen: Issue, changes: dict[str, Any], make: _Send, *, doing: str, done: str) -> bool:
    """Hold a change to what the person saw; False if it is not that any more."""
    failed = _("We could not save the change to issue {number}.").format(number=seen.issue_number)
    client = api_session.client()
    # What the person saw may be what is held.
    undo.send_pending()
    try:
        now = client.get(seen.id)
    except IssuesError as error:
        messages.show_failure_next_run(error, doing=failed)
        return False
    if edit_conflict.has_changed(seen, now):
        edit_conflict.remember_conflict(seen, now, changes)
        return False
    undo.schedule_change(
        now,
        changes,
        lambda: _send(client, now, make),
        lambda error: _remember_conflict(error, now, changes),
        doing=doing,
        done=done,
        failed=failed,
    )
    return True


def _send(client: IssuesClient, seen: Issue, make: _Send) -> None:
    now = seen
    while True:
        try:
            make(now)
            return
        except PreconditionFailedError:
            now = client.get(seen.id)
            if edit_conflict.has_changed(seen, now):
                raise


def _remember_conflict(error: IssuesError, seen: Issue, changes: dict[str, Any]) -> bool:
    """Whether a change met another one, which is shown then."""
    if not isinstance(error, PreconditionFailedError):
        return False
    try:
        edit_conflict.remember_conflict(seen, api_session.client().get(seen.id), changes)
    except IssuesError:
        return False
    return True
