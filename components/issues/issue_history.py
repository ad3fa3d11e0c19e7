"""The history of an issue, from servers with and without histories."""

from concurrent.futures import Future

from components import api_session, background_calls, server_capabilities
from issue_portal.client.client import IssuesClient
from issue_portal.client.errors import NotFoundError, NotSupportedError
from issue_portal.models.responses import HistoryEntry, Issue
from issue_portal.models.vocabulary import IssueState


def fetch(issue: Issue) -> tuple[HistoryEntry, ...]:
    """Return the history of an existing issue; () if the server has no histories."""
    return start(issue).result()


def start(issue: Issue) -> Future[tuple[HistoryEntry, ...]]:
    """Start to fetch the history of an existing issue."""
    client = api_session.client()
    has_history = server_capabilities.get_capabilities().has_history
    # Only our own servers show a deleted issue, and its history.
    is_deleted = issue.state == IssueState.DELETED and server_capabilities.has_extra_filters()
    return background_calls.start(
        lambda: () if has_history is False else _fetch(client, issue.id, deleted=is_deleted)
    )


def _fetch(client: IssuesClient, issue_id: str, *, deleted: bool) -> tuple[HistoryEntry, ...]:
    try:
        entries = client.history(issue_id, deleted=deleted).data
    except NotSupportedError:
        server_capabilities.learn_history(exists=False)
        return ()
    except NotFoundError:
        # The issue may have been deleted since, but then its page says so.
        if not server_capabilities.get_capabilities().has_history:
            server_capabilities.learn_history(exists=False)
        return ()
    server_capabilities.learn_history(exists=True)
    return entries
