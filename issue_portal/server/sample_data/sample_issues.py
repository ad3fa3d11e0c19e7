"""Fills an empty database with sample issues of three months, for demonstrations.

The newest 40 are hand-written: every state and type of report occurs, with its history. About 110
older ones repeat their texts, as `older_stories` says, so that charts show a trend: reports rise
with a new version of the assistant, ignored files peak three weeks ago, and reviews become faster.
"""

import time
from collections.abc import Mapping

from sqlalchemy import Connection

from issue_portal.models.vocabulary import HistoryAction, IssueState, Role
from issue_portal.server.db import (
    count_rollups,
    ids,
    queries_counts,
    queries_history,
    queries_issues,
    queries_organisations,
    queries_projects,
    queries_users,
)
from issue_portal.server.db.issue_filter import IssueFilter
from issue_portal.server.db.queries_history import FieldChange, NewHistoryEntry
from issue_portal.server.db.tables import IssueRow
from issue_portal.server.sample_data.older_stories import make_older_stories
from issue_portal.server.sample_data.stories import Event, SampleData, Story, load_sample_data
from issue_portal.server.services.issue_editor import time_review
from issue_portal.server.services.service import Service


def add_sample_issues(service: Service, language: str) -> bool:
    """Fill an empty database with sample issues; leave any other database as it is.

    Returns whether the database was empty. Texts, types, histories and ages are always the same.
    """
    org_id = service.org_id
    with service.database.write() as connection:
        if queries_counts.count(connection, IssueFilter(org_id, tuple(IssueState))):
            return False
        data = load_sample_data(language)
        people = _add_people(connection, org_id, data)
        for project_id, name in data.projects.items():
            queries_projects.set_project_name(connection, org_id, project_id, name)
        now = int(time.time())
        stories = [*data.stories, *make_older_stories(data.stories)][::-1]
        first = queries_organisations.take_issue_numbers(connection, org_id, len(stories))
        rows, entries = [], []
        for number, story in enumerate(stories, first):
            row = _make_row(org_id, number, now - story.age, story, people)
            rows.append(row)
            for position, event in enumerate(story.history, 2):
                actor = people[event.by or data.first_reviewer]
                entries.append((row.id, position, _apply(row, event, actor)))
        queries_issues.add_issues(connection, rows)
        queries_history.add_entries(connection, org_id, entries)
        count_rollups.record(connection, org_id, added=rows)
    return True


def _add_people(connection: Connection, org_id: str, data: SampleData) -> dict[str, str]:
    """Add reporters and reviewers; return their user ids by key."""
    return {
        key: queries_users.ensure_user(connection, org_id, f"{key}@example.com", name, role).id
        for names, role in ((data.reporters, Role.MEMBER), (data.reviewers, Role.ADMIN))
        for key, name in names.items()
    }


def _make_row(
    org_id: str, number: int, created_at: int, story: Story, people: Mapping[str, str]
) -> IssueRow:
    """Return the row of a story before anything has happened to it."""
    return IssueRow(
        org_id=org_id,
        id=ids.new_id("issue"),
        number=number,
        description=story.text,
        type=story.type,
        state=IssueState.NOT_REVIEWED,
        thread_id=story.thread_id,
        reported_interaction_id=story.reported_interaction_id,
        project_id=story.project,
        created_at=created_at,
        updated_at=created_at,
        created_by=people[story.reporter] if story.reporter else None,
    )


def _apply(row: IssueRow, event: Event, actor: str) -> NewHistoryEntry:
    """Change a row as the event says; return the entry for the history."""
    at = row.created_at + event.after
    action = HistoryAction.UPDATED
    if event.state is IssueState.DELETED:
        action = HistoryAction.DELETED
    elif row.state == IssueState.DELETED:
        action = HistoryAction.RESTORED
    elif event.state is not None:
        times = time_review(row, event.state, at)
        row.reviewed_at, row.closed_at = times.reviewed_at, times.closed_at
    values = {"is_read": event.read, "state": event.state, "type": event.type}
    changes = []
    for name, new in values.items():
        if new is not None:
            changes.append(FieldChange(name, getattr(row, name), new))
            setattr(row, name, new)
    row.updated_at = at
    return NewHistoryEntry(at, action, actor, tuple(changes))
