"""Labels, icons and colours of issue types, states, roles and events.

Pages show these labels, never the names of enum members.
"""

import html

from components.ui import i18n
from components.ui.i18n import N_, _, ngettext
from components.ui.plain_text import strip_markup
from issue_portal.core.accounts import LONGEST_PASSWORD, SHORTEST_PASSWORD, PasswordFault
from issue_portal.models.responses import HistoryEntry, Issue
from issue_portal.models.vocabulary import HistoryAction, IssueState, IssueType, Role, Scope

TYPES = {
    IssueType.NO_ANSWER: N_("No answer"),
    IssueType.INACCURATE: N_("Wrong answer"),
    IssueType.NO_CONTEXT_USED: N_("Ignored my files"),
    IssueType.FORMAT: N_("Poor formatting"),
    IssueType.OTHER: N_("Other"),
}

TYPE_EXPLANATIONS = {
    IssueType.NO_ANSWER: N_("no reply, cut off, or refused"),
    IssueType.INACCURATE: N_("something is incorrect"),
    IssueType.NO_CONTEXT_USED: N_("didn't use what I gave it"),
    IssueType.FORMAT: N_("hard to read or wrong format"),
    IssueType.OTHER: N_("anything else"),
}

STATES = {
    IssueState.NOT_REVIEWED: N_("New"),
    IssueState.IN_REVIEW: N_("In review"),
    IssueState.CLOSED: N_("Closed"),
    IssueState.DELETED: N_("Deleted"),
}

STATE_EXPLANATIONS = {
    IssueState.NOT_REVIEWED: N_("We've received it. A reviewer will look at it."),
    IssueState.IN_REVIEW: N_("A reviewer is looking into it."),
    IssueState.CLOSED: N_("The review is finished."),
    IssueState.DELETED: N_("It was withdrawn or deleted."),
}

STATE_CLASSES = {
    IssueState.NOT_REVIEWED: "new",
    IssueState.IN_REVIEW: "in-review",
    IssueState.CLOSED: "closed",
    IssueState.DELETED: "deleted",
}
"""CSS classes of the dots that show a state."""

PASSWORD_FAULTS = {
    PasswordFault.TOO_SHORT: N_("The new password is too short. Use at least {least} characters."),
    PasswordFault.TOO_LONG: N_("The new password is too long. Use at most {most} characters."),
    PasswordFault.SPACES: N_("The new password can't start or end with a space."),
    PasswordFault.EASY: N_(
        "The new password is too easy to guess. Use several unusual words or random characters."
    ),
}

# Label and icon of the action that moves an issue to a state.
MOVES = {
    IssueState.IN_REVIEW: (N_("Start review"), ":material/visibility:"),
    IssueState.CLOSED: (N_("Close"), ":material/check_circle:"),
}
REOPEN = (N_("Reopen"), ":material/undo:")

ROLES = {
    Role.GUEST: N_("Visitor"),
    Role.MEMBER: N_("Member"),
    Role.ADMIN: N_("Reviewer"),
    Role.OWNER: N_("Owner"),
}


SCOPES = {
    Scope.READ: N_("Read reports"),
    Scope.REPORT: N_("Send reports"),
    Scope.REVIEW: N_("Review reports"),
}

SCOPE_EXPLANATIONS = {
    Scope.READ: N_("list them and read their history"),
    Scope.REPORT: N_("also edit and withdraw your own"),
    Scope.REVIEW: N_("change, close and delete any of them"),
}


def format_number(issue: Issue) -> str | None:
    """Return the number of an issue, as "#7"; None if the server did not send it."""
    return None if issue.issue_number is None else f"#{issue.issue_number}"


def format_type(value: str | None) -> str:
    """Return the name of an issue type; for an unknown type, its value without punctuation."""
    return _(TYPES[IssueType(value)]) if value in list(IssueType) else _format_unknown(value)


def explain_type(value: IssueType) -> str:
    """Explain an issue type in half a sentence."""
    return _(TYPE_EXPLANATIONS[value])


def describe_move(old: str | None, new: IssueState) -> tuple[str, str]:
    """Return the label and icon of the action that moves an issue between two states."""
    reopen = old == IssueState.CLOSED and new == IssueState.IN_REVIEW
    label, icon = REOPEN if reopen else MOVES[new]
    return _(label), icon


def format_role(value: str) -> str:
    """Return the name of a role; for an unknown role, its value without punctuation."""
    return _(ROLES[Role(value)]) if value in list(Role) else _format_unknown(value)


def format_scope(value: str) -> str:
    """Return the name of a scope; for an unknown scope, its value without punctuation."""
    return _(SCOPES[Scope(value)]) if value in list(Scope) else _format_unknown(value)


def explain_scope(value: Scope) -> str:
    """Explain in half a sentence what a token with this scope may do."""
    return _(SCOPE_EXPLANATIONS[value])


def format_state(value: str | None) -> str:
    """Return the name of a state; for an unknown state, its value without punctuation."""
    return _(STATES[IssueState(value)]) if value in list(IssueState) else _format_unknown(value)


def explain_state(value: str | None) -> str:
    """Explain a state to the reporter, or return "" for an unknown one."""
    return _(STATE_EXPLANATIONS[IssueState(value)]) if value in list(IssueState) else ""


def get_state_class(value: str | None) -> str:
    """Return the CSS class of the dot that shows a state, or "other" for an unknown one."""
    return STATE_CLASSES[IssueState(value)] if value in list(IssueState) else "other"


def format_state_html(value: str | None) -> str:
    """Return HTML with the dot and the name of a state."""
    name = html.escape(format_state(value))
    return f'<span class="state"><i class="dot {get_state_class(value)}"></i>{name}</span>'


def format_count(issues: int | None) -> str:
    """Format a number of issues, or return "" if it is unknown."""
    if issues is None:
        return ""
    text = ngettext("{count} issue", "{count} issues", issues)
    return text.format(count=i18n.format_number(issues))


def format_show_newer_label(issues: int) -> str:
    """Return the label of the button that shows issues received since the queue was loaded."""
    return ngettext("Show {count} new", "Show {count} new", issues).format(
        count=i18n.format_number(issues)
    )


def list_reference_labels() -> tuple[str, str, str]:
    """Return the labels of thread, interaction and project, in the order of the form."""
    return _("Conversation ID"), _("Answer ID"), _("Project ID")


def explain_references() -> str:
    """Explain the ids of thread, interaction and project."""
    return _(
        "These IDs come from the assistant. The conversation ID and the answer ID go together."
    )


def _format_unknown(value: str | None) -> str:
    """Format a value that this portal does not know, from another server."""
    return strip_markup(value or "") or _("Unknown")


def explain_password_fault(fault: PasswordFault) -> str:
    """Explain why a new password is refused."""
    return _(PASSWORD_FAULTS[fault]).format(least=SHORTEST_PASSWORD, most=LONGEST_PASSWORD)


def describe_event(entry: HistoryEntry) -> str:
    """Describe one entry of an issue's history."""
    if entry.action == HistoryAction.CREATED:
        return _("Reported")
    if entry.action == HistoryAction.DELETED:
        return _("Deleted")
    if entry.action == HistoryAction.RESTORED:
        return _("Restored")
    return ", ".join(_describe_change(c.field, c.new) for c in entry.changes) or _("Changed")


def _describe_change(field: str, new: str | bool | None) -> str:
    if field == "state":
        return _("Moved to {state}").format(state=format_state(str(new)))
    if field == "type":
        return _("Type changed to {kind}").format(kind=format_type(str(new)))
    if field == "is_read":
        return _("Read") if new else _("Marked as unread")
    return _("Text edited") if field == "description" else _("Changed")
