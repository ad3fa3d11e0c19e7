"""The rules: who may do what to an issue, which states follow which, and what anonymous means."""

import hashlib
import re
import time
from typing import Any
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
from issue_portal.models.permissions import OWN_CHANGES_WHILE, Action
from issue_portal.models.requests import IssueQuery, IssueUpdate, NewIssue, StatsQuery
from issue_portal.models.vocabulary import LIVE_STATES, NEXT_STATES, IssueState
from issue_portal.server.db import queries_history, queries_issues, tables
from issue_portal.server.db.database import Database
from issue_portal.server.services import pagination, serializers, stats
from issue_portal.server.services.cursors import Cursors
from issue_portal.server.services.issue_writer import IssueWriter
from issue_portal.server.services.pagination import PagePosition
from issue_portal.server.services.principal import Principal
from issue_portal.server.services.receipts import Receipts
from issue_portal.server.services.serializers import JsonObject
from issue_portal.server.services.threadpool import run_in_thread

SHORTEST_ANONYMOUS_KEY = 16
"""Characters of an ``Idempotency-Key`` that nobody else will think of."""

MOST_OWN_CHANGES = 100
"""How often a report can be changed before only reviewers change it."""

_GUARDED = {"state": Action.SET_STATE, "is_read": Action.MARK_READ}
"""Fields of an update that need an action of their own."""

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
        """Store a report (`Reports.add`); of an anonymous one nothing about ``who`` is stored."""
        if not new.anonymous and not principal.may(Action.CREATE_NAMED):
            raise ForbiddenError("A visitor can only report anonymously: set anonymous to true.")
        if new.anonymous and idempotency_key and len(idempotency_key) < SHORTEST_ANONYMOUS_KEY:
            raise InvalidFieldError(
                "Idempotency-Key",
                f"for an anonymous report, use a random one of {SHORTEST_ANONYMOUS_KEY} or more"
                " characters: such keys are not told apart by sender",
            )
        if not new.anonymous:
            return await self._writer.add(principal.user_id, new, idempotency_key)
        try:
            # It takes up to 50 ms, in which others would wait.
            cleaned = await run_in_thread(new.strip_hidden_marks, caller=principal.rate_limit_key)
        except ValidationError as error:
            raise convert_validation_error(error) from None
        return await self._writer.add(None, cleaned, idempotency_key)

    def list_page(self, principal: Principal, query: IssueQuery) -> JsonObject:
        """One page of the issues that ``who`` may see."""
        if not principal.may(Action.READ_OWN):
            raise ForbiddenError("A visitor follows a report by its receipt.")
        if IssueState.DELETED in query.states and not principal.may(Action.LIST_DELETED):
            raise ForbiddenError("Only reviewers can list deleted issues.")
        created_by = query.created_by
        if not principal.may(Action.READ_ALL):
            if created_by and principal.user_id not in created_by:
                raise ForbiddenError("You can list your own issues only.")
            created_by = (str(principal.user_id),)
        issue_filter = queries_issues.IssueFilter(
            org_id=self._org_id,
            states=query.states or LIVE_STATES,
            types=query.type,
            created_by=created_by,
            projects=query.projects,
            # Issues carry whole seconds: one created at 12:00:00 is on or after 12:00:00.000 only.
            created_from=_to_seconds(query.start_date),
            created_to=_to_seconds(query.end_date),
            text=query.filter_by_text,
        )
        place = PagePosition.from_query(query, self._cursors)
        with self._database.read() as connection:
            return pagination.read_page(connection, issue_filter, place, query, self._cursors)

    def get(self, principal: Principal, issue_id: str) -> JsonObject:
        """One issue."""
        with self._database.read() as connection:
            return serializers.serialize_issue(
                self._find(connection, principal, issue_id), with_project=True
            )

    def update(
        self, principal: Principal, issue_id: str, update: IssueUpdate, if_match: str | None
    ) -> JsonObject:
        """Change what ``update`` names; what is already so changes nothing."""
        with self._database.write() as connection:
            row = self._find(connection, principal, issue_id, lock=True)
            self._check_match(row, if_match)
            changes = {
                field: value
                for field, value in update.changes().items()
                if getattr(row, field) != value
            }
            if changes:
                self._check_may_change(connection, principal, row, set(changes))
                if "state" in changes:
                    self._check_move(IssueState(row.state), changes["state"])
                now = int(time.time())
                times = _compute_times(row, changes["state"], now) if "state" in changes else {}
                queries_issues.update_issue(
                    connection, self._org_id, row.id, updated_at=now, **changes, **times
                )
                self._record(
                    connection,
                    row.id,
                    now,
                    "updated",
                    principal.user_id,
                    [_change(field, getattr(row, field), new) for field, new in changes.items()],
                )
            return serializers.serialize_issue(
                self._find(connection, principal, issue_id), with_project=True
            )

    def delete(self, principal: Principal, issue_id: str, if_match: str | None) -> None:
        """Mark as deleted: from now on only an admin who asks for deleted issues sees it."""
        with self._database.write() as connection:
            row = self._find(connection, principal, issue_id, lock=True)
            self._check_match(row, if_match)
            if not principal.may(Action.DELETE_ALL) and row.state != OWN_CHANGES_WHILE:
                raise ForbiddenError("It is being reviewed, so it can no longer be withdrawn.")
            now = int(time.time())
            change = _change("state", row.state, IssueState.DELETED)
            queries_issues.update_issue(
                connection, self._org_id, row.id, updated_at=now, state=IssueState.DELETED
            )
            self._record(connection, row.id, now, "deleted", principal.user_id, [change])

    def history(self, principal: Principal, issue_id: str) -> JsonObject:
        """Who changed what and when."""
        with self._database.read() as connection:
            row = self._find(connection, principal, issue_id)
            events = queries_history.list_history(connection, self._org_id, row.id)
            return {"data": serializers.serialize_history(events, with_actors=True)}

    def find_by_receipt(self, receipt: str) -> JsonObject:
        """What the holder of ``receipt`` may see; a wrong one looks like a missing one."""
        hashes = self._receipts.hash_all(receipt)
        with self._database.read() as connection:
            row = queries_issues.find_issue_by_receipt(connection, self._org_id, hashes)
            if row is None or row.state == IssueState.DELETED:
                raise ProblemError(404, "No report has this receipt.")
            events = queries_history.list_history(connection, self._org_id, row.id)
            return serializers.serialize_receipt_view(row, events)

    def stats(self, principal: Principal, query: StatsQuery) -> JsonObject:
        """Counts of the organisation's issues, and how long they took."""
        if not principal.may(Action.READ_STATS):
            raise ForbiddenError("Only reviewers can see statistics.")
        with self._database.read() as connection:
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
            raise ForbiddenError("A visitor follows a report by its receipt.")
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
        if any(field in fields and not principal.may(action) for field, action in _GUARDED.items()):
            raise ForbiddenError("Only reviewers can change state and is_read.")
        if principal.may(Action.EDIT_ALL):
            return
        if row.state != OWN_CHANGES_WHILE:
            raise ForbiddenError("It is being reviewed, so it can no longer be changed.")
        # Every reader of the history loads it as a whole.
        if queries_history.count_history(connection, self._org_id, row.id) > MOST_OWN_CHANGES:
            raise ForbiddenError(
                f"It was changed {MOST_OWN_CHANGES} times, and is not changed again."
            )

    def _check_move(self, old: IssueState, new: IssueState) -> None:
        if new is IssueState.DELETED:
            raise InvalidFieldError("state", "an issue is deleted with DELETE")
        if new not in NEXT_STATES[old]:
            raise InvalidFieldError("state", f"{old} cannot become {new}")

    def _check_match(self, row: tables.AnyRow, if_match: str | None) -> None:
        if if_match is None or if_match.strip() == "*":
            return
        tags = {tag.strip() for tag in if_match.split(",")}
        if compute_etag(serializers.serialize_issue(row, with_project=True)) not in tags:
            raise ProblemError(412, "Someone changed this issue in the meantime.")

    def _record(
        self,
        connection: Connection,
        issue_id: str,
        at: int,
        action: str,
        actor: str | None,
        changes: list[dict[str, Any]],
    ) -> None:
        queries_history.add_history(
            connection,
            self._org_id,
            issue_id,
            at=at,
            action=action,
            actor=actor,
            changes=changes,
        )


def compute_etag(issue: JsonObject) -> str:
    """The entity tag of an issue as it is now (RFC 9110)."""
    return f'"{hashlib.sha256(orjson.dumps(issue)).hexdigest()[:24]}"'


def _to_seconds(milliseconds: int | None) -> int | None:
    return None if milliseconds is None else -(-milliseconds // 1000)


def _compute_times(row: tables.AnyRow, state: IssueState, now: int) -> dict[str, int | None]:
    """What a move to ``state`` does to the times of an issue."""
    return {
        "reviewed_at": row.reviewed_at or now,
        "closed_at": now if state is IssueState.CLOSED else None,
    }


def _change(field: str, old: Any, new: Any) -> dict[str, Any]:
    """A line of history. Texts are left out: a correction must be able to take something back."""
    return {"field": field} if field == "description" else {"field": field, "old": old, "new": new}
