"""Fill an installation with generated issues: ``python -m bench.fill_database NUMBER``."""

import random
import sys
import time
from typing import Any

from sqlalchemy import insert, update

from issue_portal.core.files import make_data_directory
from issue_portal.core.secret_keys import load_keys
from issue_portal.core.settings import get_settings
from issue_portal.models.vocabulary import IssueState, IssueType, Role
from issue_portal.server.db import ids, queries_users, search
from issue_portal.server.db.tables import history, issues, organisations
from issue_portal.server.services.sample_data import TEXTS, TOPICS
from issue_portal.server.services.service import Service, open_service

BATCH = 10_000
PEOPLE = 500
PROJECTS = ("handbook", "sales", "support", None)
SECONDS_APART = 30


def fill(service: Service, count: int) -> None:
    """Add issues of 500 people, one every half minute, most of them closed."""
    rng, now, org_id = random.Random(1), int(time.time()), service.org_id
    with service.database.write() as connection:
        people = [
            queries_users.ensure_user(
                connection, org_id, f"p{position}@example.com", f"Person {position}", Role.MEMBER
            ).id
            for position in range(PEOPLE)
        ]
    for start in range(0, count, BATCH):
        rows: list[dict[str, Any]] = []
        events: list[dict[str, Any]] = []
        for position in range(start, min(count, start + BATCH)):
            issue_type = rng.choice(list(IssueType))
            text = rng.choice(TEXTS[issue_type]).format(topic=rng.choice(TOPICS))
            text += f" Case {rng.randrange(10**6)}."
            state = rng.choices(list(IssueState), weights=(2, 1, 6, 1))[0]
            created_at = now - (count - position) * SECONDS_APART
            is_reviewed = state in (IssueState.IN_REVIEW, IssueState.CLOSED)
            row = {
                "org_id": org_id,
                "id": ids.new_id("issue"),
                "number": position + 1,
                "description": text,
                "search_text": search.fold(text),
                "resource_type": "Thread",
                "type": issue_type,
                "state": state,
                "is_read": state is not IssueState.NOT_REVIEWED,
                "created_at": created_at,
                "updated_at": created_at,
                "created_by": None if rng.random() < 0.35 else rng.choice(people),
                "project_id": rng.choice(PROJECTS),
                "reviewed_at": created_at + 3_600 if is_reviewed else None,
                "closed_at": created_at + 90_000 if state is IssueState.CLOSED else None,
            }
            rows.append(row)
            events.append(
                {
                    "org_id": org_id,
                    "issue_id": row["id"],
                    "position": 1,
                    "at": created_at,
                    "action": "created",
                    "actor": row["created_by"],
                    "changes": [],
                }
            )
        with service.database.write() as connection:
            connection.execute(insert(issues), rows)
            connection.execute(insert(history), events)
            connection.execute(
                update(organisations)
                .where(organisations.c.org_id == org_id)
                .values(last_issue_number=min(count, start + BATCH))
            )


if __name__ == "__main__":
    settings = get_settings()
    make_data_directory(settings)
    service = open_service(settings, load_keys(settings))
    fill(service, int(sys.argv[1]))
    service.close()
