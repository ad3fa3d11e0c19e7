"""Changes of one issue: updates, deletion and restoring. Each is one transaction."""

import time
from collections.abc import Mapping

from sqlalchemy import Connection

from issue_portal.core.problems import IssueNotFoundError, ProblemError
from issue_portal.models.permissions import Action
from issue_portal.models.requests import IssueUpdate
from issue_portal.models.vocabulary import HistoryAction, IssueState, ProblemCode
from issue_portal.server.db import count_rollups, queries_history, queries_issues
from issue_portal.server.db.database import Database
from issue_portal.server.db.queries_history import FieldChange, NewHistoryEntry
from issue_portal.server.db.queries_issues import IssueChange, ReviewTimes
from issue_portal.server.db.tables import AnyRow, IssueRow
from issue_portal.server.services import issue_access, serializers
from issue_portal.server.services.preconditions import NO_PRECONDITIONS, Preconditions
from issue_portal.server.services.principal import Principal
from issue_portal.server.services.repeatable_calls import RepeatableCalls
from issue_portal.server.services.serializers import JsonObject, compute_etag


class IssueEditor:
    """Changes the issues of one organisation."""

    def __init__(self, database: Database, org_id: str, calls: RepeatableCalls) -> None:
        self._database = database
        self._org_id = org_id
        self._calls = calls

    def update(
        self,
        principal: Principal,
        issue_id: str,
        update: IssueUpdate,
        preconditions: Preconditions = NO_PRECONDITIONS,
    ) -> JsonObject:
        """Change an issue and return it. Only fields whose values differ count as changes.

        The state Deleted deletes the issue.
        """
        with self._database.write() as connection:
            row = issue_access.find_issue(
                connection, self._org_id, principal, issue_id, to_change=True
            )
            # Only a description can be null, which is stored as "".
            values = {name: "" if new is None else new for name, new in update.changes().items()}
            changes = {name: new for name, new in values.items() if getattr(row, name) != new}
            # Before permissions: an outdated `is_read` must not look like a forbidden change.
            preconditions.check_change(compute_etag(serializers.serialize_one_issue(row)))
            if changes:
                issue_access.check_may_change(connection, principal, row, changes)
                row = self._store(connection, principal, row, changes)
            return serializers.serialize_one_issue(row)

    def delete(
        self,
        principal: Principal,
        issue_id: str,
        preconditions: Preconditions = NO_PRECONDITIONS,
    ) -> None:
        """Mark an issue as deleted. Reviewers can still list and restore it."""
        with self._database.write() as connection:
            row = issue_access.find_issue(
                connection, self._org_id, principal, issue_id, to_change=True
            )
            preconditions.check_change(compute_etag(serializers.serialize_one_issue(row)))
            issue_access.check_may_delete(connection, principal, row)
            self._store(connection, principal, row, {"state": IssueState.DELETED})

    def restore(
        self,
        principal: Principal,
        issue_id: str,
        preconditions: Preconditions = NO_PRECONDITIONS,
        idempotency_key: str | None = None,
    ) -> JsonObject:
        """Give a deleted issue the state that it had before, and return the issue.

        A repeated call changes nothing and returns the issue as it is now; it raises a 404 if the
        issue is deleted again and the principal may only restore their own.
        """
        body = f"restore {issue_id}"
        with self._database.write() as connection:
            row = issue_access.find_issue(
                connection, self._org_id, principal, issue_id, to_change=True, with_deleted=True
            )
            if self._calls.find(connection, principal, idempotency_key, body):
                if row.state == IssueState.DELETED and not principal.may(Action.RESTORE_ALL):
                    raise IssueNotFoundError()
                return serializers.serialize_one_issue(row)
            if row.state != IssueState.DELETED:
                detail = "This issue is not deleted."
                raise ProblemError(409, detail, code=ProblemCode.NOT_DELETED)
            deletion = queries_history.find_last_deletion(connection, self._org_id, row.id)
            issue_access.check_may_restore(principal, row, deletion)
            preconditions.check_change(compute_etag(serializers.serialize_one_issue(row)))
            state = _find_state_before(row, deletion)
            row = self._store(connection, principal, row, {"state": state}, restores=True)
            self._calls.record(connection, principal, idempotency_key, body, None)
            return serializers.serialize_one_issue(row)

    def _store(
        self,
        connection: Connection,
        principal: Principal,
        row: AnyRow,
        fields: Mapping[str, str | bool],
        *,
        restores: bool = False,
    ) -> AnyRow:
        """Store new values with their history entry and the counts; return the changed row."""
        now, state = int(time.time()), fields.get("state")
        action, times = HistoryAction.UPDATED, None
        if restores:
            action = HistoryAction.RESTORED
        elif state == IssueState.DELETED:
            action = HistoryAction.DELETED
        elif state is not None:
            times = time_review(row, str(state), now)
        changes = tuple(
            _describe_change(name, getattr(row, name), new) for name, new in fields.items()
        )
        entry = NewHistoryEntry(now, action, principal.user_id, changes)
        queries_issues.update_issue(
            connection, self._org_id, row.id, IssueChange(now, fields, times)
        )
        queries_history.append_entry(connection, self._org_id, row.id, entry)
        changed = queries_issues.find_issue(connection, self._org_id, row.id)
        assert changed is not None
        count_rollups.record(connection, self._org_id, removed=[row], added=[changed])
        return changed


def time_review(row: AnyRow | IssueRow, state: str, now: int) -> ReviewTimes:
    """Return the times of the review of an issue that moves to ``state`` at ``now``."""
    if state == IssueState.NOT_REVIEWED:
        return ReviewTimes(None, None)
    return ReviewTimes(row.reviewed_at or now, now if state == IssueState.CLOSED else None)


def _find_state_before(row: AnyRow, deletion: AnyRow | None) -> str:
    """Return the state that a deleted issue had; derive it from its times if it was imported."""
    for change in deletion.changes if deletion else ():
        if change["field"] == "state":
            return str(change["old"])
    if row.closed_at is not None:
        return IssueState.CLOSED
    return IssueState.NOT_REVIEWED if row.reviewed_at is None else IssueState.IN_REVIEW


def _describe_change(field: str, old: str | bool, new: str | bool) -> FieldChange:
    """Return a change for the history. It omits descriptions, so that an edit can remove a text."""
    return FieldChange(field) if field == "description" else FieldChange(field, old, new)
