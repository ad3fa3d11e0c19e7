"""Stores new reports, up to `_BATCH_SIZE` in one transaction (group commit).

Reports that arrive during a commit share the next one. Each response waits for the commit.
"""

import asyncio
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final

from anyio import to_thread
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from issue_portal.core.problems import ProblemError
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.models.requests import NewIssue
from issue_portal.models.vocabulary import ProblemCode
from issue_portal.server.db import (
    count_rollups,
    ids,
    queries_idempotency,
    queries_issues,
    queries_organisations,
    queries_projects,
    queries_users,
    tables,
)
from issue_portal.server.db.database import Database
from issue_portal.server.db.queries_idempotency import IdempotencyRecord
from issue_portal.server.db.tables import IssueRow
from issue_portal.server.services import serializers
from issue_portal.server.services.receipts import Receipts
from issue_portal.server.services.serializers import JsonObject

IDEMPOTENCY_LIFETIME = 86_400
"""Seconds for which a repeated ``Idempotency-Key`` is recognised."""

_BATCH_SIZE: Final = 100
"""Maximum number of reports per transaction."""


@dataclass(frozen=True)
class _PendingReport:
    """A report to store. ``creator`` is None for an anonymous report."""

    creator: str | None
    new: NewIssue
    key: str
    """The ``Idempotency-Key``, or a random key if the request has none."""

    key_hashes: Sequence[bytes]
    """Hashes of the ``Idempotency-Key``, newest secret first; empty if the request has none."""


class IssueWriter:
    """Stores the reports of one organisation. Use it on one event loop."""

    def __init__(self, database: Database, org_id: str, keys: SecretKeys) -> None:
        self._database = database
        self._org_id = org_id
        self._keys = keys
        self._receipts = Receipts(keys, org_id)
        self._waiting: list[tuple[_PendingReport, asyncio.Future[JsonObject]]] = []
        self._storing: asyncio.Task[None] | None = None

    async def add(
        self, creator: str | None, new: NewIssue, idempotency_key: str | None
    ) -> JsonObject:
        """Store a report; return its response. A repeated request gets the first response.

        A report without ``creator`` is anonymous and gets a receipt. The database stores only a
        hash of the idempotency key.
        """
        key = idempotency_key or secrets.token_urlsafe(16)
        hashes = self._keys.hashes("idempotency", creator or "", key) if idempotency_key else ()
        response: asyncio.Future[JsonObject] = asyncio.get_running_loop().create_future()
        self._waiting.append((_PendingReport(creator, new, key, hashes), response))
        if self._storing is None:
            self._storing = asyncio.create_task(self._store_all())
        return await response

    async def _store_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_BATCH_SIZE], self._waiting[_BATCH_SIZE:]
            reports = [report for report, _ in batch]
            outcomes = await to_thread.run_sync(
                self._store, reports, limiter=self._database.writers
            )
            for (_, response), outcome in zip(batch, outcomes, strict=True):
                if response.done():
                    continue  # The client has disconnected.
                if isinstance(outcome, Exception):
                    response.set_exception(outcome)
                else:
                    response.set_result(outcome)
        self._storing = None

    def _store(self, reports: Sequence[_PendingReport]) -> Sequence[JsonObject | Exception]:
        try:
            return self._store_together(reports)
        except IntegrityError as error:
            # Another process has stored one of the reports in the meantime.
            if len(reports) > 1:
                return [self._store([report])[0] for report in reports]
            try:
                return self._store_together(reports)
            except Exception:
                return [error]
        except Exception as error:
            return [error] * len(reports)

    def _store_together(
        self, reports: Sequence[_PendingReport]
    ) -> Sequence[JsonObject | Exception]:
        now = int(time.time())
        with self._database.write() as connection:
            earlier_records = self._find_earlier(connection, reports)
            new_rows: dict[bytes, tuple[_PendingReport, IssueRow]] = {}
            rows_or_errors: list[Any] = []
            for report in reports:
                key_hash = report.key_hashes[0] if report.key_hashes else secrets.token_bytes()
                records = [
                    earlier_records[each] for each in report.key_hashes if each in earlier_records
                ]
                earlier = records[0] if records else None
                duplicate = new_rows.get(key_hash)
                if (earlier and not self._is_same_body(earlier.body_hash, report)) or (
                    duplicate and duplicate[0].new != report.new
                ):
                    rows_or_errors.append(
                        ProblemError(
                            409,
                            "This Idempotency-Key was used for another report.",
                            code=ProblemCode.IDEMPOTENCY_KEY_REUSED,
                        )
                    )
                elif earlier:
                    stored = queries_issues.find_issue(connection, self._org_id, earlier.issue_id)
                    rows_or_errors.append(self._make_first_row(report, stored))
                elif duplicate:
                    rows_or_errors.append(duplicate[1])
                else:
                    rows_or_errors.append(self._make_row(report, now))
                    new_rows[key_hash] = report, rows_or_errors[-1]
            self._insert(connection, new_rows, now)
            users = queries_users.find_users_by_id(
                connection, self._org_id, {report.creator for report in reports if report.creator}
            )
            names = queries_projects.find_project_names(
                connection,
                self._org_id,
                {report.new.project_id for report in reports if report.new.project_id},
            )
        return [
            row
            if isinstance(row, Exception)
            else self._make_response(report, _join(row, users, names))
            for report, row in zip(reports, rows_or_errors, strict=True)
        ]

    def _find_earlier(
        self, connection: Connection, reports: Sequence[_PendingReport]
    ) -> Mapping[bytes, tables.AnyRow]:
        """Return the records of earlier requests with the same keys, by key hash."""
        hashes = [key_hash for report in reports for key_hash in report.key_hashes]
        rows = (
            queries_idempotency.find_idempotency_records(connection, self._org_id, hashes)
            if hashes
            else ()
        )
        return {row.key_hash: row for row in rows}

    def _is_same_body(self, body_hash: bytes, report: _PendingReport) -> bool:
        return self._keys.matches_hash(body_hash, "idempotency/body", _dump_body(report.new))

    def _make_row(self, report: _PendingReport, now: int) -> IssueRow:
        issue_id = ids.new_id("issue")
        receipt_hash = None
        if report.new.anonymous:
            receipt = self._receipts.derive(issue_id, report.key)[0]
            receipt_hash = self._receipts.hash_all(receipt)[0]
        return serializers.build_reported_row(
            report.new,
            org_id=self._org_id,
            issue_id=issue_id,
            created_at=now,
            created_by=report.creator,
            receipt_hash=receipt_hash,
        )

    def _make_first_row(self, report: _PendingReport, stored: Any) -> IssueRow:
        """Return the row of a repeated report as it was at first, even if the issue has changed."""
        row = serializers.build_reported_row(
            report.new,
            org_id=self._org_id,
            issue_id=stored.id,
            created_at=stored.created_at,
            created_by=stored.created_by,
            receipt_hash=stored.receipt_hash,
        )
        row.number = stored.number
        return row

    def _insert(
        self,
        connection: Connection,
        new_rows: Mapping[bytes, tuple[_PendingReport, IssueRow]],
        now: int,
    ) -> None:
        if not new_rows:
            return
        rows = [row for _, row in new_rows.values()]
        first = queries_organisations.take_issue_numbers(connection, self._org_id, len(rows))
        for number, row in enumerate(rows, first):
            row.number = number
        queries_issues.add_issues(connection, rows)
        records = [
            IdempotencyRecord(
                key_hash,
                self._keys.hash("idempotency/body", _dump_body(report.new)),
                row.id,
                now,
            )
            for key_hash, (report, row) in new_rows.items()
            if report.key_hashes
        ]
        if records:
            queries_idempotency.delete_old_idempotency_records(
                connection, self._org_id, now - IDEMPOTENCY_LIFETIME
            )
            queries_idempotency.add_idempotency_records(connection, self._org_id, records)
        count_rollups.record(connection, self._org_id, added=rows)

    def _make_response(self, report: _PendingReport, row: Any) -> JsonObject:
        response = serializers.serialize_issue(row, with_project=True)
        if row.receipt_hash is not None:
            # Each secret key yields a different receipt. Find the one whose hash is stored.
            matching = (
                receipt
                for receipt in self._receipts.derive(row.id, report.key)
                if row.receipt_hash in self._receipts.hash_all(receipt)
            )
            if receipt := next(matching, None):
                response["receipt"] = receipt
        return response


def _dump_body(new: NewIssue) -> str:
    """Return the body as text to hash.

    A new optional field of `NewIssue` must be left out while it is None. Otherwise a report sent
    before an upgrade and repeated after it would be refused as another report.
    """
    return new.model_dump_json()


def _join(
    row: IssueRow, users: Mapping[str, tables.AnyRow], project_names: Mapping[str, str]
) -> Any:
    """Return a new row with its creator and its project's name, like a result of `find_issue`."""
    creator = users.get(row.created_by or "")
    fields = ("account_id", "name", "email", "state", "role", "created_at")
    return SimpleNamespace(
        **vars(row),
        project_name=project_names.get(row.project_id or ""),
        **{f"user_{field}": getattr(creator, field) for field in fields if creator},
    )
