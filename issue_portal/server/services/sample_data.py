"""Sample issues for demonstrations (``ISSUES_DEMO=1``)."""

import random
import time

from issue_portal.models.vocabulary import HistoryAction, IssueState, IssueType, Role
from issue_portal.server.db import (
    count_rollups,
    ids,
    queries_counts,
    queries_history,
    queries_issues,
    queries_organisations,
    queries_users,
)
from issue_portal.server.db.issue_filter import IssueFilter
from issue_portal.server.db.queries_history import FieldChange, NewHistoryEntry
from issue_portal.server.db.tables import IssueRow
from issue_portal.server.services.service import Service

ISSUE_COUNT = 300
MAX_AGE_DAYS = 60

PEOPLE = ("Ada Sample", "Bo Sample", "Cleo Sample", "Dev Sample", "Eva Sample")

TYPE_WEIGHTS = {
    IssueType.NO_ANSWER: 2,
    IssueType.INACCURATE: 5,
    IssueType.NO_CONTEXT_USED: 4,
    IssueType.FORMAT: 3,
    IssueType.OTHER: 1,
}
"""Share of each type among the samples."""

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

PROJECT_WEIGHTS = {"handbook": 5, "sales": 3, "support": 2, None: 4}
"""Share of each project among the samples; the key None is for issues without a project."""


def add_sample_issues(service: Service) -> bool:
    """Fill an empty database with sample issues; leave any other database as it is.

    Returns whether the database was empty. Texts, types and ages are always the same.
    """
    rng = random.Random(1)  # noqa: S311
    org_id = service.org_id
    with service.database.write() as connection:
        if queries_counts.count(connection, IssueFilter(org_id, tuple(IssueState))):
            return False
        people = [
            queries_users.ensure_user(
                connection, org_id, f"{name.split()[0].lower()}@example.com", name, Role.MEMBER
            ).id
            for name in PEOPLE
        ]
        ages = sorted(int(rng.random() ** 1.3 * MAX_AGE_DAYS * 86_400) for _ in range(ISSUE_COUNT))
        now = int(time.time())
        rows = [_make_row(org_id, now, age, people, rng) for age in reversed(ages)]
        first = queries_organisations.take_issue_numbers(connection, org_id, len(rows))
        for number, row in enumerate(rows, first):
            row.number = number
        queries_issues.add_issues(connection, rows)
        entries = [
            (row.id, position, entry)
            for row in rows
            for position, entry in enumerate(_list_state_changes(row), 2)
        ]
        queries_history.add_entries(connection, org_id, entries)
        count_rollups.record(connection, org_id, added=rows)
    return True


def _make_row(org_id: str, now: int, age: int, people: list[str], rng: random.Random) -> IssueRow:
    issue_type = rng.choices(list(TYPE_WEIGHTS), weights=list(TYPE_WEIGHTS.values()))[0]
    reporter = None if rng.random() < 0.35 else rng.choice(people)
    project = rng.choices(list(PROJECT_WEIGHTS), weights=list(PROJECT_WEIGHTS.values()))[0]
    text = rng.choice(TEXTS[issue_type]).format(topic=rng.choice(TOPICS))
    created, state = now - age, _pick_state(age, rng)
    reviewed = None if state is IssueState.NOT_REVIEWED else created + age // 6
    closed = created + age // 3 if state is IssueState.CLOSED else None
    return IssueRow(
        org_id=org_id,
        id=ids.new_id("issue"),
        description=text,
        type=issue_type,
        state=state,
        is_read=state is not IssueState.NOT_REVIEWED or rng.random() < 0.2,
        created_at=created,
        updated_at=closed or reviewed or created,
        reviewed_at=reviewed,
        closed_at=closed,
        created_by=reporter,
        project_id=project,
    )


def _list_state_changes(row: IssueRow) -> list[NewHistoryEntry]:
    """Return the history entries for the changes of an issue's state."""
    review = FieldChange("state", IssueState.NOT_REVIEWED, IssueState.IN_REVIEW)
    closing = FieldChange("state", IssueState.IN_REVIEW, IssueState.CLOSED)
    return [
        NewHistoryEntry(at, HistoryAction.UPDATED, None, (change,))
        for at, change in ((row.reviewed_at, review), (row.closed_at, closing))
        if at
    ]


def _pick_state(age: int, rng: random.Random) -> IssueState:
    if age < rng.uniform(0, 6) * 86_400:
        return IssueState.NOT_REVIEWED
    return IssueState.IN_REVIEW if rng.random() < 0.2 else IssueState.CLOSED
