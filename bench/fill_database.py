"""Fill an installation with issues: ``python -m bench.fill_database NUMBER``."""

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

STEP = 10_000
PEOPLE = 500
PROJECTS = ("handbook", "sales", "support", None)
SECONDS_APART = 30


def fill(service: Service, number: int) -> None:
    """Add issues as 500 people would write them: half a minute apart, most of them closed."""
    chance, now, org_id = random.Random(1), int(time.time()), service.org_id
    with service.database.write() as connection:
        people = [
            queries_users.ensure_user(
                connection, org_id, f"p{place}@example.com", f"Person {place}", Role.MEMBER
            ).id
            for place in range(PEOPLE)
        ]
    for start in range(0, number, STEP):
        rows: list[dict[str, Any]] = []
        events: list[dict[str, Any]] = []
        for place in range(start, min(number, start + STEP)):
            kind = chance.choice(list(IssueType))
            text = chance.choice(TEXTS[kind]).format(topic=chance.choice(TOPICS))
            text += f" Case {chance.randrange(10**6)}."
            state = chance.choices(list(IssueState), weights=(2, 1, 6, 1))[0]
            at = now - (number - place) * SECONDS_APART
            moved = state in (IssueState.IN_REVIEW, IssueState.CLOSED)
            row = {
                "org_id": org_id,
                "id": ids.new_id("issue"),
                "number": place + 1,
                "description": text,
                "search_text": search.fold(text),
                "resource_type": "Thread",
                "type": kind,
                "state": state,
                "is_read": state is not IssueState.NOT_REVIEWED,
                "created_at": at,
                "updated_at": at,
                "created_by": None if chance.random() < 0.35 else chance.choice(people),
                "project_id": chance.choice(PROJECTS),
                "reviewed_at": at + 3_600 if moved else None,
                "closed_at": at + 90_000 if state is IssueState.CLOSED else None,
            }
            rows.append(row)
            events.append(
                {
                    "org_id": org_id,
                    "issue_id": row["id"],
                    "position": 1,
                    "at": at,
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
                .values(last_issue_number=min(number, start + STEP))
            )


if __name__ == "__main__":
    settings = get_settings()
    make_data_directory(settings)
    opened = open_service(settings, load_keys(settings))
    fill(opened, int(sys.argv[1]))
    opened.close()
