"""Deleted issues: who can see and restore them, and in which state they come back."""

import json
import uuid
from unittest.mock import Mock

import pytest
from sqlalchemy import update

from issue_portal.core.problems import ForbiddenError
from issue_portal.models.vocabulary import Role
from issue_portal.server.db.tables import history
from issue_portal.server.services.issue_access import REPORTER_CHANGE_LIMIT, check_may_restore
from issue_portal.server.services.principal import Principal
from tests.api.problem_documents import assert_problem


def restore(caller, path: str, **headers: str):
    return caller("POST", f"{path}/restore", headers=headers)


@pytest.mark.parametrize("state", ["NotReviewed", "InReview", "Closed"])
def test_restored_issue_has_its_state_and_values_again(member, reviewer, state):
    path = f"/issue/{member.report(project_id='p')['id']}"
    before = reviewer("PUT", path, json={"state": state, "is_read": True}).json()
    reviewer("DELETE", path)
    response = restore(reviewer, path)
    assert response.status_code == 200
    assert response.json() | {"updated_at": ""} == before | {"updated_at": ""}
    assert response.headers["etag"] == reviewer("GET", path).headers["etag"]
    entry = reviewer("GET", f"{path}/history").json()["data"][-1]
    assert (entry["action"], entry["by"]["name"]) == ("restored", reviewer.name)
    assert entry["changes"] == [{"field": "state", "old": "Deleted", "new": state}]


def test_issue_can_be_deleted_and_restored_again(member, reviewer):
    path = f"/issue/{member.report()['id']}"
    for state in ("Closed", "NotReviewed", "InReview"):
        reviewer("PUT", path, json={"state": state})
        reviewer("PUT", path, json={"state": "Deleted"})
        assert restore(reviewer, path).json()["state"] == state


def test_only_deleted_issues_can_be_restored(member, reviewer):
    path = f"/issue/{member.report()['id']}"
    for caller in (member, reviewer):
        assert assert_problem(restore(caller, path), 409)["code"] == "not_deleted"
    assert_problem(restore(reviewer, "/issue/issue_0000000000000000"), 404)


def test_reporters_can_restore_what_they_have_withdrawn_themselves(
    member, other_member, visitor, reviewer
):
    path = f"/issue/{member.report()['id']}"
    member("DELETE", path)
    assert_problem(restore(other_member, path), 404)
    assert_problem(restore(visitor, path), 403)
    assert restore(member, path).json()["state"] == "NotReviewed"
    reviewer("DELETE", path)
    assert_problem(restore(member, path), 403)


def test_reporters_can_restore_for_a_minute_only(api, member, reviewer):
    path = f"/issue/{member.report()['id']}"
    member("DELETE", path)
    with api.database.write() as connection:
        of_issue = history.c.issue_id == path.removeprefix("/issue/")
        connection.execute(update(history).where(of_issue).values(at=history.c.at - 61))
    assert_problem(restore(member, path), 403)
    assert restore(reviewer, path).status_code == 200


def test_the_last_second_to_restore_is_a_whole_one(monkeypatch):
    clock = Mock(time=Mock(return_value=1_000_060.9))
    monkeypatch.setattr("issue_portal.server.services.issue_access.time", clock)
    principal = Principal(Role.MEMBER, "user_1", "user_1")
    row, deletion = Mock(created_by="user_1"), Mock(actor="user_1", at=1_000_000)
    check_may_restore(principal, row, deletion)
    clock.time.return_value = 1_000_061.0
    with pytest.raises(ForbiddenError, match="60 seconds"):
        check_may_restore(principal, row, deletion)


def test_withdrawal_within_the_limit_of_changes_can_be_undone(member):
    path = f"/issue/{member.report()['id']}"
    for number in range(REPORTER_CHANGE_LIMIT - 1):
        member("PUT", path, json={"description": f"words {number}"})
    member("DELETE", path)
    assert restore(member, path).status_code == 200
    assert_problem(member("DELETE", path), 403)


def test_restore_is_refused_after_another_change(member, reviewer):
    path = f"/issue/{member.report()['id']}"
    outdated = reviewer("GET", path).headers["etag"]
    reviewer("DELETE", path)
    deleted = reviewer("GET", path, params={"deleted": True}).headers["etag"]
    assert_problem(restore(reviewer, path, **{"If-Match": outdated}), 412)
    assert restore(reviewer, path, **{"If-Match": deleted}).status_code == 200


def test_only_reviewers_see_a_deleted_issue_on_request(member, reviewer):
    path = f"/issue/{member.report()['id']}"
    assert member("GET", path, params={"deleted": True}).status_code == 200
    member("DELETE", path)
    assert reviewer("GET", path, params={"deleted": True}).json()["state"] == "Deleted"
    for caller, deleted in ((reviewer, False), (member, True)):
        assert_problem(caller("GET", path, params={"deleted": deleted}), 404)
    for params in ({"deleted": "perhaps"}, {"delete": True}):
        assert_problem(reviewer("GET", path, params=params), 400)
        assert_problem(reviewer("GET", f"{path}/history", params=params), 400)


def test_only_reviewers_see_the_history_of_a_deleted_issue_on_request(member, reviewer):
    path = f"/issue/{member.report()['id']}"
    member("DELETE", path)
    history_ = reviewer("GET", f"{path}/history", params={"deleted": True}).json()["data"]
    assert [entry["action"] for entry in history_] == ["created", "deleted"]
    for caller, deleted in ((reviewer, False), (member, True)):
        assert_problem(caller("GET", f"{path}/history", params={"deleted": deleted}), 404)


def test_deleted_issue_of_an_import_comes_back_as_not_reviewed(api, reviewer, tmp_path):
    """Imported issues have no history that names their earlier state."""
    issue = {"id": f"issue_{uuid.uuid4().hex[:16]}", "type": "Other", "state": "Deleted"}
    (tmp_path / "issues.jsonl").write_text(json.dumps(issue))
    assert api.run_command("import", str(tmp_path / "issues.jsonl")).returncode == 0
    assert restore(reviewer, f"/issue/{issue['id']}").json()["state"] == "NotReviewed"
