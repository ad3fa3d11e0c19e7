"""Fill an installation with generated issues: ``python -m bench.fill_database NUMBER``."""

import random
import sys
import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, update

from bench.issue_texts import TEXTS, TOPICS
from issue_portal.core.files import make_data_directory
from issue_portal.core.secret_keys import load_keys
from issue_portal.core.settings import get_settings
from issue_portal.models.vocabulary import IssueState, IssueType, Role
from issue_portal.server.db import count_rollups, ids, queries_users, search
from issue_portal.server.db.tables import IssueRow, history, issues, organisations
from issue_portal.server.services.service import Service, open_service

BATCH_SIZE = 10_000
"""Issues per transaction."""

PEOPLE = 500
PROJECTS = ("handbook", "sales", "support", None)
STATE_WEIGHTS = {
    IssueState.NOT_REVIEWED: 2,
    IssueState.IN_REVIEW: 1,
    IssueState.CLOSED: 6,
    IssueState.DELETED: 1,
}
"""Relative frequency of each state."""

SECONDS_APART = 30
"""Time from one issue to the next."""


def fill(service: Service, count: int) -> None:
    """Add ``count`` issues by `PEOPLE` reporters. The newest is `SECONDS_APART` seconds old."""
    org_id = service.org_id
    with service.database.write() as connection:
        user_ids = [
            queries_users.ensure_user(
                connection, org_id, f"p{position}@example.com", f"Person {position}", Role.MEMBER
            ).id
            for position in range(PEOPLE)
        ]
    rng, now = random.Random(1), int(time.time())
    for start in range(0, count, BATCH_SIZE):
        end = min(count, start + BATCH_SIZE)
        rows = [
            _make_issue(rng, org_id, number, now - (count - number + 1) * SECONDS_APART, user_ids)
            for number in range(start + 1, end + 1)
        ]
        with service.database.write() as connection:
            connection.execute(
                insert(issues),
                [vars(row) | {"search_text": search.fold(row.description)} for row in rows],
            )
            connection.execute(insert(history), [_make_history_entry(row) for row in rows])
            count_rollups.record(connection, org_id, added=rows)
            connection.execute(
                update(organisations)
                .where(organisations.c.org_id == org_id)
                .values(last_issue_number=end)
            )


def _make_issue(
    rng: random.Random, org_id: str, number: int, created_at: int, user_ids: Sequence[str]
) -> IssueRow:
    """Return an issue with random content."""
    issue_type = rng.choice(list(IssueType))
    text = rng.choice(TEXTS[issue_type]).format(topic=rng.choice(TOPICS))
    text += f" Case {rng.randrange(10**6)}."
    state = rng.choices(list(STATE_WEIGHTS), weights=list(STATE_WEIGHTS.values()))[0]
    is_reviewed = state in (IssueState.IN_REVIEW, IssueState.CLOSED)
    return IssueRow(
        org_id=org_id,
        id=ids.new_id("issue"),
        number=number,
        description=text,
        type=issue_type,
        state=state,
        is_read=state is not IssueState.NOT_REVIEWED,
        created_at=created_at,
        updated_at=created_at,
        created_by=None if rng.random() < 0.35 else rng.choice(user_ids),
        project_id=rng.choice(PROJECTS),
        reviewed_at=created_at + 3_600 if is_reviewed else None,
        closed_at=created_at + 90_000 if state is IssueState.CLOSED else None,
    )


def _make_history_entry(issue: IssueRow) -> dict[str, Any]:
    """Return a row of the table `history`: the creation of the issue."""
    return {
        "org_id": issue.org_id,
        "issue_id": issue.id,
        "position": 1,
        "at": issue.created_at,
        "action": "created",
        "actor": issue.created_by,
        "changes": [],
    }


if __name__ == "__main__":
    settings = get_settings()
    make_data_directory(settings)
    service = open_service(settings, load_keys(settings))
    fill(service, int(sys.argv[1]))
    service.database.close()
