"""What each role may do: one table, which the API and the portal both ask.

It says nothing about who owns an issue: `issue_service` checks that for the actions on own issues.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

from issue_portal.models.vocabulary import IssueState, Role


class Action(Enum):
    """Something a caller does to the issues or users of an organisation."""

    CREATE_ANONYMOUS = auto()
    """Report an issue without a name."""
    CREATE_NAMED = auto()
    """Report an issue under one's own name."""
    LOOK_UP_RECEIPT = auto()
    """Follow an anonymous report by its receipt."""
    READ_OWN = auto()
    """List and read the issues one has reported, with their histories."""
    EDIT_OWN = auto()
    """Edit type and description of one's own issue, while it is in `OWN_CHANGES_WHILE`."""
    DELETE_OWN = auto()
    """Withdraw one's own issue, while it is in `OWN_CHANGES_WHILE`."""
    READ_ALL = auto()
    """List and read every issue of the organisation, with its history."""
    LIST_DELETED = auto()
    """List deleted issues."""
    EDIT_ALL = auto()
    """Edit type and description of any issue."""
    SET_STATE = auto()
    """Move an issue to another state."""
    MARK_READ = auto()
    """Mark an issue as read or unread."""
    DELETE_ALL = auto()
    """Delete any issue."""
    READ_STATS = auto()
    """Read the statistics of the organisation."""
    LIST_USERS = auto()
    """List the users of the organisation."""


OWN_CHANGES_WHILE: Final = IssueState.NOT_REVIEWED
"""Reporters may edit or withdraw their issue in this state only."""

_GUEST: Final = frozenset({Action.CREATE_ANONYMOUS, Action.LOOK_UP_RECEIPT})
_MEMBER: Final = _GUEST | {
    Action.CREATE_NAMED,
    Action.READ_OWN,
    Action.EDIT_OWN,
    Action.DELETE_OWN,
}
_REVIEWER: Final = frozenset(Action)

_ALLOWED: Final[Mapping[Role, frozenset[Action]]] = {
    Role.GUEST: _GUEST,
    Role.MEMBER: _MEMBER,
    Role.ADMIN: _REVIEWER,
    Role.OWNER: _REVIEWER,
}


def may(role: Role, action: Action) -> bool:
    """Return whether ``role`` is allowed to do ``action``; a role without a row may do nothing."""
    return action in _ALLOWED.get(role, ())
