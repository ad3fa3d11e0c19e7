"""The issue that is open on a page, loaded while the page does something else."""

from concurrent.futures import Future
from dataclasses import dataclass

from auth import current_user
from components import api_session, background_calls, server_capabilities
from components.issues import issue_list, known_issues
from issue_portal.client.errors import NotFoundError
from issue_portal.models.permissions import Action
from issue_portal.models.responses import Issue


@dataclass(frozen=True)
class OpenIssue:
    """The open issue; ``issue`` is None if it was deleted or does not exist."""

    id: str
    issue: Issue | None


@dataclass(frozen=True)
class Loading:
    """An open issue that is being loaded."""

    id: str
    call: Future[Issue]

    def finish(self) -> OpenIssue:
        """Wait for the issue, and add what is known of it. Raises `IssuesError`."""
        try:
            return OpenIssue(self.id, known_issues.remember(self.call.result()))
        except NotFoundError:
            known_issues.forget(self.id)
            return OpenIssue(self.id, None)


def start_loading() -> Loading | None:
    """Start to load the issue that the URL names; None if no issue is open."""
    issue_id = issue_list.get_open_issue_id()
    if issue_id is None:
        return None
    client = api_session.client()
    # Our own servers also show a deleted issue to a reviewer.
    sees_deleted = current_user.may(Action.LIST_DELETED) and server_capabilities.has_extra_filters()
    call = background_calls.start(lambda: client.get(issue_id, deleted=sees_deleted))
    return Loading(issue_id, call)


def describe_known(issue_id: str) -> OpenIssue:
    """Return an open issue as this session knows it, to compare with a newer response."""
    return OpenIssue(issue_id, known_issues.get(issue_id))
