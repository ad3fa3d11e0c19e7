"""Changes of several issues in one call."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from issue_portal.server.db.tables import repeatable_calls
from tests.api.conftest import ApiCaller
from tests.api.problem_documents import assert_problem


def change(caller, ids: list[str], key: str | None = None, **fields):
    headers = {"Idempotency-Key": key} if key else {}
    return caller("POST", "/issue/bulk", json={"ids": ids, "change": fields}, headers=headers)


def outcomes(response) -> list[tuple[int, str | None]]:
    assert response.status_code == 200, response.text
    return [(result["status"], result["code"]) for result in response.json()]


@pytest.fixture
def ids(member) -> list[str]:
    return [member.report()["id"] for _ in range(3)]


def test_each_issue_changes_and_has_a_result(reviewer, ids):
    response = change(reviewer, ids, state="Closed")
    assert response.json() == [{"id": i, "status": 200, "code": None} for i in ids]
    assert {reviewer("GET", f"/issue/{i}").json()["state"] for i in ids} == {"Closed"}
    assert outcomes(change(reviewer, ids, is_read=True)) == [(200, None)] * 3
    assert outcomes(change(reviewer, ids, delete=True)) == [(204, None)] * 3
    assert outcomes(change(reviewer, ids, restore=True)) == [(200, None)] * 3
    assert outcomes(change(reviewer, ids, restore=True)) == [(409, "not_deleted")] * 3
    assert {reviewer("GET", f"/issue/{i}").json()["state"] for i in ids} == {"Closed"}
    entries = reviewer("GET", f"/issue/{ids[0]}/history").json()["data"]
    actions = [entry["action"] for entry in entries]
    assert actions == ["created", "updated", "updated", "deleted", "restored"]


def test_results_are_those_of_single_calls(member, other_member, reviewer, ids):
    reviewer("PUT", f"/issue/{ids[1]}", json={"state": "InReview"})
    foreign = other_member.report()["id"]
    asked = [ids[0], ids[1], ids[0], foreign, "issue_0000000000000000", "any text ü/"]
    missing = (404, "not_found")
    expected = [(204, None), (403, "forbidden"), missing, missing, missing, missing]
    response = change(member, asked, delete=True)
    assert outcomes(response) == expected
    assert [result["id"] for result in response.json()] == asked
    assert outcomes(change(member, ids[2:], state="Closed")) == [(403, "forbidden")]


def test_half_of_a_hundred_issues_may_be_gone(member, reviewer):
    ids = [member.report()["id"] for _ in range(100)]
    assert outcomes(change(reviewer, ids[::2], delete=True)) == [(204, None)] * 50
    expected = [(404, "not_found"), (200, None)] * 50
    assert outcomes(change(reviewer, ids, state="InReview")) == expected


def test_no_ids_have_no_results(member):
    assert change(member, [], is_read=True).json() == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"ids": [], "change": {}}, "change"),
        ({"ids": [], "change": {"delete": True, "restore": True}}, "change"),
        ({"ids": [], "change": {"delete": False}}, "change.delete"),
        ({"ids": [], "change": {"delete": 1}}, "change.delete"),
        ({"ids": [], "change": {"restore": 1.0}}, "change.restore"),
        ({"ids": [], "change": {"state": "Lost"}}, "change.state"),
        ({"ids": [], "change": {"type": "Other"}}, "change.type"),
        ({"ids": ["x"] * 101, "change": {"delete": True}}, "ids"),
        ({"ids": [""], "change": {"delete": True}}, "ids.0"),
        ({"ids": ["\ud800"], "change": {"delete": True}}, "ids.0"),
        ({"ids": ["a\x00"], "change": {"delete": True}}, "ids.0"),
        ({"change": {"delete": True}}, "ids"),
    ],
)
def test_invalid_bulk_change_is_refused(reviewer, body, field):
    headers = {"Content-Type": "application/json"}
    response = reviewer("POST", "/issue/bulk", content=json.dumps(body), headers=headers)
    assert_problem(response, 400, field)


def test_visitors_change_nothing(visitor):
    assert_problem(change(visitor, [], delete=True), 403)


def test_repeated_bulk_change_gets_the_first_results(member, reviewer, ids):
    key = uuid.uuid4().hex
    first = change(reviewer, [*ids, "x"], key, delete=True)
    reviewer("POST", f"/issue/{ids[0]}/restore")
    assert change(reviewer, [*ids, "x"], key, delete=True).json() == first.json()
    assert reviewer("GET", f"/issue/{ids[0]}").status_code == 200
    problem = assert_problem(change(reviewer, ids, key, delete=True), 409)
    assert problem["code"] == "idempotency_key_reused"
    # The keys of other people are separate.
    assert outcomes(change(member, ids[:1], key, delete=True)) == [(204, None)]


def test_bulk_change_of_an_anonymous_report_leaves_no_trace(api, member, reviewer, ids):
    """A stored hash of the ids beside one of the member would connect the two."""
    anonymous = member.report(anonymous=True)["id"]
    before = fetch_repeatable_calls(api)
    expected = [(404, "not_found"), (204, None)]
    assert outcomes(change(member, [anonymous, ids[0]], "k" * 16, delete=True)) == expected
    assert outcomes(change(member, [anonymous], "l" * 16, delete=True)) == expected[:1]
    assert outcomes(change(reviewer, ["x"], "m" * 16, delete=True)) == expected[:1]
    assert fetch_repeatable_calls(api) == before


def test_equal_calls_of_two_people_have_no_equal_hashes(api, member, reviewer, ids):
    before = fetch_repeatable_calls(api)
    key = uuid.uuid4().hex
    for caller in (member, reviewer):
        assert outcomes(change(caller, ids, key, is_read=False)) == [(200, None)] * 3
    assert outcomes(change(member, ids, uuid.uuid4().hex, is_read=False)) == [(200, None)] * 3
    added = fetch_repeatable_calls(api) - before
    assert len({key_hash for key_hash, _ in added}) == 3
    assert len({body_hash for _, body_hash in added}) == 3


def fetch_repeatable_calls(api) -> set[tuple[bytes, bytes]]:
    columns = repeatable_calls.c.key_hash, repeatable_calls.c.body_hash
    with api.database.read() as connection:
        return {tuple(row) for row in connection.execute(select(*columns))}


def test_calls_with_several_tokens_of_a_user_wait_for_each_other(api, member, ids):
    """Otherwise a repetition would find the issues already deleted."""
    email = member("GET", "/me").json()["email"]
    arguments = ("token", "create", "--email", email, "--role", "AppMember")
    tokens = [api.run_command(*arguments).stdout.strip() for _ in range(2)]
    callers = [ApiCaller(api.url, token) for token in tokens]
    many, key = [member.report()["id"] for _ in range(50)], uuid.uuid4().hex
    with ThreadPoolExecutor() as pool:
        calls = [pool.submit(change, caller, many, key, delete=True) for caller in callers]
    assert [outcomes(call.result()) for call in calls] == [[(204, None)] * 50] * 2


def test_repeated_restore_of_an_issue_that_is_deleted_again_finds_nothing(member, reviewer, ids):
    path, key = f"/issue/{ids[0]}", {"Idempotency-Key": uuid.uuid4().hex}
    member("DELETE", path)
    assert member("POST", f"{path}/restore", headers=key).status_code == 200
    assert member("POST", f"{path}/restore", headers=key).status_code == 200
    reviewer("DELETE", path)
    assert_problem(member("POST", f"{path}/restore", headers=key), 404)


def test_repeated_restore_changes_nothing(reviewer, ids):
    path, key = f"/issue/{ids[0]}", {"Idempotency-Key": uuid.uuid4().hex}
    reviewer("DELETE", path)
    first = reviewer("POST", f"{path}/restore", headers=key)
    assert first.json()["state"] == "NotReviewed"
    reviewer("PUT", path, json={"state": "Closed"})
    again = reviewer("POST", f"{path}/restore", headers=key)
    assert (again.status_code, again.json()["state"]) == (200, "Closed")
    reviewer("DELETE", path)
    again = reviewer("POST", f"{path}/restore", headers=key)
    assert (again.status_code, again.json()["state"]) == (200, "Deleted")
    assert_problem(reviewer("POST", f"/issue/{ids[1]}/restore", headers=key), 409)
