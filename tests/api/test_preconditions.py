"""Conditional requests: If-Match and If-None-Match."""

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
