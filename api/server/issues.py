"""The rules: who may do what to an issue, which states follow which, and what anonymous means."""

import base64
import binascii
import hashlib
import json
import re
import secrets
import time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from api.contract import (
    LIVE_STATES,
    NEXT_STATES,
    IssueQuery,
    IssueState,
    IssueUpdate,
    NewIssue,
    PageOrder,
    StatsQuery,
    receipt_digits,
)
from api.keys import Keys
from api.server import statistics, store, wire
from api.server.access import Principal
from api.server.database import Database
from api.server.problems import ProblemError, forbidden, invalid_field, not_found
from api.server.wire import Json

IDEMPOTENCY_LIFETIME = 86_400
"""Seconds for which a repeated ``Idempotency-Key`` is recognised."""

SHORTEST_ANONYMOUS_KEY = 16
"""Characters of an ``Idempotency-Key`` that nobody else will think of."""

_ISSUE_ID = re.compile(r"issue_[0-9a-f]{16}")


class Issues:
    """The issues of one organisation."""

    def __init__(self, database: Database, org_id: str, keys: Keys) -> None:
        self._database = database
        self._org_id = org_id
        self._keys = keys

    def create(self, who: Principal, new: NewIssue, idempotency_key: str | None) -> Json:
        """Store a report; a repeated request gets the first one's answer and stores nothing.

        An anonymous one gets a receipt, and nothing about ``who`` is stored: its idempotency
        record is a keyed hash of the key alone, and its receipt is derived from key and issue, so
        that a retry gets the same receipt although only a hash of it is stored.
        """
        if who.is_guest and not new.anonymous:
            raise forbidden("A visitor can only report anonymously: set anonymous to true.")
        if new.anonymous and idempotency_key and len(idempotency_key) < SHORTEST_ANONYMOUS_KEY:
            raise invalid_field(
                "Idempotency-Key",
                f"for an anonymous report, use a random one of {SHORTEST_ANONYMOUS_KEY} or more"
                " characters: such keys are not told apart by sender",
            )
        key = idempotency_key or secrets.token_urlsafe(16)
        creator = None if new.anonymous else who.user_id
        try:
            row, receipt = self._create(creator, new, key, keep_key=idempotency_key is not None)
        except IntegrityError:
            # The same request was stored in the meantime by another one of its attempts.
            row, receipt = self._create(creator, new, key, keep_key=idempotency_key is not None)
        answer = wire.issue(row, with_project=True) | {
            # A repeated request gets the first answer, whatever was done to the issue since.
            "description": new.description,
            "type": new.type,
            "state": IssueState.NOT_REVIEWED,
            "is_read": False,
            "updated_at": wire.timestamp(row.created_at),
        }
        if receipt:
            answer["receipt"] = "-".join(receipt[i : i + 4] for i in range(0, 16, 4))
        return answer

    def _create(
        self, creator: str | None, new: NewIssue, key: str, *, keep_key: bool
    ) -> tuple[store.AnyRow, str | None]:
        key_hashes = self._keys.hashes("idempotency", creator or "", key)
        body = new.model_dump_json()
        with self._database.write() as connection:
            known = store.find_idempotent(connection, self._org_id, key_hashes)
            if known and not self._keys.is_hash(known.body_hash, "idempotency/body", body):
                raise ProblemError(409, "This Idempotency-Key was used for another report.")
            issue_id = known.issue_id if known else store.new_id("issue")
            if not known:
                receipt = self._receipts(issue_id, key)[0] if new.anonymous else None
                self._add(connection, issue_id, creator, new, receipt)
                if keep_key:
                    body_hash = self._keys.hash("idempotency/body", body)
                    self._remember(connection, key_hashes[0], body_hash, issue_id)
            row = store.find_issue(connection, self._org_id, issue_id)
            assert row is not None
            if row.receipt_hash is None:
                return row, None
            # The one of the key that was the newest then.
            fitting = (
                receipt
                for receipt in self._receipts(issue_id, key)
                if row.receipt_hash in self._receipt_hashes(receipt)
            )
            return row, next(fitting, None)

    def list_page(self, who: Principal, query: IssueQuery) -> Json:
        """One page of the issues that ``who`` may see."""
        if who.is_guest:
            raise forbidden("A visitor follows a report by its receipt.")
        if IssueState.DELETED in query.states and not who.is_admin:
            raise forbidden("Only reviewers can list deleted issues.")
        created_by = query.created_by
        if not who.is_admin:
            if created_by and who.user_id not in created_by:
                raise forbidden("You can list your own issues only.")
            created_by = (str(who.user_id),)
        which = store.Filter(
            org_id=self._org_id,
            states=query.states or LIVE_STATES,
            types=query.type,
            created_by=created_by,
            projects=query.projects,
            # Issues carry whole seconds: one created at 12:00:00 is on or after 12:00:00.000 only.
            created_from=_seconds(query.start_date),
            created_to=_seconds(query.end_date),
            text=query.filter_by_text,
        )
        by_cursor = {"after", "before", "first", "last"} & query.model_fields_set
        if by_cursor and query.page is not None:
            raise invalid_field("page", "cannot be combined with cursors")
        if query.first is not None and query.last is not None:
            raise invalid_field("last", "cannot be combined with first")
        descending = query.page_order is PageOrder.DESCENDING
        backward = query.last is not None or (
            query.before is not None and query.after is None and query.first is None
        )
        size = query.first or query.last or query.page_size
        after = self._read_cursor("after", query.after)
        before = self._read_cursor("before", query.before)
        offset = 0 if query.page is None else (query.page - 1) * size
        with self._database.read() as connection:
            rows = list(
                store.list_issues(
                    connection,
                    which,
                    descending=descending != backward,
                    limit=size + 1,
                    offset=offset,
                    above=before if descending else after,
                    below=after if descending else before,
                )
            )
            more = len(rows) > size
            del rows[size:]
            if backward:
                rows.reverse()
            page: Json = {
                "data": [
                    wire.issue(
                        row,
                        with_user=query.include is None or "User" in query.include,
                        with_project=query.include is not None and "Project" in query.include,
                    )
                    for row in rows
                ]
            }
            # What lies on the side we did not look at decides the other flag.
            has_next = more
            has_previous = offset > 0 if not by_cursor else False
            if rows and by_cursor:
                edge = rows[-1].number if backward else rows[0].number
                beyond = store.any_beyond(connection, which, edge, above=descending != backward)
                has_next, has_previous = (beyond, more) if backward else (more, beyond)
            if rows and has_next:
                page["next_cursor"] = self._cursor(rows[-1].number)
            if rows and has_previous:
                page["previous_cursor"] = self._cursor(rows[0].number)
            page["has_next_page"] = has_next
            page["has_previous_page"] = has_previous
            if query.total_count:
                page["total_count"] = store.count_issues(connection, which)
        return page

    def get(self, who: Principal, issue_id: str) -> Json:
        """One issue."""
        with self._database.read() as connection:
            return wire.issue(self._find(connection, who, issue_id), with_project=True)

    def update(
        self, who: Principal, issue_id: str, update: IssueUpdate, if_match: str | None
    ) -> Json:
        """Change what ``update`` names; what is already so changes nothing."""
        with self._database.write() as connection:
            row = self._find(connection, who, issue_id, lock=True)
            self._check_match(row, if_match)
            changes = {
                field: value
                for field, value in update.changes().items()
                if getattr(row, field) != value
            }
            if changes:
                if not who.is_admin:
                    self._check_own_change(row, set(changes))
                if "state" in changes:
                    self._check_move(IssueState(row.state), changes["state"])
                now = int(time.time())
                times = _times(row, changes["state"], now) if "state" in changes else {}
                store.change_issue(
                    connection, self._org_id, row.id, updated_at=now, **changes, **times
                )
                self._record(
                    connection,
                    row.id,
                    now,
                    "updated",
                    who.user_id,
                    [_change(field, getattr(row, field), new) for field, new in changes.items()],
                )
            return wire.issue(self._find(connection, who, issue_id), with_project=True)

    def delete(self, who: Principal, issue_id: str, if_match: str | None) -> None:
        """Mark as deleted: from now on only an admin who asks for deleted issues sees it."""
        with self._database.write() as connection:
            row = self._find(connection, who, issue_id, lock=True)
            self._check_match(row, if_match)
            if not who.is_admin and row.state != IssueState.NOT_REVIEWED:
                raise forbidden("It is being reviewed, so it can no longer be withdrawn.")
            now = int(time.time())
            change = _change("state", row.state, IssueState.DELETED)
            store.change_issue(
                connection, self._org_id, row.id, updated_at=now, state=IssueState.DELETED
            )
            self._record(connection, row.id, now, "deleted", who.user_id, [change])

    def history(self, who: Principal, issue_id: str) -> Json:
        """Who changed what and when."""
        with self._database.read() as connection:
            row = self._find(connection, who, issue_id)
            events = store.list_history(connection, self._org_id, row.id)
            return {"data": wire.history(events, with_actors=True)}

    def by_receipt(self, receipt: str) -> Json:
        """What the holder of ``receipt`` may see; a wrong one looks like a missing one."""
        digits = receipt_digits(receipt)
        with self._database.read() as connection:
            row = store.find_issue_by_receipt(
                connection, self._org_id, self._receipt_hashes(digits)
            )
            if row is None or row.state == IssueState.DELETED:
                raise ProblemError(404, "No report has this receipt.")
            events = store.list_history(connection, self._org_id, row.id)
            return wire.receipt_view(row, events)

    def stats(self, who: Principal, query: StatsQuery) -> Json:
        """Counts of the organisation's issues, and how long they took."""
        if not who.is_admin:
            raise forbidden("Only reviewers can see statistics.")
        with self._database.read() as connection:
            return statistics.count(
                connection,
                self._org_id,
                start=_seconds(query.start_date),
                end=_seconds(query.end_date),
                zone=ZoneInfo(query.timezone),
            )

    def _find(
        self, connection: Connection, who: Principal, issue_id: str, *, lock: bool = False
    ) -> store.AnyRow:
        if who.is_guest:
            raise forbidden("A visitor follows a report by its receipt.")
        if not _ISSUE_ID.fullmatch(issue_id):
            raise not_found()
        row = store.find_issue(connection, self._org_id, issue_id, lock=lock)
        if row is None or row.state == IssueState.DELETED:
            raise not_found()
        if not who.is_admin and row.created_by != who.user_id:
            raise not_found()
        return row

    def _check_own_change(self, row: store.AnyRow, fields: set[str]) -> None:
        if fields & {"state", "is_read"}:
            raise forbidden("Only reviewers can change state and is_read.")
        if row.state != IssueState.NOT_REVIEWED:
            raise forbidden("It is being reviewed, so it can no longer be changed.")

    def _check_move(self, old: IssueState, new: IssueState) -> None:
        if new is IssueState.DELETED:
            raise invalid_field("state", "an issue is deleted with DELETE")
        if new not in NEXT_STATES[old]:
            raise invalid_field("state", f"{old} cannot become {new}")

    def _check_match(self, row: store.AnyRow, if_match: str | None) -> None:
        if if_match is None or if_match.strip() == "*":
            return
        tags = {tag.strip() for tag in if_match.split(",")}
        if etag(wire.issue(row, with_project=True)) not in tags:
            raise ProblemError(412, "Someone changed this issue in the meantime.")

    def _add(
        self,
        connection: Connection,
        issue_id: str,
        creator: str | None,
        new: NewIssue,
        receipt: str | None,
    ) -> None:
        now = int(time.time())
        store.add_issue(
            connection,
            org_id=self._org_id,
            id=issue_id,
            number=store.next_issue_number(connection, self._org_id),
            description=new.description,
            resource_type=new.resource_type,
            type=new.type,
            state=IssueState.NOT_REVIEWED,
            is_read=False,
            thread_id=new.config.thread_id if new.config else None,
            reported_interaction_id=new.config.reported_interaction_id if new.config else None,
            project_id=new.project_id,
            created_at=now,
            updated_at=now,
            created_by=creator,
            receipt_hash=self._receipt_hashes(receipt)[0] if receipt else None,
        )
        self._record(connection, issue_id, now, "created", creator, [])

    def _remember(
        self, connection: Connection, key_hash: bytes, body_hash: bytes, issue_id: str
    ) -> None:
        now = int(time.time())
        store.forget_idempotent(connection, self._org_id, now - IDEMPOTENCY_LIFETIME)
        store.add_idempotent(connection, self._org_id, key_hash, body_hash, issue_id, now)

    def _record(
        self,
        connection: Connection,
        issue_id: str,
        at: int,
        action: str,
        actor: str | None,
        changes: list[dict[str, Any]],
    ) -> None:
        store.add_history(
            connection,
            self._org_id,
            issue_id,
            at=at,
            action=action,
            actor=actor,
            changes=changes,
        )

    def _receipt_hashes(self, digits: str) -> list[bytes]:
        return self._keys.hashes("receipt", self._org_id, digits)

    def _receipts(self, issue_id: str, key: str) -> list[str]:
        """The receipt of an issue, and what it would have been before each rotation of the key."""
        hashes = self._keys.hashes("receipt/new", issue_id, key)
        return [f"{int.from_bytes(found) % 10**16:016}" for found in hashes]

    def _cursor(self, number: int) -> str:
        data = number.to_bytes(8)
        return base64.urlsafe_b64encode(data + self._cursor_seals(data)[0]).decode()

    def _cursor_seals(self, data: bytes) -> list[bytes]:
        return [seal[:10] for seal in self._keys.hashes("cursor", self._org_id, data)]

    def _read_cursor(self, field: str, cursor: str | None) -> int | None:
        if cursor is None:
            return None
        try:
            raw = base64.b64decode(cursor, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        if len(raw) != 18 or raw[8:] not in self._cursor_seals(raw[:8]):
            raise invalid_field(field, "is not a cursor of this list")
        return int.from_bytes(raw[:8])


def etag(issue: Json) -> str:
    """The entity tag of an issue as it is now (RFC 9110)."""
    return f'"{hashlib.sha256(json.dumps(issue).encode()).hexdigest()[:24]}"'


def _seconds(milliseconds: int | None) -> int | None:
    return None if milliseconds is None else -(-milliseconds // 1000)


def _times(row: store.AnyRow, state: IssueState, now: int) -> dict[str, int | None]:
    """What a move to ``state`` does to the times of an issue."""
    return {
        "reviewed_at": row.reviewed_at or now,
        "closed_at": now if state is IssueState.CLOSED else None,
    }


def _change(field: str, old: Any, new: Any) -> dict[str, Any]:
    """A line of history. Texts are left out: a correction must be able to take something back."""
    return {"field": field} if field == "description" else {"field": field, "old": old, "new": new}
