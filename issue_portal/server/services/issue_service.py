"""The rules for issues: permissions, changes of state, and anonymity."""

import hashlib
import re
import time
from collections.abc import Mapping
from zoneinfo import ZoneInfo

import orjson
from pydantic import ValidationError
from sqlalchemy import Connection

from issue_portal.core.problems import (
    ForbiddenError,
    InvalidFieldError,
    IssueNotFoundError,
    ProblemError,
    convert_validation_error,
)
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.models.permissions import REPORTER_EDITABLE_STATE, Action
from issue_portal.models.requests import IssueQuery, IssueUpdate, NewIssue, StatsQuery
from issue_portal.models.vocabulary import LIVE_STATES, NEXT_STATES, HistoryAction, IssueState
from issue_portal.server.db import count_rollups, queries_history, queries_issues, tables
from issue_portal.server.db.database import Database
from issue_portal.server.db.issue_filter import IssueFilter
from issue_portal.server.db.queries_history import FieldChange, NewHistoryEntry
from issue_portal.server.db.queries_issues import IssueChange, ReviewTimes
from issue_portal.server.services import pagination, serializers, stats
from issue_portal.server.services.cursors import Cursors
from issue_portal.server.services.issue_writer import IssueWriter
from issue_portal.server.services.pagination import PagePosition
from issue_portal.server.services.principal import Principal
from issue_portal.server.services.receipts import Receipts
from issue_portal.server.services.serializers import JsonObject
from issue_portal.server.services.threadpool import run_in_thread

MIN_ANONYMOUS_KEY_LENGTH = 16
"""Least number of characters in the ``Idempotency-Key`` of an anonymous report. All anonymous
reports share these keys, and shorter keys would not be unique.
"""

REPORTER_CHANGE_LIMIT = 100
"""Number of changes after which a reporter can no longer change a report."""

_FIELD_ACTIONS = {"state": Action.SET_STATE, "is_read": Action.MARK_READ}
"""Permissions for fields that reporters cannot change."""

_ISSUE_ID = re.compile(r"issue_[0-9a-f]{16}")


class IssueService:
    """The issues of one organisation."""

    def __init__(self, database: Database, org_id: str, keys: SecretKeys) -> None:
        self._database = database
        self._org_id = org_id
        self._receipts = Receipts(keys, org_id)
        self._cursors = Cursors(keys, org_id)
        self._writer = IssueWriter(database, org_id, keys)

    async def create(
        self, principal: Principal, new: NewIssue, idempotency_key: str | None
    ) -> JsonObject:
        """Store a report. An anonymous report stores nothing about the principal."""
        if not new.anonymous and not principal.may(Action.CREATE_NAMED):
            raise ForbiddenError("Visitors can only report anonymously: set anonymous to true.")
        if new.anonymous and not principal.may(Action.CREATE_ANONYMOUS):
            raise ForbiddenError("You cannot report anonymously.")
        if new.anonymous and idempotency_key and len(idempotency_key) < MIN_ANONYMOUS_KEY_LENGTH:
            raise InvalidFieldError(
                "Idempotency-Key",
                f"must have at least {MIN_ANONYMOUS_KEY_LENGTH} random characters for an anonymous"
                " report, because all senders share these keys",
            )
        if not new.anonymous:
            return await self._writer.add(principal.user_id, new, idempotency_key)
        try:
            # Takes up to 50 ms, which would block the event loop.
            cleaned = await run_in_thread(new.strip_hidden_marks, caller=principal.rate_limit_key)
        except ValidationError as error:
            raise convert_validation_error(error) from None
        return await self._writer.add(None, cleaned, idempotency_key)

    def list_page(
        self, connection: Connection, principal: Principal, query: IssueQuery
    ) -> JsonObject:
        """Return one page of the issues that the principal may see.

        This is the only place that maps an `IssueQuery` to an `IssueFilter`.
        """
        if not principal.may(Action.READ_OWN):
            raise ForbiddenError("Visitors can only track a report by its receipt.")
        if IssueState.DELETED in query.states and not principal.may(Action.LIST_DELETED):
            raise ForbiddenError("Only reviewers can list deleted issues.")
        created_by = query.created_by
        if not principal.may(Action.READ_ALL):
            if created_by and principal.user_id not in created_by:
                raise ForbiddenError("You can only list your own issues.")
            created_by = (str(principal.user_id),)
        issue_filter = IssueFilter(
            org_id=self._org_id,
            states=query.states or LIVE_STATES,
            types=query.type,
            created_by=created_by,
            projects=query.projects,
            created_from=_to_seconds(query.start_date),
            created_to=_to_seconds(query.end_date),
            text=query.filter_by_text,
        )
        position = PagePosition.from_query(query, self._cursors)
        return pagination.read_page(connection, issue_filter, position, query, self._cursors)

    def get(self, connection: Connection, principal: Principal, issue_id: str) -> JsonObject:
        """Return one issue."""
        row = self._find(connection, principal, issue_id)
        return serializers.serialize_issue(row, with_project=True)

    def update(
        self, principal: Principal, issue_id: str, update: IssueUpdate, if_match: str | None
    ) -> JsonObject:
        """Change an issue and return it. Only fields whose values differ count as changes."""
        with self._database.write() as connection:
            row = self._find(connection, principal, issue_id, lock=True)
            self._check_if_match(row, if_match)
            # Only a description can be null, which is stored as "".
            values = {name: "" if new is None else new for name, new in update.changes().items()}
            changes = {name: new for name, new in values.items() if getattr(row, name) != new}
            if changes:
                self._check_may_change(connection, principal, row, set(changes))
                row = self._apply(connection, principal, row, changes)
            return serializers.serialize_issue(row, with_project=True)

    def _apply(
        self,
        connection: Connection,
        principal: Principal,
        row: tables.AnyRow,
        fields: Mapping[str, str | bool],
    ) -> tables.AnyRow:
        """Store the new values of ``fields`` and return the changed row."""
        now, times = int(time.time()), None
        if "state" in fields:
            state = IssueState(str(fields["state"]))
            self._check_state_change(IssueState(row.state), state)
            times = ReviewTimes(row.reviewed_at or now, now if state is IssueState.CLOSED else None)
        change = IssueChange(now, fields, times)
        changes = tuple(
            _describe_change(field, getattr(row, field), new) for field, new in fields.items()
        )
        entry = NewHistoryEntry(now, HistoryAction.UPDATED, principal.user_id, changes)
        return self._store(connection, row, change, entry)

    def _store(
        self,
        connection: Connection,
        row: tables.AnyRow,
        change: IssueChange,
        entry: NewHistoryEntry,
    ) -> tables.AnyRow:
        """Store a change with its history entry, update the counts, and return the changed row."""
        queries_issues.update_issue(connection, self._org_id, row.id, change)
        queries_history.append_entry(connection, self._org_id, row.id, entry)
        changed = queries_issues.find_issue(connection, self._org_id, row.id)
        assert changed is not None
        count_rollups.record(connection, self._org_id, removed=[row], added=[changed])
        return changed

    def delete(self, principal: Principal, issue_id: str, if_match: str | None) -> None:
        """Mark an issue as deleted. Reviewers can still list it."""
        with self._database.write() as connection:
            row = self._find(connection, principal, issue_id, lock=True)
            self._check_if_match(row, if_match)
            if not principal.may(Action.DELETE_ALL):
                self._check_own(principal, row, Action.DELETE_OWN)
            now, deleted = int(time.time()), IssueState.DELETED
            change = IssueChange(now, {"state": deleted})
            changes = (FieldChange("state", row.state, deleted),)
            entry = NewHistoryEntry(now, HistoryAction.DELETED, principal.user_id, changes)
            self._store(connection, row, change, entry)

    def history(self, connection: Connection, principal: Principal, issue_id: str) -> JsonObject:
        """Return the history of an issue."""
        row = self._find(connection, principal, issue_id)
        events = queries_history.list_history(connection, self._org_id, row.id)
        return {"data": serializers.serialize_history(events, with_actors=True)}

    def find_by_receipt(
        self, connection: Connection, principal: Principal, receipt: str
    ) -> JsonObject:
        """Return the issue as shown to the holder of its receipt, or raise a 404."""
        if not principal.may(Action.LOOK_UP_RECEIPT):
            raise ForbiddenError("You cannot look up receipts.")
        hashes = self._receipts.hash_all(receipt)
        row = queries_issues.find_issue_by_receipt(connection, self._org_id, hashes)
        if row is None or row.state == IssueState.DELETED:
            raise ProblemError(404, "No report has this receipt.")
        events = queries_history.list_history(connection, self._org_id, row.id)
        return serializers.serialize_receipt_view(row, events)

    def stats(self, connection: Connection, principal: Principal, query: StatsQuery) -> JsonObject:
        """Return counts of issues, and the times until review and until closing."""
        if not principal.may(Action.READ_STATS):
            raise ForbiddenError("Only reviewers can see statistics.")
        return stats.compute_stats(
            connection,
            self._org_id,
            start=_to_seconds(query.start_date),
            end=_to_seconds(query.end_date),
            zone=ZoneInfo(query.timezone),
        )

    def _find(
        self, connection: Connection, principal: Principal, issue_id: str, *, lock: bool = False
    ) -> tables.AnyRow:
        if not principal.may(Action.READ_OWN):
            raise ForbiddenError("Visitors can only track a report by its receipt.")
        if not _ISSUE_ID.fullmatch(issue_id):
            raise IssueNotFoundError()
        row = queries_issues.find_issue(connection, self._org_id, issue_id, lock=lock)
        if row is None or row.state == IssueState.DELETED:
            raise IssueNotFoundError()
        if not principal.may(Action.READ_ALL) and row.created_by != principal.user_id:
            raise IssueNotFoundError()
        return row

    def _check_may_change(
        self, connection: Connection, principal: Principal, row: tables.AnyRow, fields: set[str]
    ) -> None:
        if any(
            field in fields and not principal.may(action)
            for field, action in _FIELD_ACTIONS.items()
        ):
            raise ForbiddenError("Only reviewers can change state and is_read.")
        if fields <= _FIELD_ACTIONS.keys() or principal.may(Action.EDIT_ALL):
            return
        self._check_own(principal, row, Action.EDIT_OWN)
        # Limit the length of the history, because each read loads all entries.
        if queries_history.count_history(connection, self._org_id, row.id) > REPORTER_CHANGE_LIMIT:
            raise ForbiddenError(
                f"This issue has {REPORTER_CHANGE_LIMIT} changes: only reviewers can change it now."
            )

    def _check_own(self, principal: Principal, row: tables.AnyRow, action: Action) -> None:
        """Raise `ForbiddenError` unless the principal reported the issue and can still edit it."""
        is_own = row.created_by is not None and row.created_by == principal.user_id
        if not is_own or not principal.may(action):
            raise ForbiddenError("You can only change your own issues.")
        if row.state != REPORTER_EDITABLE_STATE:
            raise ForbiddenError("The review has started, so you can no longer change this issue.")

    def _check_state_change(self, old: IssueState, new: IssueState) -> None:
        if new is IssueState.DELETED:
            raise InvalidFieldError("state", "use DELETE to delete an issue")
        if new not in NEXT_STATES[old]:
            raise InvalidFieldError("state", f"{old} cannot become {new}")

    def _check_if_match(self, row: tables.AnyRow, if_match: str | None) -> None:
        if if_match is None or if_match.strip() == "*":
            return
        tags = {tag.strip() for tag in if_match.split(",")}
        if compute_etag(serializers.serialize_issue(row, with_project=True)) not in tags:
            raise ProblemError(412, "This issue has changed since you fetched it.")


def compute_etag(issue: JsonObject) -> str:
    """Return the entity tag (RFC 9110) of an issue."""
    return f'"{hashlib.sha256(orjson.dumps(issue)).hexdigest()[:24]}"'


def _to_seconds(milliseconds: int | None) -> int | None:
    """Convert to seconds, rounded up: a start at 12:00:00.001 excludes an issue of 12:00:00."""
    return None if milliseconds is None else -(-milliseconds // 1000)


def _describe_change(field: str, old: str | bool, new: str | bool) -> FieldChange:
    """Return a change for the history. It omits descriptions, so that an edit can remove a text."""
    return FieldChange(field) if field == "description" else FieldChange(field, old, new)
