"""The capabilities of the server are learned from its responses, but not from failures."""

from unittest.mock import Mock

import pytest

from auth import current_user
from components import api_session, server_capabilities
from components.server_capabilities import get_capabilities
from issue_portal.client import errors
from issue_portal.models.responses import IssuePage, Problem
from tests.factories import make_issue, make_user

PROBLEM = Problem(status=400, title="Refused")


@pytest.fixture
def remote_client(monkeypatch, backend) -> Mock:
    """The client of a remote server with unknown capabilities."""
    backend.accepts_portal_tokens = False
    client = Mock()
    monkeypatch.setattr(api_session, "visitor_client", lambda **_: client)
    monkeypatch.setattr(api_session, "client", lambda: client)
    monkeypatch.setattr(current_user, "get_person", make_user)
    return client


@pytest.mark.parametrize(
    ("error", "expected", "capability"),
    [
        (errors.NotFoundError(PROBLEM), True, True),
        (errors.NotSupportedError(PROBLEM), False, False),
        (errors.UnreachableError(), True, None),
    ],
)
def test_support_of_receipts_is_learned_from_one_look_up(
    remote_client, error, expected, capability
):
    remote_client.look_up_receipt.side_effect = error
    assert server_capabilities.gives_receipts() is expected
    assert get_capabilities().receipts is capability
    server_capabilities.gives_receipts()
    assert remote_client.look_up_receipt.call_count == 1


def test_failed_look_up_is_repeated_after_30_seconds(remote_client, monkeypatch):
    seconds = iter([0.0, 29.0, 31.0])
    monkeypatch.setattr(server_capabilities.time, "monotonic", lambda: next(seconds))
    remote_client.look_up_receipt.side_effect = errors.UnreachableError()
    for count in (1, 1, 2):
        assert server_capabilities.gives_receipts()
        assert remote_client.look_up_receipt.call_count == count


def test_our_own_api_gets_no_requests_for_capabilities(remote_client, backend):
    backend.accepts_portal_tokens = True
    assert server_capabilities.gives_receipts()
    assert server_capabilities.can_filter()
    assert remote_client.mock_calls == []


@pytest.mark.parametrize("receipt", [None, "1234-5678-9012-3456"])
def test_support_of_receipts_is_learned_only_from_anonymous_reports(remote_client, receipt):
    server_capabilities.learn_from_report(make_issue())
    assert get_capabilities().receipts is None
    server_capabilities.learn_from_report(make_issue(created_by=None, receipt=receipt))
    assert get_capabilities().receipts is (receipt is not None)


@pytest.mark.parametrize(
    ("future_issues", "all_issues", "expected", "capability"),
    [
        ([], [make_issue()], True, True),
        ([make_issue()], [make_issue()], False, False),
        ([], [], True, None),
    ],
)
def test_support_of_filters_is_learned_from_two_lists(
    remote_client, future_issues, all_issues, expected, capability
):
    pages = [IssuePage(data=tuple(issues)) for issues in (future_issues, all_issues)]
    remote_client.list.side_effect = pages
    assert server_capabilities.can_filter() is expected
    assert get_capabilities().filters is capability


def test_server_that_refuses_filters_is_not_asked_again(remote_client):
    remote_client.list.side_effect = errors.BadRequestError(PROBLEM)
    assert server_capabilities.can_filter() is False
    assert server_capabilities.can_filter() is False
    assert remote_client.list.call_count == 1


def test_server_without_the_route_me_is_not_asked_again(remote_client):
    remote_client.me.side_effect = errors.NotFoundError(PROBLEM)
    assert server_capabilities.fetch_me() is None
    assert server_capabilities.fetch_me() is None
    assert remote_client.me.call_count == 1


def test_visitor_is_not_looked_up(remote_client, monkeypatch):
    monkeypatch.setattr(current_user, "get_person", lambda: None)
    assert server_capabilities.fetch_me() is None
    assert get_capabilities().has_me is None
    remote_client.me.assert_not_called()


def test_required_fields_are_remembered(remote_client):
    server_capabilities.learn_from_refusal({"project_id"})
    server_capabilities.learn_from_refusal({"config"})
    assert get_capabilities().required_fields == {"project_id", "config"}
