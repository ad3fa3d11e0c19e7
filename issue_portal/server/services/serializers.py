"""Converts issues and users between rows of the database and JSON of the API."""

import hashlib
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson

from issue_portal.models.requests import NewIssue
from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import HistoryAction, IssueState
from issue_portal.server.db.tables import AnyRow, IssueRow

JsonObject = dict[str, Any]


@lru_cache(maxsize=4096)
def format_timestamp(seconds: int) -> str:
    """Format seconds since 1970 as ``2026-02-08T14:55:10Z``."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def format_day(seconds: int) -> str:
    """Format seconds since 1970 as ``2026-02-08``."""
    return format_timestamp(seconds)[:10]


def build_reported_row(
    new: NewIssue,
    *,
    org_id: str,
    issue_id: str,
    created_at: int,
    created_by: str | None,
    receipt_hash: bytes | None,
) -> IssueRow:
    """Build the row of a new report. ``created_at`` is in seconds since 1970."""
    return IssueRow(
        org_id=org_id,
        id=issue_id,
        description=new.description or "",
        resource_type=new.resource_type,
        type=new.type,
        state=IssueState.NOT_REVIEWED,
        thread_id=new.config.thread_id if new.config else None,
        reported_interaction_id=new.config.reported_interaction_id if new.config else None,
        project_id=new.project_id,
        created_at=created_at,
        updated_at=created_at,
        created_by=created_by,
        receipt_hash=receipt_hash,
    )


def build_imported_row(
    issue: Issue, *, org_id: str, issue_id: str, number: int, created_by: str | None
) -> IssueRow:
    """Build the row of an imported issue. Missing times become the current time."""
    created = int(issue.created_at.timestamp()) if issue.created_at else int(time.time())
    return IssueRow(
        org_id=org_id,
        id=issue_id,
        number=number,
        description=issue.description or "",
        type=str(issue.type),
        state=str(issue.state),
        is_read=issue.is_read,
        thread_id=issue.data.thread_id if issue.data else None,
        reported_interaction_id=issue.data.reported_interaction_id if issue.data else None,
        project_id=issue.project.id if issue.project else None,
        created_at=created,
        updated_at=int(issue.updated_at.timestamp()) if issue.updated_at else created,
        created_by=created_by,
    )


def serialize_issue(
    row: AnyRow, *, with_user: bool = True, with_project: bool = False
) -> JsonObject:
    """Return an issue as JSON. ``data`` and ``project`` are absent if the issue has none."""
    body: JsonObject = {
        "id": row.id,
        "issue_number": row.number,
        "description": row.description or None,
        "resource_type": row.resource_type,
        "type": row.type,
        "state": row.state,
        "is_read": row.is_read,
    }
    if row.thread_id is not None:
        body["data"] = {
            "thread_id": row.thread_id,
            "reported_interaction_id": row.reported_interaction_id,
        }
    body["created_at"] = format_timestamp(row.created_at)
    body["updated_at"] = format_timestamp(row.updated_at)
    if with_user:
        body["created_by"] = _serialize_creator(row)
    if with_project and row.project_id is not None:
        body["project"] = {"id": row.project_id, "name": row.project_name or row.project_id}
    return body


def serialize_one_issue(row: AnyRow) -> JsonObject:
    """Return an issue as JSON, as every call that concerns a single issue answers it."""
    return serialize_issue(row, with_project=True)


def compute_etag(issue: JsonObject) -> str:
    """Return the entity tag (RFC 9110) of an issue that `serialize_one_issue` returned.

    It has two parts: the hash of the issue with the ids of its creator and project, and the hash
    of what these are called. ``If-Match`` compares the first part only.
    """
    related = {name: issue[name] for name in ("created_by", "project") if issue.get(name)}
    own = issue | {name: value["id"] for name, value in related.items()}
    return f'"{_hash_json(own)[:24]}-{_hash_json(related)[:8]}"'


def _hash_json(value: JsonObject) -> str:
    return hashlib.sha256(orjson.dumps(value)).hexdigest()


def serialize_user(row: AnyRow) -> JsonObject:
    """Return a user as JSON."""
    return {
        "id": row.id,
        "org_id": row.org_id,
        "account_id": row.account_id,
        "name": row.name,
        "email": row.email,
        "state": row.state,
        "roles": [row.role],
        "created_at": format_timestamp(row.created_at),
    }


def serialize_history(rows: Iterable[AnyRow], *, with_actors: bool) -> list[JsonObject]:
    """Return the history of an issue as JSON.

    If ``with_actors`` is false, the entries lack their actors and changes of ``is_read``: the
    holder of a receipt sees neither.
    """
    entries = []
    for row in rows:
        entry: JsonObject = {"at": format_timestamp(row.at), "action": row.action}
        if with_actors:
            entry["by"] = None if row.actor is None else {"id": row.actor, "name": row.name}
        entry["changes"] = [
            change for change in row.changes if with_actors or change["field"] != "is_read"
        ]
        if with_actors or entry["changes"] or row.action != HistoryAction.UPDATED:
            entries.append(entry)
    return entries


def serialize_receipt_view(row: AnyRow, events: Iterable[AnyRow]) -> JsonObject:
    """Return an issue as JSON for the holder of its receipt."""
    return {
        "issue_number": row.number,
        "type": row.type,
        "state": row.state,
        "created_at": format_timestamp(row.created_at),
        "updated_at": format_timestamp(row.updated_at),
        "description": row.description or None,
        "history": serialize_history(events, with_actors=False),
    }


def _serialize_creator(row: AnyRow) -> JsonObject | None:
    if row.created_by is None:
        return None
    return {
        "id": row.created_by,
        "org_id": row.org_id,
        "account_id": row.user_account_id,
        "name": row.user_name,
        "email": row.user_email,
        "state": row.user_state,
        "roles": [row.user_role],
        "created_at": format_timestamp(row.user_created_at),
    }
