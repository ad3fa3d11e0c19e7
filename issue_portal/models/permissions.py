"""Permissions by role, and the scope that each action needs: for the API and the portal.

Ownership is not part of these tables: `issue_access` checks who reported an issue.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

from issue_portal.models.vocabulary import IssueState, Role, Scope


class Action(Enum):
    """An action on the issues or users of an organisation."""

    CREATE_ANONYMOUS = auto()
    """Report an issue without a name."""
    CREATE_NAMED = auto()
    """Report an issue under the caller's name."""
    LOOK_UP_RECEIPT = auto()
    """Track an anonymous report by its receipt."""
    READ_OWN = auto()
    """List and read the caller's own issues, with their histories."""
    EDIT_OWN = auto()
    """Edit type and description of the caller's own issue in `REPORTER_EDITABLE_STATE`."""
    DELETE_OWN = auto()
    """Withdraw the caller's own issue in `REPORTER_EDITABLE_STATE`."""
    READ_ALL = auto()
    """List and read every issue of the organisation, with its history."""
    LIST_DELETED = auto()
    """List and read deleted issues."""
    EDIT_ALL = auto()
    """Edit type and description of any issue."""
    SET_STATE = auto()
    """Move an issue to another state."""
    MARK_READ = auto()
    """Mark an issue as read or unread."""
    DELETE_ALL = auto()
    """Delete any issue."""
    RESTORE_OWN = auto()
    """Restore the caller's own issue shortly after withdrawing it."""
    RESTORE_ALL = auto()
    """Restore any deleted issue."""
    READ_STATS = auto()
    """Read the statistics of the organisation."""
    LIST_USERS = auto()
    """List the users of the organisation."""
    LIST_PROJECTS = auto()
    """List the projects of the organisation, with the number of issues of each."""
    NAME_PROJECT = auto()
    """Give a project a name."""


REPORTER_EDITABLE_STATE: Final = IssueState.NOT_REVIEWED
"""The only state in which reporters may edit or withdraw their issue."""

_GUEST: Final = frozenset({Action.CREATE_ANONYMOUS, Action.LOOK_UP_RECEIPT})
_MEMBER: Final = _GUEST | {
    Action.CREATE_NAMED,
    Action.READ_OWN,
    Action.EDIT_OWN,
    Action.DELETE_OWN,
    Action.RESTORE_OWN,
}
# Texts and documents call both roles reviewer.
_ADMIN_OR_OWNER: Final = frozenset(Action)

_ALLOWED: Final[Mapping[Role, frozenset[Action]]] = {
    Role.GUEST: _GUEST,
    Role.MEMBER: _MEMBER,
    Role.ADMIN: _ADMIN_OR_OWNER,
    Role.OWNER: _ADMIN_OR_OWNER,
}


SCOPES: Final[Mapping[Action, Scope]] = {
    Action.READ_OWN: Scope.READ,
    Action.READ_ALL: Scope.READ,
    Action.LIST_DELETED: Scope.READ,
    Action.READ_STATS: Scope.READ,
    Action.LIST_USERS: Scope.READ,
    Action.LIST_PROJECTS: Scope.READ,
    Action.CREATE_ANONYMOUS: Scope.REPORT,
    Action.CREATE_NAMED: Scope.REPORT,
    Action.LOOK_UP_RECEIPT: Scope.REPORT,
    Action.EDIT_OWN: Scope.REPORT,
    Action.DELETE_OWN: Scope.REPORT,
    Action.RESTORE_OWN: Scope.REPORT,
    Action.EDIT_ALL: Scope.REVIEW,
    Action.SET_STATE: Scope.REVIEW,
    Action.MARK_READ: Scope.REVIEW,
    Action.DELETE_ALL: Scope.REVIEW,
    Action.RESTORE_ALL: Scope.REVIEW,
    Action.NAME_PROJECT: Scope.REVIEW,
}
"""The scope that a token needs for each action, besides the role."""

ALL_SCOPES: Final = frozenset(Scope)


def may(role: Role, action: Action) -> bool:
    """Return whether the table allows ``action`` for ``role``."""
    return action in _ALLOWED.get(role, ())


def list_usable_scopes(role: Role) -> list[Scope]:
    """Return the scopes that allow a token with ``role`` to do something."""
    usable = {SCOPES[action] for action in _ALLOWED[role]}
    return [scope for scope in Scope if scope in usable]
