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
    monkeypatch.setattr(server_capabilities, "has_extra_filters", lambda: True)
    client.history.return_value = IssueHistory(data=ENTRIES)
    assert issue_history.fetch(make_issue(state=state)) == ENTRIES
    client.history.assert_called_once_with("issue_1", deleted=state == IssueState.DELETED)
    assert learned == [True]


def test_other_servers_are_asked_without_our_parameter(client, monkeypatch):
    monkeypatch.setattr(server_capabilities, "has_extra_filters", lambda: False)
    client.history.return_value = IssueHistory(data=ENTRIES)
    assert issue_history.fetch(make_issue(state=IssueState.DELETED)) == ENTRIES
    client.history.assert_called_once_with("issue_1", deleted=False)


def test_server_without_histories_is_remembered(client, monkeypatch, learned):
    capabilities = server_capabilities.ServerCapabilities(has_history=None)
    monkeypatch.setattr(server_capabilities, "get_capabilities", lambda: capabilities)
    client.history.side_effect = NotFoundError(Problem(status=404))
    assert issue_history.fetch(make_issue()) == ()
    assert learned == [False]
