"""The history of an issue, from servers that do and do not have it."""

import pytest

from components import server_capabilities
from components.issues import issue_history
from issue_portal.client.errors import NotFoundError
from issue_portal.models.responses import IssueHistory, Problem
from issue_portal.models.vocabulary import IssueState
from tests.factories import make_event, make_issue

ENTRIES = (make_event("created"), make_event("deleted"))


@pytest.fixture(autouse=True)
def learned(monkeypatch) -> list[bool]:
    """What was learned about the server: whether it has histories."""
    values: list[bool] = []
    monkeypatch.setattr(
        server_capabilities, "learn_history", lambda *, exists: values.append(exists)
    )
    return values


@pytest.mark.parametrize("state", [IssueState.CLOSED, IssueState.DELETED])
def test_history_is_that_of_an_existing_or_a_deleted_issue(client, monkeypatch, learned, state):
    monkeypatch.setattr(server_capabilities, "can_restore", lambda: True)
    client.history.return_value = IssueHistory(data=ENTRIES)
    assert issue_history.fetch(make_issue(state=state)) == ENTRIES
    client.history.assert_called_once_with("issue_1", deleted=state == IssueState.DELETED)
    assert learned == [True]


def test_server_that_restores_nothing_is_not_asked_about_deleted_issues(
    client, monkeypatch, learned
):
    """Its refusal would look as if it had no histories at all."""
    monkeypatch.setattr(server_capabilities, "can_restore", lambda: False)
    assert issue_history.fetch(make_issue(state=IssueState.DELETED)) == ()
    client.history.assert_not_called()
    assert learned == []


def test_server_without_histories_is_remembered(client, monkeypatch, learned):
    capabilities = server_capabilities.ServerCapabilities(has_history=None)
    monkeypatch.setattr(server_capabilities, "get_capabilities", lambda: capabilities)
    client.history.side_effect = NotFoundError(Problem(status=404))
    assert issue_history.fetch(make_issue()) == ()
    assert learned == [False]
