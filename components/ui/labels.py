"""Words, icons and colours of every kind and state: pages contain no enum names."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from components.ui import i18n
from components.ui.i18n import N_, _, ngettext
from issue_portal.core.accounts import LONGEST_PASSWORD, SHORTEST_PASSWORD, PasswordFault
from issue_portal.models.responses import HistoryEntry, User
from issue_portal.models.vocabulary import IssueState, IssueType, Role

Colour = Literal["red", "orange", "yellow", "blue", "green", "violet", "gray"]

TYPES = {
    IssueType.NO_ANSWER: N_("No answer"),
    IssueType.INACCURATE: N_("Wrong answer"),
    IssueType.NO_CONTEXT_USED: N_("Ignored my files"),
    IssueType.FORMAT: N_("Badly presented"),
    IssueType.OTHER: N_("Something else"),
}

TYPE_EXPLANATIONS = {
    IssueType.NO_ANSWER: N_("it stayed silent, broke off or refused"),
    IssueType.INACCURATE: N_("something in it is not true"),
    IssueType.NO_CONTEXT_USED: N_("it did not use what I gave it"),
    IssueType.FORMAT: N_("hard to read, or in the wrong form"),
    IssueType.OTHER: N_("anything that fits nowhere above"),
}

STATES = {
    IssueState.NOT_REVIEWED: N_("Not reviewed"),
    IssueState.IN_REVIEW: N_("In review"),
    IssueState.CLOSED: N_("Closed"),
    IssueState.DELETED: N_("Deleted"),
}

STATE_EXPLANATIONS = {
    IssueState.NOT_REVIEWED: N_("It has arrived. Nobody has started on it yet."),
    IssueState.IN_REVIEW: N_("A reviewer is looking into it."),
    IssueState.CLOSED: N_("The review is finished."),
    IssueState.DELETED: N_("It was withdrawn or removed."),
}

STATE_COLOURS: dict[str, Colour] = {
    IssueState.NOT_REVIEWED: "orange",
    IssueState.IN_REVIEW: "blue",
    IssueState.CLOSED: "green",
    IssueState.DELETED: "gray",
}

PASSWORD_FAULTS = {
    PasswordFault.TOO_SHORT: N_("The new password is too short: use at least {least} characters."),
    PasswordFault.TOO_LONG: N_("The new password is too long: use at most {most} characters."),
    PasswordFault.SPACES: N_("The new password begins or ends with a space."),
    PasswordFault.EASY: N_(
        "The new password is easy to guess: use several unusual words, or random characters."
    ),
}

STATE_ICONS = {
    IssueState.NOT_REVIEWED: ":material/inbox:",
    IssueState.IN_REVIEW: ":material/visibility:",
    IssueState.CLOSED: ":material/check_circle:",
    IssueState.DELETED: ":material/delete:",
}

# What a reviewer does to bring an issue into a state.
MOVES = {
    IssueState.IN_REVIEW: (N_("Start review"), ":material/visibility:"),
    IssueState.CLOSED: (N_("Close issue"), ":material/check_circle:"),
}
REOPEN = (N_("Reopen"), ":material/undo:")

ROLES = {
    Role.GUEST: N_("Visitor"),
    Role.MEMBER: N_("Member"),
    Role.ADMIN: N_("Reviewer"),
    Role.OWNER: N_("Owner"),
}


def format_type(value: str | None) -> str:
    """A kind of problem in words; one that we do not know, without the signs of Markdown."""
    return _(TYPES[IssueType(value)]) if value in list(IssueType) else _format_unknown(value)


def explain_type(value: IssueType) -> str:
    """What a kind of problem means, in half a sentence."""
    return _(TYPE_EXPLANATIONS[value])


def describe_move(old: str | None, new: IssueState) -> tuple[str, str]:
    """What a reviewer does to bring an issue from one state to another, and its icon."""
    reopen = old == IssueState.CLOSED and new == IssueState.IN_REVIEW
    words, icon = REOPEN if reopen else MOVES[new]
    return _(words), icon


def format_role(value: Role) -> str:
    """What someone may do, in a word."""
    return _(ROLES[value])


def format_state(value: str | None) -> str:
    """A state in words; one that we do not know, without the signs of Markdown."""
    return _(STATES[IssueState(value)]) if value in list(IssueState) else _format_unknown(value)


def explain_state(value: str | None) -> str:
    """What a state means for the reporter."""
    return _(STATE_EXPLANATIONS[IssueState(value)]) if value in list(IssueState) else ""


def render_state_badge(value: str | None) -> None:
    """Show a state."""
    known = IssueState(value) if value in list(IssueState) else None
    st.badge(
        format_state(value),
        icon=STATE_ICONS[known] if known else None,
        color=STATE_COLOURS.get(str(value), "gray"),
    )


def format_count(issues: int | None) -> str:
    """How long a list is."""
    if issues is None:
        return ""
    text = ngettext("{count} issue", "{count} issues", issues)
    return text.format(count=i18n.format_number(issues))


def format_newer_count(issues: int) -> str:
    """How many have come since one began to look."""
    return ngettext("{count} new", "{count} new", issues).format(count=i18n.format_number(issues))


def format_state_counts(by_state: Mapping[IssueState, int]) -> str:
    """How many there are in each state, in the colours of the states (Markdown)."""
    return " ".join(
        f":{STATE_COLOURS[state]}-badge[{_format_state_count(state, count)}]"
        for state, count in by_state.items()
    )


def _format_state_count(state: IssueState, count: int) -> str:
    match state:
        case IssueState.NOT_REVIEWED:
            text = ngettext("{count} not reviewed", "{count} not reviewed", count)
        case IssueState.IN_REVIEW:
            text = ngettext("{count} in review", "{count} in review", count)
        case IssueState.CLOSED:
            text = ngettext("{count} closed", "{count} closed", count)
        case IssueState.DELETED:
            text = ngettext("{count} deleted", "{count} deleted", count)
    return text.format(count=i18n.format_number(count))


def list_reference_labels() -> tuple[str, str, str]:
    """What says where it happened."""
    return _("Thread"), _("Interaction"), _("Project")


def explain_references() -> str:
    """What these are, for people who do not know the words."""
    return _(
        "Ids, as the assistant has them: thread is a conversation, interaction one answer in it,"
        " project what the conversation belongs to. Thread and interaction go together."
    )


def format_user(user: User | None) -> str:
    """Who reported."""
    return _("Anonymous") if user is None else user.name or user.email or user.id


def format_distinct_names(people: Sequence[User]) -> dict[str, str]:
    """Names by user id; those who share a name get their address beside it."""
    named = {user.id: format_user(user) for user in people}
    often = Counter(named.values())
    return {
        user.id: f"{named[user.id]} ({user.email or user.id})"
        if often[named[user.id]] > 1
        else named[user.id]
        for user in people
    }


def format_account_label(name: str) -> str:
    """A name for a label of Streamlit, where Markdown would come to life: without its signs."""
    return strip_punctuation(name) or _("Account")


def _format_unknown(value: str | None) -> str:
    """What another server's word for something is on a label."""
    return strip_punctuation(value or "") or _("Unknown")


def strip_punctuation(text: str) -> str:
    """Replace the punctuation of Markdown and HTML."""
    return "".join(c if c.isalnum() or c in " .,'-" else " " for c in text).strip()


def explain_password_fault(fault: PasswordFault) -> str:
    """Why a new password will not do, for the person who chose it."""
    return _(PASSWORD_FAULTS[fault]).format(least=SHORTEST_PASSWORD, most=LONGEST_PASSWORD)


def format_code(text: str) -> str:
    """A text for Markdown that shows it as it is."""
    return f"`{' '.join(text.replace('`', '').split())}`"


def format_moment(when: datetime | None) -> str:
    """A point in time where the person is, as the person writes it: 24 Nov 2026, 07:15."""
    return "" if when is None else i18n.format_moment(_to_local(when))


def format_short_moment(when: datetime | None) -> str:
    """The same, short: the time today, else the day."""
    return (
        ""
        if when is None
        else i18n.format_short_moment(_to_local(when), _to_local(datetime.now(UTC)))
    )


def get_time_zone() -> ZoneInfo:
    """The person's time zone."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def get_today() -> date:
    """The day that it is where the person is."""
    return _to_local(datetime.now(UTC)).date()


def describe_event(entry: HistoryEntry) -> str:
    """One step of the history in words."""
    if entry.action == "created":
        return _("Reported")
    if entry.action == "deleted":
        return _("Deleted")
    return ", ".join(_describe_change(c.field, c.new) for c in entry.changes) or _("Changed")


def _describe_change(field: str, new: str | bool | None) -> str:
    if field == "state":
        return _("Moved to “{state}”").format(state=format_state(str(new)))
    if field == "type":
        return _("Kind changed to “{kind}”").format(kind=format_type(str(new)))
    if field == "is_read":
        return _("Read") if new else _("Marked as unread")
    return _("Text corrected") if field == "description" else _("Changed")


def _to_local(when: datetime) -> datetime:
    return when.astimezone(get_time_zone())
