"""The bulk actions: what a reviewer can do to all selected issues at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from components.ui import i18n, messages
from components.ui.i18n import N_, _, ngettext
from issue_portal.client import errors
from issue_portal.client.client import IssuesClient
from issue_portal.client.errors import IssuesError, NotFoundError, NotSupportedError
from issue_portal.models.requests import BulkChange
from issue_portal.models.responses import BulkResult, Issue, Problem
from issue_portal.models.vocabulary import BULK_LIMIT, IssueState, ProblemCode

DELETE: Final = "delete"


@dataclass(frozen=True)
class BulkItem:
    """Outcome of an action for one selected issue."""

    issue: Issue
    """The issue before the action."""

    refusal: str = ""
    """Reason why the issue was left unchanged, or ""."""

    is_changed: bool = False
    """Whether a bulk call has changed the issue; another bulk call can then undo it."""


@dataclass(frozen=True)
class BulkAction:
    """An action that is applied to each selected issue."""

    label: str
    change: BulkChange

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

    def apply(self, client: IssuesClient, issues: Sequence[Issue]) -> Iterator[BulkItem]:
        """Apply the action; yield each issue once it is changed or refused.

        Judges the issues as they were listed. Sends one call for up to 100 issues where the server
        has bulk changes, and else one call an issue.
        """
        needed: list[Issue] = []
        for issue in issues:
            if self.change.state == IssueState.IN_REVIEW and issue.state == IssueState.CLOSED:
                yield BulkItem(issue, _("Already closed. Reopen it from its own page."))
            elif self._is_done(issue):
                yield BulkItem(issue)
            else:
                needed.append(issue)
        has_bulk = True
        for start in range(0, len(needed), BULK_LIMIT):
            chunk = needed[start : start + BULK_LIMIT]
            if has_bulk:
                try:
                    yield from self._apply_in_bulk(client, chunk)
                    continue
                except (NotFoundError, NotSupportedError):
                    has_bulk = False
            for issue in chunk:
                yield self._apply_to_one(client, issue)

    def _is_done(self, issue: Issue) -> bool:
        # No issue has the fields `delete` and `restore`.
        return all(
            name in issue.model_fields_set and getattr(issue, name) == value
            for name, value in self.change.changes().items()
        )

    def _apply_in_bulk(self, client: IssuesClient, issues: Sequence[Issue]) -> Iterator[BulkItem]:
        try:
            results = client.update_many([issue.id for issue in issues], self.change)
        except (NotFoundError, NotSupportedError):
            raise
        except IssuesError as error:
            yield from (BulkItem(issue, messages.explain_failure(error)) for issue in issues)
            return
        results_by_id = {result.id: result for result in results}
        for issue in issues:
            result = results_by_id.get(issue.id, BulkResult(id=issue.id, status=503))
            refusal = _explain_refusal(result)
            yield BulkItem(issue, refusal, is_changed=not refusal)

    def _apply_to_one(self, client: IssuesClient, issue: Issue) -> BulkItem:
        # Without a condition: to compare versions, the client would have to fetch each issue.
        try:
            if self.change.delete is True:
                client.delete(issue.id)
            elif isinstance(self.change.state, IssueState):
                client.update(issue, state=self.change.state)
            else:
                client.update(issue, is_read=self.change.is_read is True)
        except NotFoundError:
            return BulkItem(issue, _("Already deleted."))
        except IssuesError as error:
            return BulkItem(issue, messages.explain_failure(error))
        return BulkItem(issue)


def _explain_refusal(result: BulkResult) -> str:
    """Explain why an issue was left unchanged; "" if it was changed."""
    if result.status < 300:
        return ""
    match result.code:
        case ProblemCode.NOT_FOUND:
            return _("Already deleted.")
        case ProblemCode.FORBIDDEN:
            return _("You don't have permission to change it.")
        case ProblemCode.UNAVAILABLE:
            return _("The server isn't responding; try again in a moment.")
    return messages.explain_cause(errors.make_error(Problem(status=result.status)))


BULK_ACTIONS: Final[Mapping[str, BulkAction]] = {
    "read": BulkAction(
        N_("Mark read"),
        BulkChange(is_read=True),
        lambda n: ngettext("{count} issue marked as read", "{count} issues marked as read", n),
    ),
    "unread": BulkAction(
        N_("Mark unread"),
        BulkChange(is_read=False),
        lambda n: ngettext("{count} issue marked as unread", "{count} issues marked as unread", n),
    ),
    "start": BulkAction(
        N_("Start review"),
        BulkChange(state=IssueState.IN_REVIEW),
        lambda n: ngettext(
            "{count} issue moved to In review", "{count} issues moved to In review", n
        ),
        lambda n: ngettext("Start reviewing {count} issue?", "Start reviewing {count} issues?", n),
    ),
    "close": BulkAction(
        N_("Close"),
        BulkChange(state=IssueState.CLOSED),
        lambda n: ngettext("{count} issue closed", "{count} issues closed", n),
        lambda n: ngettext("Close {count} issue?", "Close {count} issues?", n),
    ),
    DELETE: BulkAction(
        N_("Delete"),
        BulkChange(delete=True),
        lambda n: ngettext("{count} issue deleted", "{count} issues deleted", n),
        lambda n: ngettext("Delete {count} issue?", "Delete {count} issues?", n),
    ),
}
"""The actions by name, in the order of the menu."""
