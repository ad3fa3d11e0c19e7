"""Model objects for tests, with default values."""

from datetime import UTC, datetime
from typing import Any

from issue_portal.models.requests import NewIssue
from issue_portal.models.responses import Change, HistoryEntry, Issue, User
from issue_portal.models.vocabulary import IssueState, IssueType, ResourceType

REPORTED_AT = datetime(2026, 11, 24, 6, 15, tzinfo=UTC)


def make_user(user_id: str = "user_1", **fields: Any) -> User:
    """Make a user as the API returns it."""
    return User(**{"id": user_id, "name": "Ann", "email": "ann@example.com"} | fields)


def make_issue(issue_id: str = "issue_1", **fields: Any) -> Issue:
    """Make an issue as the API returns it."""
    values = {
        "id": issue_id,
        "issue_number": 7,
        "description": "The travel policy was ignored.",
        "type": IssueType.OTHER,
        "state": IssueState.NOT_REVIEWED,
        "created_at": REPORTED_AT,
        "updated_at": REPORTED_AT,
        "created_by": make_user(),
    }
    return Issue(**values | fields)


def make_new_issue(description: str = "x", **fields: Any) -> NewIssue:
    """Make the request that creates an issue."""
    values = {"resource_type": ResourceType.THREAD, "type": IssueType.OTHER, "anonymous": False}
    return NewIssue(description=description, **values | fields)


def make_event(action: str = "updated", **changes: Any) -> HistoryEntry:
    """Make an entry of a history; ``changes`` has the new value of each changed field."""
    field_changes = tuple(Change(field=name, new=value) for name, value in changes.items())
    return HistoryEntry(at=REPORTED_AT, action=action, by=make_user(), changes=field_changes)
