"""The lists of users and projects, and the names of projects."""

import uuid
from urllib.parse import quote

import pytest

from tests.api.problem_documents import assert_problem


def walk(caller, path: str, *, forward: bool = True, **filters: str) -> list[dict]:
    """Return the items of all pages."""
    items: list[dict] = []
    params: dict = filters | {"first" if forward else "last": 7}
    while True:
        page = caller("GET", path, params=params).json()
        items = items + page["data"] if forward else page["data"] + items
        if not page["has_next_page" if forward else "has_previous_page"]:
            assert len(items) == page["total_count"]
            return items
        if forward:
            params["after"] = page["next_cursor"]
        else:
            params["before"] = page["previous_cursor"]


@pytest.fixture
def project_ids(member) -> list[str]:
    """Ids of ten projects, each with an issue."""
    ids = [f"{uuid.uuid4().hex}-{number}" for number in range(10)]
    for project_id in ids:
        member.report(project_id=project_id)
    return ids


def test_pages_of_users_are_sorted_by_name(reviewer, member, other_member):
    for caller in (member, other_member):
        caller("GET", "/me")
    users = walk(reviewer, "/user")
    assert {member.name, other_member.name} <= {user["name"] for user in users}
    assert walk(reviewer, "/user", forward=False) == users
    by_number = reviewer("GET", "/user", params={"page": 2, "page_size": 2}).json()
    assert by_number["data"] == users[2:4]
    assert by_number["has_previous_page"]


@pytest.mark.parametrize("path", ["/user", "/project"])
def test_invalid_paging_is_refused(reviewer, path):
    issue_cursor = reviewer.report() and reviewer("GET", "/issue?first=1").json()
    for params in (
        {"page": 0},
        {"page_size": 101},
        {"page": 1, "first": 1},
        {"first": 1, "last": 1},
        {"after": "x"},
        {"after": issue_cursor.get("next_cursor", "x")},
        {"unknown": 1},
    ):
        assert_problem(reviewer("GET", path, params=params), 400)


def test_users_and_projects_are_sorted_in_either_order(reviewer, member, project_ids):
    member("GET", "/me")
    for path in ("/user", "/project"):
        items = walk(reviewer, path)
        assert len(items) >= 2
        for order in ("ASC", "ASC_NULLS_LAST"):
            assert walk(reviewer, path, page_order=order) == items
        for order in ("DESC", "DESC_NULLS_FIRST"):
            assert walk(reviewer, path, page_order=order) == items[::-1]
        assert_problem(reviewer("GET", path, params={"page_order": "UP"}), 400, "page_order")


def test_projects_have_counts_of_their_existing_issues(reviewer, member, project_ids):
    deleted = member.report(project_id=project_ids[0])["id"]
    reviewer("DELETE", f"/issue/{deleted}")
    member.report(project_id=project_ids[1])
    projects = walk(reviewer, "/project")
    assert walk(reviewer, "/project", forward=False) == projects
    counts = {project["id"]: project["count"] for project in projects}
    assert [counts[project_id] for project_id in project_ids] == [1, 2] + [1] * 8
    assert all(p["name"] == p["id"] for p in projects if p["id"] in project_ids)


@pytest.mark.parametrize("suffix", ["", "/with/slashes", " and blanks ü%", "\nline"])
def test_named_project_has_its_name_everywhere(reviewer, member, suffix):
    project = f"{uuid.uuid4().hex}{suffix}"
    path = f"/project/{quote(project, safe='')}"
    named = reviewer("PUT", path, json={"name": "Hand book"})
    assert (named.status_code, named.json()) == (
        200,
        {"id": project, "name": "Hand book", "count": 0},
    )
    issue = member.report(project_id=project)
    shown = {"id": project, "name": "Hand book"}
    assert issue["project"] == shown
    assert reviewer("GET", f"/issue/{issue['id']}").json()["project"] == shown
    assert reviewer.list_issues(projects=project, include="Project")[0]["project"] == shown
    renamed = reviewer("PUT", path, json={"name": "Other"}).json()
    assert renamed == {"id": project, "name": "Other", "count": 1}
    assert renamed in walk(reviewer, "/project")


def test_statistics_name_projects(reviewer, member):
    project = uuid.uuid4().hex
    reviewer("PUT", f"/project/{project}", json={"name": "Busy"})
    for _ in range(12):
        member.report(project_id=project)
    by_project = reviewer("GET", "/issue/stats").json()["by_project"]
    assert {"project": {"id": project, "name": "Busy"}, "count": 12} in by_project


@pytest.mark.parametrize("name", ["", " ", "x" * 201, "a\x00", None, 5])
def test_invalid_name_of_a_project_is_refused(reviewer, name):
    assert_problem(reviewer("PUT", "/project/p", json={"name": name}), 400, "name")


def test_only_reviewers_use_projects(member, visitor):
    for caller in (member, visitor):
        assert_problem(caller("GET", "/project"), 403)
        assert_problem(caller("PUT", "/project/p", json={"name": "Mine"}), 403)
