"""A conflict: somebody has changed the issue since the person opened it.

It was another user, or the same person elsewhere, such as in another tab.

Nothing is overwritten. The page shows both versions until the person decides.
"""

import html
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Final, TypeVar

import streamlit as st

from components import server_capabilities
from components.issues import issue_detail, issue_history
from components.issues.proposed_change import ProposedChange
from components.ui import labels, user_names
from components.ui.i18n import _
from issue_portal.client.client import IssuesClient
from issue_portal.client.errors import IssuesError, PreconditionFailedError
from issue_portal.models.responses import Issue, Problem
from issue_portal.models.vocabulary import IssueState

Result = TypeVar("Result")

_CONFLICT_KEY: Final = "conflict"

# `is_read` is not compared: opening an issue marks it as read, which is no conflict.
_COMPARED_FIELDS: Final = tuple(field.name for field in fields(ProposedChange))


@dataclass(frozen=True)
class Conflict:
    """A change that the person made to an outdated version of an issue."""

    seen: Issue
    """The version that the person changed."""

    current: Issue
    """The version that the server has now."""

    change: ProposedChange
    editor: str
    """Name of the user who made the current version; "" for the current user themselves."""


def has_changed(before: Issue, after: Issue) -> bool:
    """Return whether two versions of an issue differ in text, type or state.

    Compares only fields that both versions have: some servers send only a few.
    """
    both = before.model_fields_set & after.model_fields_set
    return any(
        getattr(before, name) != getattr(after, name) for name in _COMPARED_FIELDS if name in both
    )


def can_move(issue: Issue, state: IssueState) -> bool:
    """Return whether a reviewer can move an issue to ``state``: any move between live states."""
    return state in labels.MOVES and issue.state not in (state, IssueState.DELETED)


def update_unless_changed(client: IssuesClient, seen: Issue, change: ProposedChange) -> Issue:
    """Save a change to the version that the person saw; return the changed issue.

    Raises `PreconditionFailedError` if text, type or state differ on the server.
    """

    def send(current: Issue) -> Issue:
        return client.update(current, **change.to_update(), if_unchanged=True)

    return _send_unless_changed(client, seen, send)


def delete_unless_changed(client: IssuesClient, seen: Issue) -> None:
    """Delete an issue if it is the version that the person saw.

    Raises `PreconditionFailedError` if text, type or state differ on the server.
    """

    def send(current: Issue) -> None:
        if current.etag is None:
            # Without a tag, the server would delete any version. Fetch its version, and compare.
            fetched = client.get(current.id)
            if has_changed(current, fetched):
                raise PreconditionFailedError(Problem(status=412))
            current = current.merge(fetched)
        client.delete(current.id, etag=current.etag)

    _send_unless_changed(client, seen, send)


def _send_unless_changed(
    client: IssuesClient, seen: Issue, send: Callable[[Issue], Result]
) -> Result:
    """Call ``send`` with the version that the person saw; return its result.

    If the server has another version with equal text, type and state, call ``send`` with that one.
    """
    current = seen
    while True:
        try:
            return send(current)
        except PreconditionFailedError:
            current = seen.merge(client.get(seen.id))
            if has_changed(seen, current):
                raise


def remember_conflict(seen: Issue, current: Issue, change: ProposedChange) -> None:
    """Keep a conflict for `render` until the person decides."""
    st.session_state[_CONFLICT_KEY] = Conflict(seen, current, change, _find_editor(current))


def forget_conflict() -> None:
    """Drop the conflict, since the person has decided."""
    st.session_state.pop(_CONFLICT_KEY, None)


def render(apply_anyway: Callable[[Conflict], None], *, issue_id: str = "") -> None:
    """Render the pending conflict, if any; with an ``issue_id``, only a conflict of that issue.

    ``apply_anyway`` applies the change to the current version.
    """
    conflict = st.session_state.get(_CONFLICT_KEY)
    # Render the container even when it is empty, so that the elements below keep their place.
    with st.container(key="conflict"):
        if isinstance(conflict, Conflict) and issue_id in ("", conflict.seen.id):
            with st.container(border=True):
                _render_conflict(conflict, apply_anyway)


def _render_conflict(conflict: Conflict, apply_anyway: Callable[[Conflict], None]) -> None:
    _render_warning(conflict)
    _render_versions(conflict)
    with st.container(horizontal=True):
        st.button(_("Keep current"), key="conflict_leave", on_click=forget_conflict)
        if _can_apply(conflict):
            st.button(
                _format_apply_label(conflict.change),
                key="conflict_change",
                on_click=_apply,
                args=(conflict, apply_anyway),
            )


def _render_warning(conflict: Conflict) -> None:
    if conflict.editor:
        text = _("{who} just changed #{number}. Your change isn't saved.")
    else:
        text = _("You already changed #{number} elsewhere. The change you just made isn't saved.")
    st.warning(
        text.format(
            who=user_names.format_account_label(conflict.editor),
            number=conflict.current.issue_number,
        ),
        icon=":material/call_split:",
    )


def _render_versions(conflict: Conflict) -> None:
    """Render both versions side by side; their texts only if the texts differ."""
    is_text_edit = conflict.change.description is not None
    theirs = conflict.current
    ours = conflict.change.apply_to(conflict.seen) if is_text_edit else conflict.seen
    for column, title, version in zip(
        st.columns(2),
        (_("Your version") if is_text_edit else _("Version you saw"), _("Current version")),
        (ours, theirs),
        strict=True,
    ):
        with column:
            st.markdown(f"**{title}**")
            kind = html.escape(labels.format_type(version.type))
            st.html(f"{labels.format_state_html(version.state)} · {kind}")
            if ours.description != theirs.description:
                issue_detail.render_text(version.description)


def _apply(conflict: Conflict, apply_anyway: Callable[[Conflict], None]) -> None:
    forget_conflict()
    apply_anyway(conflict)


def _format_apply_label(change: ProposedChange) -> str:
    if change.description is not None:
        return _("Save your version anyway")
    text = _("Move to {words} anyway") if change.state else _("Change to {words} anyway")
    return text.format(words=change.format_value())


def _can_apply(conflict: Conflict) -> bool:
    if conflict.change.description is not None:
        return conflict.current.state == IssueState.NOT_REVIEWED
    state = conflict.change.state
    return state is None or can_move(conflict.current, state)


def _find_editor(current: Issue) -> str:
    """Return the name of the user who last changed text, type or state; "" for the current user."""
    try:
        entries, me = issue_history.fetch(current), server_capabilities.fetch_me()
    except IssuesError:
        entries, me = (), None
    for entry in reversed(entries):
        if entry.by and any(change.field in _COMPARED_FIELDS for change in entry.changes):
            return "" if me and entry.by.id == me.id else user_names.format_user(entry.by)
    return _("Someone else")
