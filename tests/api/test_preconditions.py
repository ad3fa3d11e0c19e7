"""Conditional requests: If-Match and If-None-Match."""

import uuid

import pytest
from sqlalchemy import update

from issue_portal.server.db.tables import users
from tests.api.problem_documents import assert_problem


def test_entity_tag_changes_with_the_issue(reviewer, member):
    issue = member.report()
    path = f"/issue/{issue['id']}"
    tag = reviewer("GET", path).headers["etag"]
    assert reviewer("GET", path, headers={"If-None-Match": tag}).status_code == 304
    changed = reviewer("PUT", path, json={"state": "InReview"}, headers={"If-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] == reviewer("GET", path).headers["etag"] != tag
    assert_problem(reviewer("PUT", path, json={"state": "Closed"}, headers={"If-Match": tag}), 412)
    assert_problem(reviewer("DELETE", path, headers={"If-Match": tag}), 412)


@pytest.fixture
def path(member) -> str:
    return f"/issue/{member.report()['id']}"


@pytest.fixture
def tag(reviewer, path) -> str:
    return reviewer("GET", path).headers["etag"]


@pytest.mark.parametrize("pattern", ["{}", "W/{}", '"other", {}', '"a,b",W/{} ,"c"', "*"])
def test_unchanged_issue_is_not_sent_again(reviewer, path, tag, pattern):
    for method in ("GET", "HEAD"):
        response = reviewer(method, path, headers={"If-None-Match": pattern.format(tag)})
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["etag"] == tag
        assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("pattern", ['"other"', "", "unquoted", '"*"', "{} x", "*, {}", '"a" {}'])
def test_changed_issue_is_sent(reviewer, path, tag, pattern):
    headers = {"If-None-Match": pattern.format(tag)}
    assert reviewer("GET", path, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("pattern", "status"),
    [
        ("{}", 200),
        ("*", 200),
        ('"other", {}', 200),
        ('"a,b",{}', 200),
        (", {} ,,", 200),
        ("*, {}", 412),
        ("{} x", 412),
        ('"a" {}', 412),
        ('"a b", {}', 412),
        ("W/{}", 412),
        ('"other"', 412),
        ("", 412),
        ('"*"', 412),
    ],
)
def test_if_match_compares_strongly(reviewer, path, tag, pattern, status):
    headers = {"If-Match": pattern.format(tag)}
    assert reviewer("PUT", path, json={"is_read": False}, headers=headers).status_code == status
    assert reviewer("GET", path, headers=headers).status_code == status
    assert reviewer("PUT", path, json={"is_read": True}, headers=headers).status_code == status


def test_renaming_a_person_or_a_project_is_no_change_of_the_issue(api, member, reviewer):
    project = uuid.uuid4().hex
    path = f"/issue/{member.report(project_id=project)['id']}"
    me = member("GET", "/me").json()
    for rename in (
        lambda: reviewer("PUT", f"/project/{project}", json={"name": "Handbook"}),
        lambda: set_name(api, me, "Another Name"),
    ):
        tag = reviewer("GET", path).headers["etag"]
        rename()
        response = reviewer("GET", path, headers={"If-None-Match": tag})
        assert response.status_code == 200
        assert response.headers["etag"] != tag
        changed = reviewer("PUT", path, json={"is_read": False}, headers={"If-Match": tag})
        assert changed.status_code == 200


def set_name(api, user: dict, name: str) -> None:
    with api.database.write() as connection:
        connection.execute(update(users).where(users.c.id == user["id"]).values(name=name))


def test_lines_of_a_header_are_one_list(reviewer, path, tag):
    lines = [("If-None-Match", '"other"'), ("If-None-Match", tag)]
    assert reviewer("GET", path, headers=lines).status_code == 304


@pytest.mark.parametrize("pattern", ["{}", "W/{}", "*"])
def test_excluded_version_is_not_changed(reviewer, path, tag, pattern):
    headers = {"If-None-Match": pattern.format(tag)}
    assert_problem(reviewer("PUT", path, json={"is_read": True}, headers=headers), 412)
    assert_problem(reviewer("PATCH", path, json={"is_read": True}, headers=headers), 412)
    assert_problem(reviewer("DELETE", path, headers=headers), 412)
    assert reviewer("GET", path).headers["etag"] == tag


def test_if_match_comes_before_if_none_match(reviewer, path, tag):
    headers = {"If-Match": '"other"', "If-None-Match": tag}
    assert_problem(reviewer("GET", path, headers=headers), 412)


def test_edit_of_an_issue_that_was_read_in_the_meantime_is_outdated(member, reviewer, path):
    tag = member("GET", path).headers["etag"]
    reviewer("PUT", path, json={"is_read": True})
    edit = {"description": "corrected", "is_read": False}
    assert_problem(member("PUT", path, json=edit, headers={"If-Match": tag}), 412)
    assert_problem(member("PUT", path, json=edit), 403)


def test_withdrawal_of_an_issue_under_review_is_outdated(member, reviewer, path):
    tag = member("GET", path).headers["etag"]
    reviewer("PUT", path, json={"state": "InReview"})
    assert_problem(member("DELETE", path, headers={"If-Match": tag}), 412)
    assert_problem(member("DELETE", path), 403)


def test_conditions_come_after_the_existence_of_the_issue(reviewer, path):
    stale = {"If-Match": '"other"'}
    assert_problem(reviewer("GET", "/issue/issue_0000000000000000", headers=stale), 404)
    assert_problem(reviewer("POST", f"{path}/restore", headers=stale), 409)
