"""Words, icons and colours of every kind and state: pages contain no enum names."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from api.contract import HistoryEntry, IssueState, IssueType, Role, User

Colour = Literal["red", "orange", "yellow", "blue", "green", "violet", "gray"]

KINDS = {
    IssueType.NO_ANSWER: "No answer",
    IssueType.INACCURATE: "Wrong answer",
    IssueType.NO_CONTEXT_USED: "Ignored my files",
    IssueType.FORMAT: "Badly presented",
    IssueType.OTHER: "Something else",
}

KIND_EXPLANATIONS = {
    IssueType.NO_ANSWER: "it stayed silent, broke off or refused",
    IssueType.INACCURATE: "something in it is not true",
    IssueType.NO_CONTEXT_USED: "it did not use what I gave it",
    IssueType.FORMAT: "hard to read, or in the wrong form",
    IssueType.OTHER: "anything that fits nowhere above",
}

STATES = {
    IssueState.NOT_REVIEWED: "Not reviewed",
    IssueState.IN_REVIEW: "In review",
    IssueState.CLOSED: "Closed",
    IssueState.DELETED: "Deleted",
}

STATE_EXPLANATIONS = {
    IssueState.NOT_REVIEWED: "It has arrived. Nobody has started on it yet.",
    IssueState.IN_REVIEW: "A reviewer is looking into it.",
    IssueState.CLOSED: "The review is finished.",
    IssueState.DELETED: "It was withdrawn or removed.",
}

STATE_COLOURS: dict[str, Colour] = {
    IssueState.NOT_REVIEWED: "orange",
    IssueState.IN_REVIEW: "blue",
    IssueState.CLOSED: "green",
    IssueState.DELETED: "gray",
}

STATE_ICONS = {
    IssueState.NOT_REVIEWED: ":material/inbox:",
    IssueState.IN_REVIEW: ":material/visibility:",
    IssueState.CLOSED: ":material/check_circle:",
    IssueState.DELETED: ":material/delete:",
}

# What a reviewer does to bring an issue into a state.
MOVES = {
    IssueState.IN_REVIEW: ("Start review", ":material/visibility:"),
    IssueState.CLOSED: ("Close issue", ":material/check_circle:"),
}
REOPEN = ("Reopen", ":material/undo:")

ROLES = {
    Role.GUEST: "Visitor",
    Role.MEMBER: "Member",
    Role.ADMIN: "Reviewer",
    Role.OWNER: "Owner",
}


def kind(value: str | None) -> str:
    """A kind of problem in words; one that we do not know is shown as it came."""
    return KINDS[IssueType(value)] if value in list(IssueType) else str(value or "Unknown")


def state(value: str | None) -> str:
    """A state in words; one that we do not know is shown as it came."""
    return STATES[IssueState(value)] if value in list(IssueState) else str(value or "Unknown")


def state_explanation(value: str | None) -> str:
    """What a state means for the reporter."""
    return STATE_EXPLANATIONS[IssueState(value)] if value in list(IssueState) else ""


def state_badge(value: str | None) -> None:
    """Show a state."""
    known = IssueState(value) if value in list(IssueState) else None
    st.badge(
        state(value),
        icon=STATE_ICONS[known] if known else None,
        color=STATE_COLOURS.get(str(value), "gray"),
    )


def count(issues: int | None) -> str:
    """How long a list is."""
    if issues is None:
        return "Newest first"
    return f"{issues:,} {'issue' if issues == 1 else 'issues'}, newest first"


def reporter(user: User | None) -> str:
    """Who reported."""
    return "Anonymous" if user is None else user.name or user.email or user.id


def tell_apart(people: Sequence[User]) -> dict[str, str]:
    """Names by user id; those who share a name get their address beside it."""
    named = {user.id: reporter(user) for user in people}
    often = Counter(named.values())
    return {
        user.id: f"{named[user.id]} ({user.email or user.id})"
        if often[named[user.id]] > 1
        else named[user.id]
        for user in people
    }


def on_a_label(name: str) -> str:
    """A name for a label of Streamlit, where Markdown would come to life: without its signs."""
    plain = "".join(c if c.isalnum() or c in " .,'-" else " " for c in name).strip()
    return plain or "Account"


def moment(when: datetime | None) -> str:
    """A point in time where the person is: 24 Nov 2026, 07:15."""
    return "" if when is None else f"{_local(when):%-d %b %Y, %H:%M}"


def day(when: datetime | None) -> str:
    """The same, short: the time today, else the day."""
    if when is None:
        return ""
    local, now = _local(when), _local(datetime.now(UTC))
    if local.date() == now.date():
        return f"{local:%H:%M}"
    return f"{local:%-d %b}" if local.year == now.year else f"{local:%-d %b %Y}"


def zone() -> ZoneInfo:
    """The person's time zone."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def event(entry: HistoryEntry) -> str:
    """One step of the history in words."""
    if entry.action == "created":
        return "Reported"
    if entry.action == "deleted":
        return "Deleted"
    return ", ".join(_change(c.field, c.new) for c in entry.changes) or "Changed"


def _change(field: str, new: str | bool | None) -> str:
    if field == "state":
        return f"Moved to “{state(str(new))}”"
    if field == "type":
        return f"Kind changed to “{kind(str(new))}”"
    if field == "is_read":
        return "Read" if new else "Marked as unread"
    return "Text corrected" if field == "description" else f"Changed {field}"


def _local(when: datetime) -> datetime:
    return when.astimezone(zone())
