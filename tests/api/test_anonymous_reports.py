"""Anonymous reports have a receipt, but no creator and no invisible characters."""

import uuid

import pytest
from sqlalchemy import MetaData, select

from tests.api.conftest import ApiCaller
from tests.api.problem_documents import assert_problem


def test_anonymous_issue_has_no_creator_and_a_receipt(visitor, member, reviewer):
    for caller in (visitor, member):
        issue = caller.report("secret", anonymous=True)
        assert issue["created_by"] is None
        seen = reviewer("GET", f"/issue/{issue['id']}").json()
        assert "receipt" not in seen
        assert seen["created_by"] is None
        looked_up = visitor("POST", "/issue/receipt", json={"receipt": issue["receipt"]})
        view = looked_up.json()
        assert view["issue_number"] == issue["issue_number"]
        assert view["state"] == "NotReviewed"
        assert [entry["action"] for entry in view["history"]] == ["created"]
        assert looked_up.headers["cache-control"] == "no-store"


def test_anonymous_issue_is_not_listed_for_its_creator(member, reviewer):
    member.report(anonymous=True)
    assert member.list_issues() == []
    me = member("GET", "/me").json()
    assert reviewer.list_issues(created_by=me["id"]) == []


def test_repeated_anonymous_request_gets_the_same_receipt(visitor):
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    body = {"description": "x", "resource_type": "Thread", "type": "Other", "anonymous": True}
    receipts = {
        visitor("POST", "/issue", json=body, headers=headers).json()["receipt"] for _ in range(2)
    }
    assert len(receipts) == 1


@pytest.mark.parametrize("pattern", ["{0}", " {0} ", "{1}", "{2}"])
def test_receipt_ignores_spaces_and_dashes(visitor, pattern):
    receipt = visitor.report(anonymous=True)["receipt"]
    text = pattern.format(receipt, receipt.replace("-", ""), receipt.replace("-", " "))
    assert visitor("POST", "/issue/receipt", json={"receipt": text}).status_code == 200


@pytest.mark.parametrize("receipt", ["", "0000-0000-0000-0000", "abc", "'", "٠" * 16])
def test_wrong_receipts_get_the_same_response(visitor, receipt):
    body = assert_problem(visitor("POST", "/issue/receipt", json={"receipt": receipt}), 404)
    assert body["detail"] == "No report has this receipt."


def test_receipt_shows_the_review_but_not_the_reviewer(visitor, reviewer):
    issue = visitor.report(anonymous=True)
    reviewer("PUT", f"/issue/{issue['id']}", json={"state": "InReview", "is_read": True})
    response = visitor("POST", "/issue/receipt", json={"receipt": issue["receipt"]})
    assert reviewer.name not in response.text
    assert "is_read" not in response.text
    assert response.json()["state"] == "InReview"


def test_anonymous_reporter_is_in_no_log_and_in_no_table_but_users(api, member):
    me = member("GET", "/me").json()
    member.report("an anonymous text", anonymous=True)
    schema = MetaData()
    with api.database.read() as connection:
        # All tables of the database, even if the program does not use them.
        schema.reflect(connection)
        assert {"users", "issues", "idempotency"} <= schema.tables.keys()
        for name, table in schema.tables.items():
            for row in connection.execute(select(table)):
                if me["id"] in str(row) or me["email"] in str(row):
                    assert name == "users", f"{name}: {row}"
    assert me["email"] not in api.log
    assert "127.0.0.1" not in api.log.replace("http://127.0.0.1", "")


TEXT_WITH_HIDDEN_MARKS = "It broke off.\u200b\U000e0041 \u00a0\t "


def test_invisible_characters_are_removed_from_anonymous_reports(api, reviewer):
    visitor = ApiCaller(api.url, api.visitor_token())
    config = {"thread_id": "t1\u200b", "reported_interaction_id": " i1"}
    fields = {"description": TEXT_WITH_HIDDEN_MARKS, "project_id": "sales\u2060 ", "config": config}
    created = visitor.report(anonymous=True, **fields)
    listed = reviewer("GET", "/issue", params={"include": "Project", "page_size": 100}).json()[
        "data"
    ]
    [stored] = [issue for issue in listed if issue["id"] == created["id"]]
    assert stored["description"] == created["description"] == "It broke off."
    assert stored["project"]["id"] == "sales"
    assert stored["data"] == {"thread_id": "t1", "reported_interaction_id": "i1"}
    # Reports by name keep their text unchanged.
    assert reviewer.report(TEXT_WITH_HIDDEN_MARKS)["description"] == TEXT_WITH_HIDDEN_MARKS


@pytest.mark.parametrize("fields", [{"description": "\u200b\U000e0041"}, {"project_id": "\u2800"}])
def test_anonymous_report_of_invisible_characters_is_refused(api, fields):
    visitor = ApiCaller(api.url, api.visitor_token())
    body = {"description": "x", "resource_type": "Thread", "type": "Other", "anonymous": True}
    assert_problem(visitor("POST", "/issue", json=body | fields), 400, next(iter(fields)))


def test_repeated_anonymous_report_with_invisible_characters_is_stored_once(api):
    visitor = ApiCaller(api.url, api.visitor_token())
    body = {
        "description": TEXT_WITH_HIDDEN_MARKS,
        "resource_type": "Thread",
        "type": "Other",
        "anonymous": True,
    }
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    first, second = (visitor("POST", "/issue", json=body, headers=headers) for _ in range(2))
    assert first.json()["id"] == second.json()["id"]
