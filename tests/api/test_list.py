"""The list of issues: filters, pages, cursors, order, invalid parameters."""

import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issue_portal.models.vocabulary import LIVE_STATES
from issue_portal.server.db.issue_filter import IssueFilter
from issue_portal.server.db.search import fold


def descriptions(issues):
    return [issue["description"] for issue in issues]


@pytest.fixture
def ten_ids(member):
    """Ids of ten issues, oldest first."""
    return [member.report(f"text {number}")["id"] for number in range(10)]


def test_newest_issues_come_first(member, ten_ids):
    assert [issue["id"] for issue in member.list_issues()] == ten_ids[::-1]
    assert [issue["id"] for issue in member.list_issues(page_order="ASC")] == ten_ids


def test_numbered_pages_have_the_right_size_and_neighbours(member, ten_ids):
    first = member("GET", "/issue", params={"page": 1, "page_size": 4}).json()
    last = member("GET", "/issue", params={"page": 3, "page_size": 4}).json()
    assert (first["has_previous_page"], first["has_next_page"]) == (False, True)
    assert (last["has_previous_page"], last["has_next_page"]) == (True, False)
    assert [len(first["data"]), len(last["data"])] == [4, 2]
    assert first["total_count"] == 10


def test_cursors_work_after_issues_were_added_and_deleted(member, ten_ids):
    first = member("GET", "/issue", params={"first": 4}).json()
    member("DELETE", f"/issue/{first['data'][-1]['id']}")
    member.report("added later")
    second = member("GET", "/issue", params={"first": 4, "after": first["next_cursor"]}).json()
    assert descriptions(second["data"]) == ["text 5", "text 4", "text 3", "text 2"]
    back = member("GET", "/issue", params={"last": 4, "before": second["previous_cursor"]}).json()
    assert descriptions(back["data"]) == ["added later", "text 9", "text 8", "text 7"]
    assert descriptions(member("GET", "/issue", params={"last": 2}).json()["data"]) == [
        "text 1",
        "text 0",
    ]


def test_total_count_can_be_omitted(member, ten_ids):
    assert "total_count" not in member("GET", "/issue", params={"total_count": "false"}).json()


def test_list_filters_by_type_and_state(member, reviewer):
    wrong = member.report(type="Inaccurate")
    silent = member.report(type="NoAnswer")
    reviewer("PUT", f"/issue/{silent['id']}", json={"state": "Closed"})
    assert [i["id"] for i in member.list_issues(type="Inaccurate")] == [wrong["id"]]
    assert [i["id"] for i in member.list_issues(states="Closed,InReview")] == [silent["id"]]
    assert len(member.list_issues(type=["Inaccurate", "NoAnswer"])) == 2


@pytest.mark.parametrize(
    ("text", "search"),
    [
        ("The Straße is closed", "STRA"),
        ("ÄRGER in the office", "ärger"),
        ("100% sure", "100%"),
        ("under_score", "r_s"),
        ('it\'s "quoted"', "'s \"q"),
        ("back\\slash", "k\\s"),
        ("日本語のテキスト", "本語"),
        ("OR 1=1 --", "or 1=1"),
    ],
)
def test_search_ignores_case_and_finds_parts_of_words(member, text, search):
    member.report(text)
    member.report("something else")
    assert descriptions(member.list_issues(filter_by_text=search)) == [text]


@given(st.text(max_size=50))
def test_folded_text_has_a_bounded_length(text):
    assert len(fold(text)) <= 4 * len(text)
    assert fold(fold(text)) == fold(text)


def test_search_finds_characters_that_fold_to_many_letters(member):
    member.report("\ufdfa, and more \u3316")
    member.report("something else")
    for search in ("\ufdfa", "\u3316", "\ufdfa, AND MORE \u3316"):
        assert descriptions(member.list_issues(filter_by_text=search)) == [
            "\ufdfa, and more \u3316"
        ]


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_search_in_issues_of_one_reporter_skips_the_full_text_index(dialect):
    by_reporter = IssueFilter("org", LIVE_STATES, created_by=("user_1",), text="budget")
    by_anyone = IssueFilter("org", LIVE_STATES, text="budget")

    assert not by_reporter.uses_search_index
    assert "trigrams" not in by_reporter.list_criteria(dialect)
    assert by_anyone.uses_search_index
    # On PostgreSQL, `search.find_candidates` reads the index.
    assert ("trigrams" in by_anyone.list_criteria(dialect)) == (dialect == "sqlite")


@pytest.mark.parametrize("search", ["%", "_", "\\", "* AND", '"'])
def test_search_has_no_wildcards(member, search):
    member.report("no special characters")
    assert member.list_issues(filter_by_text=search) == []


def test_date_filter_includes_the_start_and_excludes_the_end(member):
    issue = member.report()
    created = datetime.strptime(issue["created_at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    at = int(created.timestamp() * 1000)
    assert len(member.list_issues(start_date=at, end_date=at + 1)) == 1
    assert member.list_issues(start_date=at + 1) == []
    assert member.list_issues(end_date=at) == []


def test_list_filters_by_reporter_and_project(member, other_member, reviewer):
    project = f"project-{uuid.uuid4().hex}"
    first = member.report(project_id=project)
    second = other_member.report(project_id=project)
    me = member("GET", "/me").json()["id"]
    assert [i["id"] for i in reviewer.list_issues(created_by=me)] == [first["id"]]
    assert [i["id"] for i in reviewer.list_issues(projects=project)] == [second["id"], first["id"]]


def test_include_selects_the_embedded_objects(member):
    member.report(project_id="p1")
    assert "created_by" in member.list_issues()[0]
    assert "project" not in member.list_issues()[0]
    issue = member.list_issues(include="User,Project")[0]
    assert issue["project"] == {"id": "p1", "name": "p1"}
    assert "created_by" in issue
    assert "created_by" not in member.list_issues(include="Project")[0]


def test_page_far_beyond_the_last_is_empty(member, reviewer, ten_ids):
    for caller in (member, reviewer):
        page = caller("GET", "/issue", params={"page": 10**9, "page_size": 100})
        assert page.status_code == 200
        assert page.json()["data"] == []
        assert page.json()["has_previous_page"]


@pytest.mark.parametrize(
    "params",
    [
        {"page": "0"},
        {"page": "x"},
        {"page_size": "101"},
        {"page_size": "0"},
        {"page_order": "UP"},
        {"states": "Lost"},
        {"type": "Wrong"},
        {"include": "Secrets"},
        {"start_date": "yesterday"},
        {"start_date": "-1"},
        {"end_date": "9" * 30},
        {"after": "x"},
        {"before": "AAAAAAAAAAAAAAAAAAAAAAAA"},
        {"after": "é"},
        {"first": "0"},
        {"first": "1", "last": "1"},
        {"page": "1", "first": "1"},
        {"total_count": "perhaps"},
        {"filter_by_text": "a\x00b"},
        {"filter_by_text": "x" * 201},
        {"unknown": "1"},
    ],
)
def test_invalid_parameters_are_refused(member, params):
    response = member("GET", "/issue", params=params)
    assert response.status_code == 400, response.text
    assert response.json()["errors"]
