"""The bulk actions: what a reviewer can do to all selected issues at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from components.ui import i18n
from components.ui.i18n import N_, _, ngettext
from issue_portal.client.client import IssuesClient
from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import IssueState

DELETE: Final = "delete"


@dataclass(frozen=True)
class BulkAction:
    """An action that is applied to each selected issue."""

    label: str
    apply: Callable[[IssuesClient, Issue], str]
    """Changes one issue. Returns "", or the reason why the issue was left unchanged."""

    choose_done_message: Callable[[int], str]
    """Returns the singular or plural message after the change, which contains ``{count}``."""

    choose_question: Callable[[int], str] | None = None
    """Returns the singular or plural question before the change; None if there is no question."""

    def format_done(self, count: int) -> str:
        """Format the message for the number of changed issues."""
        return self.choose_done_message(count).format(count=i18n.format_number(count))

    def format_question(self, count: int) -> str:
        """Format the question to ask before the change; "" if the action needs none."""
        if self.choose_question is None:
            return ""
        return self.choose_question(count).format(count=i18n.format_number(count))


def _mark_read(client: IssuesClient, issue: Issue) -> str:
    client.update(issue, is_read=True)
    return ""


def _mark_unread(client: IssuesClient, issue: Issue) -> str:
    client.update(issue, is_read=False)
    return ""


def _start_review(client: IssuesClient, issue: Issue) -> str:
    if issue.state == IssueState.CLOSED:
        return _("Already closed. Reopen it from its own page.")
    if issue.state != IssueState.IN_REVIEW:
        client.update(issue, state=IssueState.IN_REVIEW, if_unchanged=True)
    return ""


def _close(client: IssuesClient, issue: Issue) -> str:
    if issue.state != IssueState.CLOSED:
        client.update(issue, state=IssueState.CLOSED, if_unchanged=True)
    return ""


def _delete(client: IssuesClient, issue: Issue) -> str:
    client.delete(issue.id, etag=issue.etag)
    return ""


BULK_ACTIONS: Final[Mapping[str, BulkAction]] = {
    "read": BulkAction(
        N_("Mark read"),
        _mark_read,
        lambda n: ngettext("{count} issue marked as read", "{count} issues marked as read", n),
    ),
    "unread": BulkAction(
        N_("Mark unread"),
        _mark_unread,
        lambda n: ngettext("{count} issue marked as unread", "{count} issues marked as unread", n),
    ),
    "start": BulkAction(
        N_("Start review"),
        _start_review,
        lambda n: ngettext(
            "{count} issue moved to In review", "{count} issues moved to In review", n
        ),
        lambda n: ngettext("Start reviewing {count} issue?", "Start reviewing {count} issues?", n),
    ),
    "close": BulkAction(
        N_("Close"),
        _close,
        lambda n: ngettext("{count} issue closed", "{count} issues closed", n),
        lambda n: ngettext("Close {count} issue?", "Close {count} issues?", n),
    ),
    DELETE: BulkAction(
        N_("Delete"),
        _delete,
        lambda n: ngettext("{count} issue deleted", "{count} issues deleted", n),
        lambda n: ngettext(
            "Delete {count} issue? Its reporter will no longer see it.",
            "Delete {count} issues? Their reporters will no longer see them.",
            n,
        ),
    ),
}
"""The actions by name, in the order of the menu."""
