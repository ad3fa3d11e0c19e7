"""Changes of issues: permissions, states, partial updates and the history."""

import pytest

from issue_portal.server.services.issue_access import REPORTER_CHANGE_LIMIT
from tests.api.problem_documents import assert_problem


def fetch_changes(caller, path: str) -> list[tuple[str, list[dict]]]:
    """Return the entries after the first in the history of an issue."""
    entries = caller("GET", f"{path}/history").json()["data"]
    return [(entry["action"], entry["changes"]) for entry in entries[1:]]


def test_reviewers_move_issues_freely_between_live_states(member, reviewer):
    path = f"/issue/{member.report()['id']}"
    moves = ["InReview", "NotReviewed", "Closed", "NotReviewed", "InReview", "Closed", "InReview"]
    for state in moves:
        response = reviewer("PUT", path, json={"state": state})
        assert (response.status_code, response.json()["state"]) == (200, state)
    old_states = ["NotReviewed", *moves]
    assert fetch_changes(reviewer, path) == [
        ("updated", [{"field": "state", "old": old, "new": new}])
        for old, new in zip(old_states, moves, strict=False)
    ]


def test_reporter_can_edit_again_once_the_issue_is_back_in_the_first_state(member, reviewer):
    path = f"/issue/{member.report()['id']}"
    reviewer("PUT", path, json={"state": "InReview"})
    assert_problem(member("PUT", path, json={"type": "Format"}), 403)
    reviewer("PUT", path, json={"state": "NotReviewed"})
    assert member("PUT", path, json={"type": "Format"}).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_state_deleted_deletes_the_issue(member, reviewer, method):
    path = f"/issue/{member.report()['id']}"
    assert_problem(member(method, path, json={"state": "Deleted"}), 403)
    response = reviewer(method, path, json={"state": "Deleted", "is_read": True})
    assert response.status_code == 200
    assert (response.json()["state"], response.json()["is_read"]) == ("Deleted", True)
    assert_problem(reviewer("GET", path), 404)
    assert_problem(reviewer(method, path, json={"state": "Deleted"}), 404)
    reviewer("POST", f"{path}/restore")
    assert fetch_changes(reviewer, path)[0] == (
        "deleted",
        [
            {"field": "state", "old": "NotReviewed", "new": "Deleted"},
            {"field": "is_read", "old": False, "new": True},
        ],
    )


def test_unknown_state_is_refused(member, reviewer):
    path = f"/issue/{member.report()['id']}"
    for state in ("Lost", "deleted", "", None, 1):
        assert_problem(reviewer("PATCH", path, json={"state": state}), 400, "state")


def test_description_can_be_removed_and_written_again(member):
    issue = member.report("before")
    path = f"/issue/{issue['id']}"
    for text in (None, None, "after"):
        response = member("PUT", path, json={"description": text})
        assert response.json()["description"] == text
    assert member.list_issues(filter_by_text="before") == []
    assert [found["id"] for found in member.list_issues(filter_by_text="after")] == [issue["id"]]
    entries = member("GET", f"{path}/history").json()["data"]
    assert [entry["changes"] for entry in entries] == [[]] + [[{"field": "description"}]] * 2


def test_update_is_partial(member, reviewer):
    issue = member.report("before")
    path = f"/issue/{issue['id']}"
    reviewer("PUT", path, json={"is_read": True})
    changed = reviewer("PATCH", path, json={"type": "Format"}).json()
    assert (changed["is_read"], changed["type"], changed["description"]) == (
        True,
        "Format",
        "before",
    )
    assert_problem(reviewer("PUT", path, json={"created_by": None}), 400, "created_by")


def test_members_can_edit_their_own_issue_until_its_review(member, other_member, reviewer):
    issue = member.report("before")
    path = f"/issue/{issue['id']}"
    changed = member("PUT", path, json={"description": "after", "is_read": False})
    assert changed.json()["description"] == "after"
    assert_problem(member("PUT", path, json={"is_read": True}), 403)
    assert_problem(member("PUT", path, json={"state": "Closed"}), 403)
    assert_problem(other_member("PUT", path, json={"description": "mine"}), 404)
    reviewer("PUT", path, json={"state": "InReview"})
    assert_problem(member("PUT", path, json={"description": "too late"}), 403)
    assert_problem(member("DELETE", path), 403)


def test_members_can_edit_their_own_issue_a_limited_number_of_times(member, reviewer):
    """The history is not paginated, so thousands of entries would delay other requests."""
    path = f"/issue/{member.report()['id']}"
    for number in range(REPORTER_CHANGE_LIMIT):
        assert member("PUT", path, json={"description": f"words {number}"}).status_code == 200
    assert_problem(member("PUT", path, json={"description": "once more"}), 403)
    # An update without a difference does not count.
    again = {"description": f"words {REPORTER_CHANGE_LIMIT - 1}"}
    assert member("PUT", path, json=again).status_code == 200
    assert reviewer("PUT", path, json={"state": "InReview"}).status_code == 200
    assert len(reviewer("GET", f"{path}/history").json()["data"]) == REPORTER_CHANGE_LIMIT + 2


def test_deleted_issues_are_listed_only_for_reviewers_and_on_request(member, reviewer):
    issue = member.report()
    path = f"/issue/{issue['id']}"
    assert member("DELETE", path).status_code == 204
    for caller in (member, reviewer):
        assert_problem(caller("GET", path), 404)
        assert_problem(caller("DELETE", path), 404)
        assert_problem(caller("PUT", path, json={"type": "Other"}), 404)
    me = member("GET", "/me").json()["id"]
    assert reviewer.list_issues(created_by=me) == []
    assert [i["id"] for i in reviewer.list_issues(created_by=me, states="Deleted")] == [issue["id"]]
    assert_problem(member("GET", "/issue", params={"states": "Deleted"}), 403)


def test_history_has_the_user_and_fields_of_each_change(member, reviewer):
    issue = member.report("the first text")
    path = f"/issue/{issue['id']}"
    member("PUT", path, json={"description": "corrected"})
    reviewer("PUT", path, json={"state": "InReview"})
    response = reviewer("GET", f"{path}/history")
    entries = response.json()["data"]
    assert [entry["action"] for entry in entries] == ["created", "updated", "updated"]
    assert [entry["by"]["name"] for entry in entries] == [member.name, member.name, reviewer.name]
    assert entries[2]["changes"] == [{"field": "state", "old": "NotReviewed", "new": "InReview"}]
    assert "the first text" not in response.text
