"""What a person does to one issue: change it, withdraw or delete it; all but a text can be undone.

Each acts on the issue as the person saw it: what somebody else has changed since is never
overwritten but shown, and the person decides again (`components.issues.edit_conflict`).
"""

from collections.abc import Callable
from typing import Any

import streamlit as st

from components import api_session
from components.issues import edit_conflict, issue_list, undo
from components.issues.edit_conflict import Conflict, following
from components.report import edit_form, report_form
from components.ui import labels, messages
from components.ui.i18n import _
from issue_portal.client.client import IssuesClient
from issue_portal.client.errors import IssuesError, PreconditionFailedError
from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import IssueState, IssueType

_Make = Callable[[Issue], object]


def save(seen: Issue, *, type: IssueType | None, description: str) -> None:
    """Save a correction at once, and say so with the next run; or why not."""
    changes: dict[str, Any] = {"type": type, "description": description}
    client = api_session.client()
    try:
        _make(client, seen, lambda now: client.update(now, **changes, if_unchanged=True))
    except IssuesError as error:
        if not _is_conflict(error, seen, changes):
            messages.next_run_failure(error, doing=_("We could not save the change."), kept=True)
    else:
        edit_form.close(seen)
        messages.next_run(_("Saved."))


def move_buttons(issue: Issue) -> None:
    """Buttons to start or reopen and to close: each keeps its place, so that none is hit twice."""
    possible = following(issue)
    for state in labels.MOVES:
        words, icon = labels.move(issue.state, state)
        st.button(
            words,
            icon=icon,
            type="primary" if state in possible[:1] else "secondary",
            key=f"move_to_{state.value}",
            disabled=state not in possible,
            on_click=move,
            args=(issue, state),
        )


def choose_kind(issue: Issue) -> None:
    """A choice of the kind of problem that takes effect at once."""
    # A key for each stored value: a refused change falls back to what is stored.
    key = f"kind_of_{issue.id}_{issue.type}"

    def chosen() -> None:
        kind = st.session_state[key]
        if kind is not None and kind != issue.type:
            _change(issue, {"type": kind})

    report_form.kind_choice(issue, key=key, on_change=chosen)


def unread_button(issue: Issue) -> None:
    """A button that marks the issue as unread and closes it."""
    st.button(
        _("Mark unread"),
        icon=":material/mark_email_unread:",
        key="mark_unread",
        on_click=mark_unread,
        args=(issue,),
    )


def delete_button(issue: Issue) -> None:
    """A button with which a reviewer deletes the issue."""
    st.button(_("Delete"), icon=":material/delete:", key="delete", on_click=delete, args=(issue,))


def withdraw_button(issue: Issue) -> None:
    """A button with which its reporter withdraws the issue."""
    st.button(
        _("Withdraw"),
        icon=":material/delete:",
        key="withdraw",
        on_click=delete,
        args=(issue,),
        kwargs={"withdraw": True},
    )


def all_the_same(found: Conflict) -> None:
    """Make a change that met another one, to the issue as it is now."""
    if "description" in found.changes:
        save(found.now, **found.changes)
    else:
        _change(found.now, found.changes)


def move(seen: Issue, state: IssueState) -> None:
    """Move an issue to another state, if it can be moved there."""
    if state in following(seen):
        _change(seen, {"state": state})


def delete(seen: Issue, *, withdraw: bool = False) -> None:
    """Delete an issue, which its reporter calls withdrawing it, and close it."""
    client, number = api_session.client(), seen.issue_number
    doing = _("Withdrawing issue {number}…") if withdraw else _("Deleting issue {number}…")
    done = _("Issue {number} is withdrawn.") if withdraw else _("Issue {number} is deleted.")
    held_now = _hold(
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
        messages.next_run_failure(error, doing=_("We could not save the change."))
    else:
        issue_list.open_issue(None)
        done = _("Issue {number} is unread again.")
        messages.next_run(done.format(number=issue.issue_number))


def _change(seen: Issue, changes: dict[str, Any]) -> None:
    state, kind = changes.get("state"), changes.get("type")
    words = labels.state(state) if state else labels.kind(kind)
    number = seen.issue_number
    client = api_session.client()
    _hold(
        seen,
        changes,
        lambda now: client.update(now, type=kind, state=state, if_unchanged=True),
        doing=_("Changing issue {number} to “{words}”…").format(number=number, words=words),
        done=_("Issue {number}: {words}.").format(number=number, words=words),
    )


def _hold(seen: Issue, changes: dict[str, Any], make: _Make, *, doing: str, done: str) -> bool:
    """Hold a change to what the person saw; False if it is not that any more."""
    failed = _("We could not save the change to issue {number}.").format(number=seen.issue_number)
    client = api_session.client()
    # What the person saw may be what is held.
    undo.finish()
    try:
        now = client.get(seen.id)
    except IssuesError as error:
        messages.next_run_failure(error, doing=failed)
        return False
    if edit_conflict.differ(seen, now):
        edit_conflict.note(seen, now, changes)
        return False
    undo.hold(
        now,
        changes,
        lambda: _make(client, now, make),
        lambda error: _is_conflict(error, now, changes),
        doing=doing,
        done=done,
        failed=failed,
    )
    return True


def _make(client: IssuesClient, seen: Issue, make: _Make) -> None:
    now = seen
    while True:
        try:
            make(now)
            return
        except PreconditionFailedError:
            now = client.get(seen.id)
            if edit_conflict.differ(seen, now):
                raise


def _is_conflict(error: IssuesError, seen: Issue, changes: dict[str, Any]) -> bool:
    """Whether a change met another one, which is shown then."""
    if not isinstance(error, PreconditionFailedError):
        return False
    try:
        edit_conflict.note(seen, api_session.client().get(seen.id), changes)
    except IssuesError:
        return False
    return True
