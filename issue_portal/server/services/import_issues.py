"""Imports issues from JSON Lines with the fields of the API."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import islice

from pydantic import ValidationError
from sqlalchemy import Connection

from issue_portal.models.responses import Issue, User
from issue_portal.models.text_rules import check_characters
from issue_portal.models.vocabulary import (
    DESCRIPTION_LIMIT,
    IssueState,
    IssueType,
    ResourceType,
    Role,
)
from issue_portal.server.db import (
    count_rollups,
    queries_issues,
    queries_organisations,
    queries_users,
)
from issue_portal.server.db.tables import IssueRow
from issue_portal.server.services import serializers
from issue_portal.server.services.service import Service

_BATCH = 20
"""Issues per transaction. On PostgreSQL, new reports wait for the transaction."""

_NUMBER_LIMIT = 10**12
_EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
_LATEST = datetime(2099, 12, 31, tzinfo=UTC)
_ISSUE_ID = re.compile(r"issue_[0-9a-f]{16}")


def import_issues(
    service: Service, lines: Iterable[str], report: Callable[[int, str], None]
) -> Counter[str]:
    """Store new issues; count the ``imported``, ``known`` and ``refused`` ones.

    An issue whose id exists is ``known``, so a second run stores nothing. An issue keeps its number
    if the number is free. An id in another form than ours becomes its hash. If no user has the
    reporter's address, creates one as a member. A type, state or resource type that this server
    does not know becomes Other, NotReviewed or Thread. Calls ``report`` with the line number and
    the reason for each line that is invalid or was changed like this.
    """
    counts: Counter[str] = Counter(imported=0, known=0, refused=0)
    numbered = ((number, line) for number, line in enumerate(lines, 1) if line.strip())
    while batch := list(islice(numbered, _BATCH)):
        issues = []
        # Parse outside the transaction, because reporting a refusal may be slow.
        for number, line in batch:
            try:
                issue = _parse(line)
                changes = _list_replacements(issue)
                for field, value in changes.items():
                    report(number, f"{field}: unknown, imported as {value}")
                issues.append(issue.model_copy(update=changes))
            except ValueError as error:
                report(number, str(error))
                counts["refused"] += 1
        with service.database.write() as connection:
            queries_organisations.lock_organisation(connection, service.org_id)
            rows = [
                row for issue in issues if (row := _store_issue(connection, service.org_id, issue))
            ]
            count_rollups.record(connection, service.org_id, added=rows)
        counts["imported"] += len(rows)
        counts["known"] += len(issues) - len(rows)
    return counts


def _parse(line: str) -> Issue:
    try:
        issue = Issue.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise ValueError(f"{name}: {first['msg']}" if name else first["msg"]) from error
    for field in ("type", "state"):
        if getattr(issue, field) is None:
            raise ValueError(f"{field}: missing")
    for text in _list_texts(issue):
        check_characters(text)
    if len(issue.description or "") > DESCRIPTION_LIMIT:
        raise ValueError(f"description: longer than {DESCRIPTION_LIMIT} characters")
    if issue.issue_number is not None and not 0 <= issue.issue_number < _NUMBER_LIMIT:
        raise ValueError("issue_number: out of range")
    for field in ("created_at", "updated_at"):
        at: datetime | None = getattr(issue, field)
        if at and not (at.tzinfo and _EARLIEST <= at < _LATEST):
            raise ValueError(f"{field}: not a time with a time zone, from 1970 to 2099")
    return issue


def _list_replacements(issue: Issue) -> dict[str, str]:
    """Return the values to store instead of unknown ones: the API answers only known values."""
    replacements: dict[str, str] = {}
    if issue.type not in tuple(IssueType):
        replacements["type"] = IssueType.OTHER
    if issue.state not in tuple(IssueState):
        replacements["state"] = IssueState.NOT_REVIEWED
    if issue.resource_type not in (None, *ResourceType):
        replacements["resource_type"] = ResourceType.THREAD
    return replacements


def _list_texts(issue: Issue) -> list[str]:
    texts = [issue.id, issue.description]
    if issue.created_by:
        texts += [issue.created_by.id, issue.created_by.name, issue.created_by.email]
    if issue.data:
        texts += [issue.data.thread_id, issue.data.reported_interaction_id]
    if issue.project:
        texts += [issue.project.id]
    return [text for text in texts if text]


def _store_issue(connection: Connection, org_id: str, issue: Issue) -> IssueRow | None:
    """Store an issue and return its row; return None if the issue exists."""
    issue_id = _make_issue_id(issue.id)
    if queries_issues.find_issue(connection, org_id, issue_id):
        return None
    reporter = _ensure_reporter(connection, org_id, issue.created_by) if issue.created_by else None
    row = serializers.build_imported_row(
        issue,
        org_id=org_id,
        issue_id=issue_id,
        number=queries_organisations.take_issue_number(connection, org_id, issue.issue_number),
        created_by=reporter,
    )
    queries_issues.add_issues(connection, [row])
    return row


def _make_issue_id(external_id: str) -> str:
    """Return a valid issue id: the external id if it is valid, else its hash."""
    if _ISSUE_ID.fullmatch(external_id):
        return external_id
    return f"issue_{hashlib.sha256(external_id.encode()).hexdigest()[:16]}"


def _ensure_reporter(connection: Connection, org_id: str, user: User) -> str:
    email = " ".join((user.email or f"{user.id}@unknown.invalid").lower().split())[:320]
    name = " ".join((user.name or email).split())[:200]
    existing = queries_users.find_user_by_email(connection, org_id, email)
    # Ignore roles in the file: only accounts and tokens grant roles.
    row = existing or queries_users.ensure_user(connection, org_id, email, name, Role.MEMBER)
    return str(row.id)
