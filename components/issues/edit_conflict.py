"""What somebody else changed while the person was deciding: both versions, and what now.

Nothing is overwritten: what was seen, and what it is now, are shown until the person decides.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from components import api_session, server_capabilities
from components.issues import issue_detail
from components.ui import labels, user_names
from components.ui.i18n import _
from issue_portal.client.errors import IssuesError
from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import NEXT_STATES, IssueState

_CONFLICT_KEY: Final = "conflict"
# Whoever opens an issue marks it as read: that is no change of mind.
_COMPARED_FIELDS: Final = ("description", "type", "state")


@dataclass(frozen=True)
class Conflict:
    """A change that was meant for an issue as it is not any more."""

    seen: Issue
    now: Issue
    changes: dict[str, Any]
    by: str
    """Who changed it, if that is known; empty for the person, in another tab."""


def has_changed(one: Issue, other: Issue) -> bool:
    """Whether an issue has been changed from one version to the other."""
    return any(getattr(one, name) != getattr(other, name) for name in _COMPARED_FIELDS)


def remember_conflict(seen: Issue, now: Issue, changes: dict[str, Any]) -> None:
    """Have `render` show it until the person decides."""
    st.session_state[_CONFLICT_KEY] = Conflict(seen, now, changes, _find_editor(now))


def forget_conflict() -> None:
    """The person has decided."""
    st.session_state.pop(_CONFLICT_KEY, None)


def render(all_the_same: Callable[[Conflict], None], *, only: str = "") -> None:
    """Show what `remember_conflict` noted, of the issue with the id ``only`` if that is given.

    ``all_the_same`` makes the change to the issue as it is now, where that is possible.
    """
    found = st.session_state.get(_CONFLICT_KEY)
    # Takes no room, and keeps its place: what is below stays where it is.
    with st.container(key="conflict"):
        if isinstance(found, Conflict) and only in ("", found.seen.id):
            with st.container(border=True):
                _render_conflict(found, all_the_same)


def _render_conflict(found: Conflict, all_the_same: Callable[[Conflict], None]) -> None:
    yours = "description" in found.changes
    if found.by:
        told = _("{who} has changed issue {number} meanwhile. Nothing of yours was saved yet.")
    else:
        told = _("You have changed issue {number} meanwhile, elsewhere. This was not saved yet.")
    st.warning(
        told.format(who=user_names.format_account_label(found.by), number=found.now.issue_number),
        icon=":material/call_split:",
    )
    mine = found.seen.model_copy(update=found.changes) if yours else found.seen
    for column, title, version in zip(
        st.columns(2),
        (_("Your version") if yours else _("As you saw it"), _("As it is now")),
        (mine, found.now),
        strict=True,
    ):
        with column:
            st.markdown(f"**{title}**")
            labels.render_state_badge(version.state)
            st.badge(labels.format_type(version.type), color="gray")
            if mine.description != found.now.description:
                issue_detail.render_text(version.description)
    with st.container(horizontal=True):
        st.button(_("Leave it as it is now"), key="conflict_leave", on_click=forget_conflict)
        if _can_apply(found):
            st.button(
                _format_apply_label(found),
                key="conflict_change",
                on_click=_apply,
                args=(found, all_the_same),
            )


def _apply(found: Conflict, all_the_same: Callable[[Conflict], None]) -> None:
    forget_conflict()
    all_the_same(found)


def _format_apply_label(found: Conflict) -> str:
    if "description" in found.changes:
        return _("Save your version all the same")
    state, kind = found.changes.get("state"), found.changes.get("type")
    words = labels.format_state(state) if state else labels.format_type(kind)
    return _("Change it to “{words}” all the same").format(words=words)


def _can_apply(found: Conflict) -> bool:
    if "description" in found.changes:
        return found.now.state == IssueState.NOT_REVIEWED
    state = found.changes.get("state")
    return state is None or state in list_next_states(found.now)


def list_next_states(issue: Issue) -> tuple[IssueState, ...]:
    """The states that a reviewer can move an issue to."""
    return NEXT_STATES.get(IssueState(issue.state), ()) if issue.state in NEXT_STATES else ()


def _find_editor(now: Issue) -> str:
    """By the last entry of its history that is about what is compared."""
    try:
        entries, me = api_session.history(now), server_capabilities.me()
    except IssuesError:
        entries, me = (), None
    for entry in reversed(entries):
        if entry.by and any(change.field in _COMPARED_FIELDS for change in entry.changes):
            return "" if me and entry.by.id == me.id else user_names.format_user(entry.by)
    return _("Somebody else")
