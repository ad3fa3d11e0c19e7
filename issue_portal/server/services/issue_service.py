"""Creates, lists and reads issues. `issue_editor` changes them; `issue_access` says who may."""

from zoneinfo import ZoneInfo

from pydantic import ValidationError
from sqlalchemy import Connection

from issue_portal.core.problems import (
    ForbiddenError,
    InvalidParameterError,
    ProblemError,
    convert_validation_error,
)
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.models.permissions import Action
from issue_portal.models.requests import IssueQuery, NewIssue, StatsQuery
from issue_portal.models.vocabulary import LIVE_STATES, IssueState, IssueType
from issue_portal.server.db import queries_history, queries_issues, queries_search
from issue_portal.server.db.database import Database
from issue_portal.server.db.issue_filter import IssueFilter
from issue_portal.server.db.tables import AnyRow
from issue_portal.server.services import issue_access, pagination, serializers, stats
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
        if new.anonymous:
            principal.require(
                Action.CREATE_ANONYMOUS, ForbiddenError("You cannot report anonymously.")
            )
        else:
            refusal = "Visitors can only report anonymously: set anonymous to true."
            principal.require(Action.CREATE_NAMED, ForbiddenError(refusal))
        if new.anonymous and idempotency_key and len(idempotency_key) < MIN_ANONYMOUS_KEY_LENGTH:
            raise InvalidParameterError(
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
            raise convert_validation_error(error, "body") from None
        return await self._writer.add(None, cleaned, idempotency_key)

    def list_page(
        self, connection: Connection, principal: Principal, query: IssueQuery
    ) -> JsonObject:
        """Return one page of the issues that the principal may see.

        This is the only place that maps an `IssueQuery` to an `IssueFilter`.
        """
        refusal = "Visitors can only track a report by its receipt."
        principal.require(Action.READ_OWN, ForbiddenError(refusal))
        if IssueState.DELETED in query.states:
            refusal = "Only reviewers can list deleted issues."
            principal.require(Action.LIST_DELETED, ForbiddenError(refusal))
        created_by = query.created_by
        if not principal.may(Action.READ_ALL):
            if created_by and principal.user_id not in created_by:
                raise ForbiddenError("You can only list your own issues.")
            created_by = (str(principal.user_id),)
        issue_filter = IssueFilter(
            org_id=self._org_id,
            states=query.states or LIVE_STATES,
            # Clients name every type, because some servers require it. Without a condition on
            # the type, the list is faster.
            types=() if set(query.type) == set(IssueType) else query.type,
            created_by=created_by,
            projects=query.projects,
            created_from=_to_seconds(query.start_date),
            created_to=_to_seconds(query.end_date),
            numbers=query.numbers,
            is_read=query.is_read,
            anonymous=query.anonymous,
            thread_id=query.thread_id,
            updated_from=_to_seconds(query.updated_since),
            text=query.filter_by_text,
            search=queries_search.resolve(connection, self._org_id, query.search, created_by)
            if query.search
            else None,
        )
        position = PagePosition.from_query(query, self._cursors)
        return pagination.read_page(connection, issue_filter, position, query, self._cursors)

    def get(
        self,
        connection: Connection,
        principal: Principal,
        issue_id: str,
        *,
        with_deleted: bool = False,
    ) -> JsonObject:
        """Return one issue; with ``with_deleted``, reviewers also get a deleted one."""
        row = self._find(connection, principal, issue_id, with_deleted=with_deleted)
        return serializers.serialize_one_issue(row)

    def history(
        self,
        connection: Connection,
        principal: Principal,
        issue_id: str,
        *,
        with_deleted: bool = False,
    ) -> JsonObject:
        """Return the history of an issue that `get` would return."""
        row = self._find(connection, principal, issue_id, with_deleted=with_deleted)
        events = queries_history.list_history(connection, self._org_id, row.id)
        return {"data": serializers.serialize_history(events, with_actors=True)}

    def _find(
        self, connection: Connection, principal: Principal, issue_id: str, *, with_deleted: bool
    ) -> AnyRow:
        with_deleted = with_deleted and principal.may(Action.LIST_DELETED)
        return issue_access.find_issue(
            connection, self._org_id, principal, issue_id, with_deleted=with_deleted
        )

    def find_by_receipt(
        self, connection: Connection, principal: Principal, receipt: str
    ) -> JsonObject:
        """Return the issue as shown to the holder of its receipt, or raise a 404."""
        principal.require(Action.LOOK_UP_RECEIPT, ForbiddenError("You cannot look up receipts."))
        hashes = self._receipts.hash_all(receipt)
        row = queries_issues.find_issue_by_receipt(connection, self._org_id, hashes)
        if row is None or row.state == IssueState.DELETED:
            raise ProblemError(404, "No report has this receipt.")
        events = queries_history.list_history(connection, self._org_id, row.id)
        return serializers.serialize_receipt_view(row, events)

    def stats(self, connection: Connection, principal: Principal, query: StatsQuery) -> JsonObject:
        """Return counts of issues, and the times until review and until closing."""
        principal.require(Action.READ_STATS, ForbiddenError("Only reviewers can see statistics."))
        return stats.compute_stats(
            connection,
            self._org_id,
            start=_to_seconds(query.start_date),
            end=_to_seconds(query.end_date),
            zone=ZoneInfo(query.timezone),
        )


def _to_seconds(milliseconds: int | None) -> int | None:
    """Convert to seconds, rounded up: a start at 12:00:00.001 excludes an issue of 12:00:00."""
    return None if milliseconds is None else -(-milliseconds // 1000)
