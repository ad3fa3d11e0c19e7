"""Which issues a principal may see and change.

`permissions` has the tables of roles and scopes. This module adds ownership and the
progress of the review.
"""

import re
import time
from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection

from issue_portal.core.problems import ForbiddenError, IssueNotFoundError
from issue_portal.models.permissions import REPORTER_EDITABLE_STATE, Action
from issue_portal.models.vocabulary import IssueState, Scope
from issue_portal.server.db import queries_history, queries_issues
from issue_portal.server.db.tables import AnyRow
from issue_portal.server.services.principal import Principal

REPORTER_CHANGE_LIMIT = 100
"""Number of changes after which a reporter can no longer change a report."""

RESTORE_SECONDS = 60
"""Seconds in which a reporter can restore a withdrawn issue."""

_FIELD_ACTIONS: Final = {"state": Action.SET_STATE, "is_read": Action.MARK_READ}
"""Permissions for fields that reporters cannot change."""

_VISITOR_REFUSAL: Final = "Visitors can only track a report by its receipt."

_ISSUE_ID: Final = re.compile(r"issue_[0-9a-f]{16}")


def find_issue(
    connection: Connection,
    org_id: str,
    principal: Principal,
    issue_id: str,
    *,
    to_change: bool = False,
    with_deleted: bool = False,
) -> AnyRow:
    """Return an issue that the principal may read, or raise a 404; visitors get a 403.

    With ``to_change``, the principal needs a scope that allows changes instead of the scope to
    read, and changes by others wait until the commit.
    """
    if to_change:
        check_may_change_some(principal)
    else:
        principal.require(Action.READ_OWN, ForbiddenError(_VISITOR_REFUSAL))
    if not _ISSUE_ID.fullmatch(issue_id):
        raise IssueNotFoundError()
    row = queries_issues.find_issue(connection, org_id, issue_id, lock=to_change)
    if row is None or (row.state == IssueState.DELETED and not with_deleted):
        raise IssueNotFoundError()
    if not _is_own(principal, row):
        scope = Scope.REVIEW if to_change else Scope.READ
        principal.require(Action.READ_ALL, IssueNotFoundError(), scope=scope)
    return row


def check_may_change_some(principal: Principal) -> None:
    """Raise a 403 for visitors, and for API tokens that may change no issue at all."""
    scope = Scope.REVIEW if Scope.REVIEW in principal.scopes else Scope.REPORT
    principal.require(Action.READ_OWN, ForbiddenError(_VISITOR_REFUSAL), scope=scope)


def check_may_change(
    connection: Connection, principal: Principal, row: AnyRow, changes: Mapping[str, str | bool]
) -> None:
    """Raise a 403 unless the principal may give these fields these values."""
    for field, action in _FIELD_ACTIONS.items():
        if field in changes:
            refusal = "Only reviewers can change state and is_read."
            principal.require(action, ForbiddenError(refusal))
    if changes.get("state") == IssueState.DELETED:
        principal.require(
            Action.DELETE_ALL, ForbiddenError("Only reviewers can delete every issue.")
        )
    if changes.keys() <= _FIELD_ACTIONS.keys() or principal.may(Action.EDIT_ALL):
        return
    _check_own(connection, principal, row, Action.EDIT_OWN, Action.EDIT_ALL)


def check_may_delete(connection: Connection, principal: Principal, row: AnyRow) -> None:
    """Raise a 403 unless the principal may delete the issue."""
    if not principal.may(Action.DELETE_ALL):
        _check_own(connection, principal, row, Action.DELETE_OWN, Action.DELETE_ALL)


def check_may_restore(principal: Principal, row: AnyRow, deletion: AnyRow | None) -> None:
    """Raise a 403 unless the principal may restore the issue.

    ``deletion`` is the entry of the last deletion in the history, if there is one. The limit of
    changes does not apply: a withdrawal within the limit can always be undone.
    """
    if principal.may(Action.RESTORE_ALL):
        return
    if not principal.may(Action.RESTORE_OWN) or not _is_own(principal, row):
        error = ForbiddenError("You can only restore your own issues.")
        raise principal.refuse(Action.RESTORE_ALL, error)
    if deletion is None or deletion.actor != principal.user_id:
        error = ForbiddenError("Someone else deleted this issue, so you cannot restore it.")
        raise principal.refuse(Action.RESTORE_ALL, error)
    # The history has whole seconds. A fraction would shorten the time by up to a second.
    if int(time.time()) - deletion.at > RESTORE_SECONDS:
        error = ForbiddenError(f"You can only restore an issue within {RESTORE_SECONDS} seconds.")
        raise principal.refuse(Action.RESTORE_ALL, error)


def _is_own(principal: Principal, row: AnyRow) -> bool:
    return row.created_by is not None and row.created_by == principal.user_id


def _check_own(
    connection: Connection, principal: Principal, row: AnyRow, own: Action, every: Action
) -> None:
    """Raise a 403 unless the principal reported the issue and can still do ``own`` to it.

    ``every`` is the action that needs no such check, which the principal may not do.
    """
    error = ForbiddenError("You can only change your own issues.")
    if not _is_own(principal, row):
        raise principal.refuse(every, error)
    principal.require(own, error)
    if row.state != REPORTER_EDITABLE_STATE:
        error = ForbiddenError("The review has started, so you can no longer change this issue.")
        raise principal.refuse(every, error)
    # Limits the length of the history, because each read loads all entries.
    if queries_history.count_history(connection, row.org_id, row.id) > REPORTER_CHANGE_LIMIT:
        error = ForbiddenError(
            f"This issue has {REPORTER_CHANGE_LIMIT} changes: only reviewers can change it now."
        )
        raise principal.refuse(every, error)
