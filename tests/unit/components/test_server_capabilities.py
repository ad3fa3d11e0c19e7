"""Capabilities of the server are learned from its responses, never from a failure."""

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
def server(monkeypatch, backend) -> Mock:
    """A server whose capabilities are unknown."""
    backend.shares_key = False
    made = Mock()
    monkeypatch.setattr(api_session, "visitor_client", lambda **_: made)
    monkeypatch.setattr(api_session, "client", lambda: made)
    monkeypatch.setattr(server_capabilities, "client", lambda: made, raising=False)
    monkeypatch.setattr(current_user, "get_person", make_user)
    return made


@pytest.mark.parametrize(
    ("answer", "gives", "learned"),
    [
        (errors.NotFoundError(PROBLEM), True, True),
        (errors.NotSupportedError(PROBLEM), False, False),
        (errors.UnreachableError(), True, None),
    ],
)
def test_support_for_receipts_is_learned(server, answer, gives, learned):
    server.look_up_receipt.side_effect = answer
    assert server_capabilities.gives_receipts() is gives
    assert get_capabilities().receipts is learned
    server_capabilities.gives_receipts()
    # Asked once: after a failure again, but not at once.
    assert server.look_up_receipt.call_count == 1


def test_server_that_fails_is_asked_about_receipts_again_after_half_a_minute(server, monkeypatch):
    seconds = iter([0.0, 29.0, 31.0])
    monkeypatch.setattr(server_capabilities.time, "monotonic", lambda: next(seconds))
    server.look_up_receipt.side_effect = errors.UnreachableError()
    for count in (1, 1, 2):
        assert server_capabilities.gives_receipts()
        assert server.look_up_receipt.call_count == count


def test_our_own_api_is_not_asked(server, backend):
    backend.shares_key = True
    assert server_capabilities.gives_receipts()
    assert server_capabilities.can_filter()
    assert server.mock_calls == []


@pytest.mark.parametrize("receipt", [None, "1234-5678-9012-3456"])
def test_anonymous_report_teaches_about_receipts(server, receipt):
    server_capabilities.learn_from_report(make_issue())
    assert get_capabilities().receipts is None
    server_capabilities.learn_from_report(make_issue(created_by=None, receipt=receipt))
    assert get_capabilities().receipts is (receipt is not None)


@pytest.mark.parametrize(
    ("of_the_future", "of_all", "expected", "learned"),
    [
        ([], [make_issue()], True, True),
        ([make_issue()], [make_issue()], False, False),
        ([], [], True, None),
    ],
)
def test_support_for_filters_is_learned(server, of_the_future, of_all, expected, learned):
    pages = [IssuePage(data=tuple(issues)) for issues in (of_the_future, of_all)]
    server.list.side_effect = pages
    assert server_capabilities.can_filter() is expected
    assert get_capabilities().filters is learned


def test_server_that_refuses_filters_has_none(server):
    server.list.side_effect = errors.BadRequestError(PROBLEM)
    assert server_capabilities.can_filter() is False
    assert server_capabilities.can_filter() is False
    assert server.list.call_count == 1


def test_server_without_a_current_user_is_asked_once(server):
    server.me.side_effect = errors.NotFoundError(PROBLEM)
    assert server_capabilities.fetch_me() is None
    assert server_capabilities.fetch_me() is None
    assert server.me.call_count == 1


def test_visitor_has_no_user_on_any_server(server, monkeypatch):
    monkeypatch.setattr(current_user, "get_person", lambda: None)
    assert server_capabilities.fetch_me() is None
    assert get_capabilities().knows_people is None
    server.me.assert_not_called()


def test_required_fields_are_remembered(server):
    server_capabilities.learn_from_refusal({"project_id"})
    server_capabilities.learn_from_refusal({"config"})
    assert get_capabilities().required_fields == {"project_id", "config"}
