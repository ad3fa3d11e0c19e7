"""Bulk actions: the changes that they send, and the issues that they leave unchanged."""

from unittest.mock import Mock

import pytest

from components.issues.bulk_actions import BULK_ACTIONS
from issue_portal.models.vocabulary import IssueState
from tests.factories import make_issue


@pytest.mark.parametrize(
    ("action", "state", "sent"),
    [
        ("read", "Closed", {"is_read": True}),
        ("unread", "Closed", {"is_read": False}),
        ("start", "NotReviewed", {"state": IssueState.IN_REVIEW, "if_unchanged": True}),
        ("start", "InReview", None),
        ("close", "InReview", {"state": IssueState.CLOSED, "if_unchanged": True}),
        ("close", "NotReviewed", {"state": IssueState.CLOSED, "if_unchanged": True}),
        ("close", "Closed", None),
    ],
)
def test_action_is_sent_unless_the_issue_is_already_in_that_state(action, state, sent):
    client, issue = Mock(), make_issue(state=state)
    assert BULK_ACTIONS[action].apply(client, issue) == ""
    if sent is None:
        client.update.assert_not_called()
    else:
        client.update.assert_called_once_with(issue, **sent)


def test_start_review_does_not_reopen_a_closed_issue():
    client = Mock()
    assert "closed" in BULK_ACTIONS["start"].apply(client, make_issue(state="Closed"))
    client.update.assert_not_called()


def test_delete_sends_the_etag_of_the_fetched_version():
    client = Mock()
    issue = make_issue().model_copy(update={"etag": "v1"})
    assert BULK_ACTIONS["delete"].apply(client, issue) == ""
    client.delete.assert_called_once_with("issue_1", etag="v1")


@pytest.mark.parametrize("name", list(BULK_ACTIONS))
@pytest.mark.parametrize("count", [1, 2, 1234])
def test_messages_contain_the_number_of_issues(name, count):
    number = f"{count:,}"
    assert BULK_ACTIONS[name].format_done(count).startswith(number)
    question = BULK_ACTIONS[name].format_question(count)
    assert number in question or (not question and name in ("read", "unread"))
