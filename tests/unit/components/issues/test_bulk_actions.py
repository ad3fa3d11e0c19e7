"""Bulk actions: the changes that they send, and the issues that they leave unchanged."""

import pytest

from components.issues.bulk_actions import BULK_ACTIONS
from issue_portal.client.errors import ServerError, make_error
from issue_portal.models.requests import BulkChange
from issue_portal.models.responses import BulkResult, Problem
from issue_portal.models.vocabulary import IssueState
from tests.factories import make_issue


def make_issues(count: int, **values):
    return [make_issue(id=f"issue_{n}", issue_number=n, **values) for n in range(count)]


def accept_all(ids, _change):
    return tuple(BulkResult(id=issue_id, status=200) for issue_id in ids)


def list_refusals(items) -> dict[int, str]:
    return {item.issue.issue_number: item.refusal for item in items if item.refusal}


@pytest.fixture
def refuse_bulk(client):
    """Make the server one without bulk changes, which answers with this status."""

    def refuse(status: int) -> None:
        client.update_many.side_effect = make_error(Problem(status=status))

    return refuse


@pytest.mark.parametrize(
    ("action", "values", "sent"),
    [
        ("read", {"is_read": False}, BulkChange(is_read=True)),
        ("read", {"is_read": True}, None),
        ("unread", {"is_read": True}, BulkChange(is_read=False)),
        ("start", {"state": "NotReviewed"}, BulkChange(state=IssueState.IN_REVIEW)),
        ("start", {"state": "Parked"}, BulkChange(state=IssueState.IN_REVIEW)),
        ("start", {"state": "InReview"}, None),
        ("start", {"state": "Closed"}, None),
        ("close", {"state": "InReview"}, BulkChange(state=IssueState.CLOSED)),
        ("close", {"state": "Closed"}, None),
        ("delete", {"state": "Closed"}, BulkChange(delete=True)),
    ],
)
def test_action_is_sent_only_where_it_changes_something(client, action, values, sent):
    client.update_many.side_effect = accept_all
    items = list(BULK_ACTIONS[action].apply(client, make_issues(2, **values)))
    assert len(items) == 2
    if sent is None:
        client.update_many.assert_not_called()
    else:
        client.update_many.assert_called_once_with(["issue_0", "issue_1"], sent)
        assert all(item.is_changed for item in items)


def test_start_review_does_not_reopen_a_closed_issue(client):
    client.update_many.side_effect = accept_all
    closed, new = make_issue(issue_number=1, state="Closed"), make_issue(issue_number=2)
    refusals = list_refusals(BULK_ACTIONS["start"].apply(client, [closed, new]))
    assert refusals == {1: "Already closed. Reopen it from its own page."}


def test_many_issues_take_one_call_for_each_hundred(client):
    client.update_many.side_effect = accept_all
    assert len(list(BULK_ACTIONS["read"].apply(client, make_issues(144, is_read=False)))) == 144
    assert [len(call.args[0]) for call in client.update_many.call_args_list] == [100, 44]
    assert len(client.mock_calls) == 2


@pytest.mark.parametrize("status", [404, 405])
def test_without_bulk_changes_each_issue_takes_one_call(client, refuse_bulk, status):
    refuse_bulk(status)
    items = list(BULK_ACTIONS["read"].apply(client, make_issues(144, is_read=False)))
    assert not list_refusals(items)
    assert not any(item.is_changed for item in items)
    assert client.update.call_count == 144
    assert len(client.mock_calls) == 145


def test_without_bulk_changes_failures_are_explained(client, refuse_bulk):
    refuse_bulk(405)
    client.delete.side_effect = [None, make_error(Problem(status=404)), ServerError(Problem())]
    refusals = list_refusals(BULK_ACTIONS["delete"].apply(client, make_issues(3)))
    assert refusals[1] == "Already deleted."
    assert "went wrong on the server" in refusals[2]


def test_refusals_are_explained_by_their_code(client):
    codes = {0: None, 1: "not_found", 2: "forbidden", 3: "unavailable", 4: "something_new"}
    statuses = [200, 404, 403, 503, 500]
    client.update_many.return_value = tuple(
        BulkResult(id=f"issue_{n}", status=statuses[n], code=code) for n, code in codes.items()
    )
    refusals = list_refusals(BULK_ACTIONS["close"].apply(client, make_issues(5)))
    assert refusals[1] == "Already deleted."
    assert "permission" in refusals[2]
    assert "isn't responding" in refusals[3]
    assert "went wrong on the server" in refusals[4]
    assert 0 not in refusals


def test_failed_call_refuses_only_its_own_issues(client):
    client.update_many.side_effect = [
        accept_all([f"issue_{n}" for n in range(100)], None),
        ServerError(Problem(status=500)),
    ]
    refusals = list_refusals(BULK_ACTIONS["close"].apply(client, make_issues(144)))
    assert sorted(refusals) == list(range(100, 144))


@pytest.mark.parametrize("name", list(BULK_ACTIONS))
@pytest.mark.parametrize("count", [1, 2, 1234])
def test_messages_contain_the_number_of_issues(name, count):
    number = f"{count:,}"
    assert BULK_ACTIONS[name].format_done(count).startswith(number)
    question = BULK_ACTIONS[name].format_question(count)
    assert number in question or (not question and name in ("read", "unread"))
