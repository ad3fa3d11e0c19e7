"""Actions on several issues: what they change, and which issues they leave alone."""

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
def test_action_skips_issues_already_in_that_state(action, state, sent):
    client, issue = Mock(), make_issue(state=state)
    assert BULK_ACTIONS[action].apply(client, issue) == ""
    if sent is None:
        client.update.assert_not_called()
    else:
        client.update.assert_called_once_with(issue, **sent)


def test_closed_issue_is_not_reopened_among_many():
    client = Mock()
    assert "closed" in BULK_ACTIONS["start"].apply(client, make_issue(state="Closed"))
    client.update.assert_not_called()


def test_only_the_seen_version_is_deleted():
    client = Mock()
    assert BULK_ACTIONS["delete"].apply(client, make_issue()) == ""
    client.delete.assert_called_once_with("issue_1", etag=None)


@pytest.mark.parametrize("name", list(BULK_ACTIONS))
@pytest.mark.parametrize("count", [1, 2, 1234])
def test_messages_have_the_number(name, count):
    number = f"{count:,}"
    assert BULK_ACTIONS[name].format_done(count).startswith(number)
    question = BULK_ACTIONS[name].format_question(count)
    assert number in question or (not question and name in ("read", "unread"))
