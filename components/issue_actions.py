"""What a person does to one issue: change it, withdraw or delete it; all but a text can be undone.

Each acts on the issue as the person saw it: what somebody else has changed since is never
overwritten but shown, and the person decides again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from api.client import IssuesClient
from api.contract import NEXT_STATES, Issue, IssueState, IssueType
from api.errors import IssuesError, PreconditionFailed
from components import held, issue_form, issue_list, issue_view, labels, notices, session
from components.language import _

MOVE_KEY: Final = "move_to_{state}"
UNREAD_KEY: Final = "mark_unread"

_Make = Callable[[Issue], object]

_CONFLICT: Final = "conflict"
# Whoever opens an issue marks it as read: that is no change of mind.
_COMPARED: Final = ("description", "type", "state")


@dataclass(frozen=True)
class _Conflict:
    seen: Issue
    now: Issue
    changes: dict[str, Any]


def save(issue: Issue, done: str, *, type: IssueType | None, description: str) -> None:
    """Save kind and text at once, say ``done`` and run the page again; or say why not."""
    try:
        session.client().update(issue, type=type, description=description)
    except IssuesError as error:
        notices.failure(error, doing=_("We could not save the change."), kept=True)
    else:
        notices.next_run(done)
        st.rerun()


def move_buttons(issue: Issue) -> None:
    """Buttons to start or reopen and to close: each keeps its place, so that none is hit twice."""
    following = _following(issue)
    for state in labels.MOVES:
        words, icon = labels.move(issue.state, state)
        st.button(
            words,
            icon=icon,
            type="primary" if state in following[:1] else "secondary",
            key=MOVE_KEY.format(state=state.value),
            disabled=state not in following,
            on_click=_change,
            args=(issue, {"state": state}),
        )


def choose_kind(issue: Issue) -> None:
    """A choice of the kind of problem that takes effect at once."""
    # A key for each stored value: a refused change falls back to what is stored.
    key = f"kind_of_{issue.id}_{issue.type}"

    def chosen() -> None:
        kind = st.session_state[key]
        if kind is not None and kind != issue.type:
            _change(issue, {"type": kind})

    issue_form.kind_choice(issue, key=key, on_change=chosen)


def unread_button(issue: Issue) -> None:
    """A button that marks the issue as unread and closes it."""
    st.button(
        _("Mark unread"),
        icon=":material/mark_email_unread:",
        key=UNREAD_KEY,
        on_click=_mark_unread,
        args=(issue,),
    )


def delete_button(issue: Issue) -> None:
    """A button with which a reviewer deletes the issue."""
    st.button(
        _("Delete"), icon=":material/delete:", key="delete", on_click=_delete, args=(issue, False)
    )


def withdraw_button(issue: Issue) -> None:
    """A button with which its reporter withdraws the issue."""
    st.button(
        _("Withdraw"),
        icon=":material/delete:",
        key="withdraw",
        on_click=_delete,
        args=(issue, True),
    )


def conflict(issue: Issue) -> None:
    """What somebody else changed while the person was deciding: both versions, and what now."""
    found = st.session_state.get(_CONFLICT)
    if not isinstance(found, _Conflict) or found.seen.id != issue.id:
        st.session_state.pop(_CONFLICT, None)
        return
    with st.container(border=True, key="conflict"):
        st.warning(
            _("Somebody else has changed this issue meanwhile. Nothing of yours was saved yet."),
            icon=":material/call_split:",
        )
        for column, title, version in zip(
            st.columns(2),
            (_("As you saw it"), _("As it is now")),
            (found.seen, found.now),
            strict=True,
        ):
            with column:
                st.markdown(f"**{title}**")
                labels.state_badge(version.state)
                st.badge(labels.kind(version.type), color="gray")
                if found.seen.description != found.now.description:
                    issue_view.text(version.description)
        with st.container(horizontal=True):
            st.button(_("Leave it as it is now"), key="conflict_leave", on_click=_settle)
            if _is_possible(found):
                wanted = found.changes.get("state"), found.changes.get("type")
                words = labels.state(wanted[0]) if wanted[0] else labels.kind(wanted[1])
                st.button(
                    _("Change it to “{words}” all the same").format(words=words),
                    key="conflict_change",
                    on_click=_settle,
                    args=(found,),
                )


def _following(issue: Issue) -> tuple[IssueState, ...]:
    return NEXT_STATES.get(IssueState(issue.state), ()) if issue.state in NEXT_STATES else ()


def _is_possible(found: _Conflict) -> bool:
    state = found.changes.get("state")
    if state is None or state == IssueState.DELETED:
        return state is None
    return state in _following(found.now)


def _settle(found: _Conflict | None = None) -> None:
    st.session_state.pop(_CONFLICT, None)
    if found:
        _change(found.now, found.changes)


def _change(seen: Issue, changes: dict[str, Any]) -> None:
    state, kind = changes.get("state"), changes.get("type")
    words = labels.state(state) if state else labels.kind(kind)
    number = seen.issue_number
    client = session.client()
    _hold(
        seen,
        changes,
        lambda now: client.update(now, type=kind, state=state, if_unchanged=True),
        doing=_("Changing issue {number} to “{words}”…").format(number=number, words=words),
        done=_("Issue {number}: {words}.").format(number=number, words=words),
    )


def _delete(seen: Issue, withdraw: bool) -> None:
    client, number = session.client(), seen.issue_number
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


def _mark_unread(issue: Issue) -> None:
    try:
        session.client().update(issue, is_read=False)
    except IssuesError as error:
        notices.next_run_failure(error, doing=_("We could not save the change."))
    else:
        issue_list.open_issue(None)
        done = _("Issue {number} is unread again.")
        notices.next_run(done.format(number=issue.issue_number))


def _hold(seen: Issue, changes: dict[str, Any], make: _Make, *, doing: str, done: str) -> bool:
    """Hold a change to what the person saw; False if it is not that any more."""
    failed = _("We could not save the change to issue {number}.").format(number=seen.issue_number)
    client = session.client()
    # What the person saw may be what is held.
    held.finish()
    try:
        now = client.get(seen.id)
    except IssuesError as error:
        notices.next_run_failure(error, doing=failed)
        return False
    if _differ(seen, now):
        st.session_state[_CONFLICT] = _Conflict(seen, now, changes)
        return False
    held.hold(
        now,
        changes,
        lambda: _make(client, now, make),
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
        except PreconditionFailed:
            now = client.get(seen.id)
            if _differ(seen, now):
                raise


def _differ(one: Issue, other: Issue) -> bool:
    return any(getattr(one, name) != getattr(other, name) for name in _COMPARED)
