"""Sample issues for demonstrations (``ISSUES_DEMO=1``)."""

import random
import time

from sqlalchemy import insert

from issue_portal.models.vocabulary import IssueState, IssueType, Role
from issue_portal.server.db import (
    count_rollups,
    ids,
    queries_issues,
    queries_organisations,
    queries_users,
    search,
)
from issue_portal.server.db.tables import history, issues
from issue_portal.server.services.service import Service

ISSUE_COUNT = 300
DAYS = 60

PEOPLE = ("Ada Sample", "Bo Sample", "Cleo Sample", "Dev Sample", "Eva Sample")

TEXTS = {
    IssueType.NO_ANSWER: (
        "Asked for the {topic} and the answer stayed empty. I waited two minutes and reloaded.",
        "It stopped in the middle of a sentence about the {topic}.",
        "Only a spinning circle when I ask about the {topic}; other questions work.",
    ),
    IssueType.INACCURATE: (
        "It says the {topic} changed in March. That was the year before; the file says so.",
        "The figures for the {topic} are off by a factor of ten.",
        "It named a contact for the {topic} who left the company long ago.",
    ),
    IssueType.NO_CONTEXT_USED: (
        "I attached the {topic}, but the answer is general knowledge and ignores it.",
        "Response missed the attached {topic} details.",
        "It used last year's {topic} although the new one is in the project.",
    ),
    IssueType.FORMAT: (
        "The table about the {topic} came out as one long line.",
        "I asked for a short list on the {topic} and got two pages.",
        "Half of the answer on the {topic} is in another language.",
    ),
    IssueType.OTHER: (
        "The link to the {topic} in the answer leads nowhere.",
        "Tone of the answer about the {topic} was rude to a customer.",
    ),
}

TOPICS = (
    "travel policy",
    "parental leave rules",
    "price list",
    "onboarding plan",
    "supplier contract",
    "security checklist",
    "quarterly report",
    "warranty terms",
    "printer manual",
    "meeting minutes",
)

PROJECTS = ("handbook", "sales", "support", None)


def add_sample_issues(service: Service) -> bool:
    """Fill an empty database with issues of the past weeks; one that has any is left alone.

    Returns whether it was empty.
    """
    rng = random.Random(1)  # noqa: S311 - the same samples every time
    now = int(time.time())
    org_id = service.org_id
    with service.database.write() as connection:
        if count_rollups.count(connection, queries_issues.IssueFilter(org_id, tuple(IssueState))):
            return False
        people = [
            queries_users.ensure_user(
                connection, org_id, f"{name.split()[0].lower()}@example.com", name, Role.MEMBER
            ).id
            for name in PEOPLE
        ]
        ages = sorted(int(rng.random() ** 1.3 * DAYS * 86_400) for _ in range(ISSUE_COUNT))
        rows, events = [], []
        for age in reversed(ages):
            issue_type = rng.choices(list(TEXTS), weights=(2, 5, 4, 3, 1))[0]
            anonymous = rng.random() < 0.35
            reporter = None if anonymous else rng.choice(people)
            project = rng.choices(PROJECTS, weights=(5, 3, 2, 4))[0]
            text = rng.choice(TEXTS[issue_type]).format(topic=rng.choice(TOPICS))
            issue_id, created = ids.new_id("issue"), now - age
            state = _pick_state(age, rng)
            reviewed = None if state is IssueState.NOT_REVIEWED else created + age // 6
            closed = created + age // 3 if state is IssueState.CLOSED else None
            rows.append(
                {
                    "org_id": org_id,
                    "id": issue_id,
                    "number": queries_organisations.take_issue_numbers(connection, org_id),
                    "description": text,
                    "search_text": search.fold(text),
                    "resource_type": "Thread",
                    "type": issue_type,
                    "state": state,
                    "is_read": state is not IssueState.NOT_REVIEWED or rng.random() < 0.2,
                    "created_at": created,
                    "updated_at": closed or reviewed or created,
                    "reviewed_at": reviewed,
                    "closed_at": closed,
                    "created_by": reporter,
                    "project_id": project,
                }
            )
            steps: list[tuple[int, str, str | None, list[dict[str, str]]]] = [
                (created, "created", reporter, [])
            ]
            if reviewed:
                steps.append(
                    (reviewed, "updated", None, [_change_state("NotReviewed", "InReview")])
                )
            if closed:
                steps.append((closed, "updated", None, [_change_state("InReview", "Closed")]))
            events += [
                {
                    "org_id": org_id,
                    "issue_id": issue_id,
                    "position": position,
                    "at": at,
                    "action": action,
                    "actor": actor,
                    "changes": changes,
                }
                for position, (at, action, actor, changes) in enumerate(steps, 1)
            ]
        connection.execute(insert(issues), rows)
        connection.execute(insert(history), events)
    return True


def _change_state(old: str, new: str) -> dict[str, str]:
    return {"field": "state", "old": old, "new": new}


def _pick_state(age: int, rng: random.Random) -> IssueState:
    if age < rng.uniform(0, 6) * 86_400:
        return IssueState.NOT_REVIEWED
    return IssueState.IN_REVIEW if rng.random() < 0.2 else IssueState.CLOSED
