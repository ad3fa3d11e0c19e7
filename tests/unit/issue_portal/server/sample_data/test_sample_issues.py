"""Sample issues are stored like issues that people reported and reviewed."""

import time

import pytest
from sqlalchemy import select

from issue_portal.core.secret_keys import SecretKeys
from issue_portal.core.settings import Settings
from issue_portal.models.vocabulary import HistoryAction, IssueState, Role
from issue_portal.server.db import count_rollups
from issue_portal.server.db.tables import history, issues, projects, users
from issue_portal.server.sample_data.languages import list_languages
from issue_portal.server.sample_data.sample_issues import add_sample_issues
from issue_portal.server.sample_data.stories import load_sample_data
from issue_portal.server.services.service import open_service


@pytest.fixture(scope="module", params=list_languages())
def language(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def service(language, tmp_path_factory):
    """A service with the sample issues of a language."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"))
    opened = open_service(settings, SecretKeys("a key of this test, long enough for one"))
    assert add_sample_issues(opened, language)
    yield opened
    opened.database.close()


def read_rows(service, query):
    with service.database.read() as connection:
        return connection.execute(query).all()


@pytest.fixture
def rows(service):
    """All issues, newest first."""
    return read_rows(service, select(issues).order_by(issues.c.number.desc()))


@pytest.fixture
def histories(service):
    """The entries of each issue by its id, oldest first."""
    entries = {}
    for entry in read_rows(service, select(history).order_by(history.c.position)):
        entries.setdefault(entry.issue_id, []).append(entry)
    return entries


def test_newest_issues_are_the_stories_of_the_file(rows, language):
    stories = load_sample_data(language).stories
    newest = rows[: len(stories)]
    assert [row.description for row in newest] == [story.text for story in stories]
    now = time.time()
    for row, story in zip(newest, stories, strict=True):
        assert now - row.created_at == pytest.approx(story.age, abs=120)
        assert (row.created_by is None) == (story.reporter is None)
        assert row.project_id == story.project


def test_histories_lead_to_the_state_type_and_read_mark(rows, histories):
    """Replay each history backwards to the report, and forwards to the issue."""
    for row in rows:
        created, *entries = histories[row.id]
        assert (created.action, created.at) == (HistoryAction.CREATED, row.created_at)
        assert created.actor == row.created_by
        values = {"state": IssueState.NOT_REVIEWED, "is_read": False}
        for entry in entries:
            for change in entry.changes:
                assert values.get(change["field"], change["old"]) == change["old"]
                assert change["new"] != change["old"]
                values[change["field"]] = change["new"]
        assert (row.state, row.is_read) == (values["state"], values["is_read"])
        assert row.type == values.get("type", row.type)
        assert row.updated_at == histories[row.id][-1].at


def test_times_of_the_review_match_the_state(rows, histories):
    for row in rows:
        moves = [entry.at for entry in histories[row.id] if "state" in str(entry.changes)]
        if row.state == IssueState.CLOSED:
            assert (row.reviewed_at, row.closed_at) == (moves[0], moves[-1])
        elif row.state == IssueState.IN_REVIEW:
            assert (row.reviewed_at, row.closed_at) == (moves[0], None)
        else:
            assert row.closed_at is None


def test_reviewers_and_the_reporter_act(service, rows, histories):
    roles = {user.id: user.role for user in read_rows(service, select(users))}
    reporters = {row.id: row.created_by for row in rows}
    withdrawn = []
    for issue_id, (_, *entries) in histories.items():
        for entry in entries:
            if roles[entry.actor] != Role.ADMIN:
                assert entry.actor == reporters[issue_id]
                withdrawn.append(entry.action)
    assert withdrawn == [HistoryAction.DELETED]


def test_projects_have_names(service, language):
    stored = {row.id: row.name for row in read_rows(service, select(projects))}
    assert stored == load_sample_data(language).projects


def test_counts_match_the_issues(service):
    with service.database.read() as connection:
        assert count_rollups.find_differences(connection, service.org_id) == 0


def test_issues_are_added_once(service, language, rows):
    assert not add_sample_issues(service, language)
    assert len(read_rows(service, select(issues.c.id))) == len(rows)
