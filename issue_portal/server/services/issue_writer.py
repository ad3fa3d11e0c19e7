"""New reports. Those that come while others are on their way to disk are stored together.

So they share one transaction and its wait for the disk (group commit). Each is answered only when
it is on disk.
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
from issue_portal.models.vocabulary import IssueState
from issue_portal.server.db import (
    ids,
    queries_idempotency,
    queries_issues,
    queries_organisations,
    queries_users,
    tables,
)
from issue_portal.server.db.database import Database
from issue_portal.server.services import serializers
from issue_portal.server.services.receipts import Receipts
from issue_portal.server.services.serializers import JsonObject

IDEMPOTENCY_LIFETIME = 86_400
"""Seconds for which a repeated ``Idempotency-Key`` is recognised."""

_BATCH_SIZE: Final = 100
"""Reports that are stored together."""


@dataclass(frozen=True)
class _PendingReport:
    """A report that is to be stored. Of an anonymous one nobody knows the ``creator``."""

    creator: str | None
    new: NewIssue
    key: str
    key_hashes: Sequence[bytes]
    """Of the ``Idempotency-Key``, if one was sent, the newest secret's first."""


class IssueWriter:
    """Stores the reports of one organisation; for one event loop."""

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
        """Store a report; a repeated request gets the first one's answer and stores nothing.

        An anonymous one (without ``creator``) gets a receipt. Its idempotency record is a keyed
        hash of the key alone.
        """
        key = idempotency_key or secrets.token_urlsafe(16)
        hashes = self._keys.hashes("idempotency", creator or "", key) if idempotency_key else ()
        answer: asyncio.Future[JsonObject] = asyncio.get_running_loop().create_future()
        self._waiting.append((_PendingReport(creator, new, key, hashes), answer))
        if self._storing is None:
            self._storing = asyncio.create_task(self._store_all())
        return await answer

    async def _store_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_BATCH_SIZE], self._waiting[_BATCH_SIZE:]
            reports = [report for report, _ in batch]
            outcomes = await to_thread.run_sync(
                self._store, reports, limiter=self._database.writers
            )
            for (_, answer), outcome in zip(batch, outcomes, strict=True):
                if answer.done():
                    continue  # Nobody waits for it any more.
                if isinstance(outcome, Exception):
                    answer.set_exception(outcome)
                else:
                    answer.set_result(outcome)
        self._storing = None

    def _store(self, reports: Sequence[_PendingReport]) -> Sequence[JsonObject | Exception]:
        try:
            return self._store_together(reports)
        except IntegrityError as error:
            # One of them was stored in the meantime, by another process.
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
            earlier_rows = self._find_earlier(connection, reports)
            made: dict[bytes, tuple[_PendingReport, dict[str, Any]]] = {}
            rows: list[Any] = []
            for report in reports:
                key_hash = report.key_hashes[0] if report.key_hashes else secrets.token_bytes()
                earlier = next(
                    (
                        earlier_rows[key_hash]
                        for key_hash in report.key_hashes
                        if key_hash in earlier_rows
                    ),
                    None,
                )
                twin = made.get(key_hash)
                if (earlier and not self._is_same_body(earlier.body_hash, report)) or (
                    twin and twin[0].new != report.new
                ):
                    rows.append(
                        ProblemError(409, "This Idempotency-Key was used for another report.")
                    )
                elif earlier:
                    rows.append(
                        queries_issues.find_issue(connection, self._org_id, earlier.issue_id)
                    )
                elif twin:
                    rows.append(twin[1])
                else:
                    rows.append(self._make_row(report, now))
                    made[key_hash] = report, rows[-1]
            self._insert(connection, made, now)
            users = queries_users.find_users(
                connection, self._org_id, {report.creator for report in reports if report.creator}
            )
        return [
            row
            if isinstance(row, Exception)
            else self._make_response(
                report, _join_creator(row, users) if isinstance(row, dict) else row
            )
            for report, row in zip(reports, rows, strict=True)
        ]

    def _find_earlier(
        self, connection: Connection, reports: Sequence[_PendingReport]
    ) -> Mapping[bytes, tables.AnyRow]:
        """What earlier requests with the same keys were and made."""
        hashes = [key_hash for report in reports for key_hash in report.key_hashes]
        rows = (
            queries_idempotency.find_idempotency_records(connection, self._org_id, hashes)
            if hashes
            else ()
        )
        return {row.key_hash: row for row in rows}

    def _is_same_body(self, body_hash: bytes, report: _PendingReport) -> bool:
        return self._keys.matches_hash(body_hash, "idempotency/body", report.new.model_dump_json())

    def _make_row(self, report: _PendingReport, now: int) -> dict[str, Any]:
        new, issue_id = report.new, ids.new_id("issue")
        receipt = self._receipts.derive(issue_id, report.key)[0] if new.anonymous else None
        return {
            "org_id": self._org_id,
            "id": issue_id,
            "description": new.description,
            "resource_type": new.resource_type,
            "type": new.type,
            "state": IssueState.NOT_REVIEWED,
            "is_read": False,
            "thread_id": new.config.thread_id if new.config else None,
            "reported_interaction_id": new.config.reported_interaction_id if new.config else None,
            "project_id": new.project_id,
            "created_at": now,
            "updated_at": now,
            "created_by": report.creator,
            "receipt_hash": self._receipts.hash_all(receipt)[0] if receipt else None,
        }

    def _insert(
        self,
        connection: Connection,
        made: Mapping[bytes, tuple[_PendingReport, dict[str, Any]]],
        now: int,
    ) -> None:
        if not made:
            return
        rows = [row for _, row in made.values()]
        first = queries_organisations.take_issue_numbers(connection, self._org_id, len(rows))
        for number, row in enumerate(rows, first):
            row["number"] = number
        queries_issues.add_issues(connection, rows)
        keyed = [
            {
                "org_id": self._org_id,
                "key_hash": key_hash,
                "body_hash": self._keys.hash("idempotency/body", report.new.model_dump_json()),
                "issue_id": row["id"],
                "created_at": now,
            }
            for key_hash, (report, row) in made.items()
            if report.key_hashes
        ]
        if keyed:
            queries_idempotency.delete_old_idempotency_records(
                connection, self._org_id, now - IDEMPOTENCY_LIFETIME
            )
            queries_idempotency.add_idempotency_records(connection, keyed)

    def _make_response(self, report: _PendingReport, row: Any) -> JsonObject:
        answer = serializers.serialize_issue(row, with_project=True) | {
            # A repeated request gets the first answer, whatever was done to the issue since.
            "description": report.new.description,
            "type": report.new.type,
            "state": IssueState.NOT_REVIEWED,
            "is_read": False,
            "updated_at": serializers.format_timestamp(row.created_at),
        }
        if row.receipt_hash is not None:
            # The one of the key that was the newest then.
            fitting = (
                receipt
                for receipt in self._receipts.derive(row.id, report.key)
                if row.receipt_hash in self._receipts.hash_all(receipt)
            )
            if receipt := next(fitting, None):
                answer["receipt"] = receipt
        return answer


def _join_creator(row: Mapping[str, Any], users: Mapping[str, tables.AnyRow]) -> Any:
    """A new row as `store.find_issue` would have it."""
    creator = users.get(row["created_by"] or "")
    fields = ("account_id", "name", "email", "state", "role", "created_at")
    return SimpleNamespace(
        **row, **{f"user_{field}": getattr(creator, field) for field in fields if creator}
    )
