"""What the server in use can do is learned from its answers, and a failure teaches nothing."""

from unittest.mock import Mock

import pytest

from auth import current_user
from components import api_session, server_capabilities
from issue_portal.client import errors
from issue_portal.models.responses import IssuePage, Problem
from tests.factories import make_issue, make_user

PROBLEM = Problem(status=400, title="Refused")


@pytest.fixture
def server(monkeypatch, backend) -> Mock:
    """A server of which nothing is learned yet."""
    backend.receipts = backend.filters = backend.knows_people = backend.asked_at = None
    backend.wanted = frozenset()
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
def test_receipts(server, backend, answer, gives, learned):
    server.look_up_receipt.side_effect = answer
    assert server_capabilities.gives_receipts() is gives
    assert backend.receipts is learned
    server_capabilities.gives_receipts()
    # Asked once: after a failure again, but not at once.
    assert server.look_up_receipt.call_count == 1


@pytest.mark.parametrize("receipt", [None, "1234-5678-9012-3456"])
def test_anonymous_report_teaches_about_receipts(server, backend, receipt):
    server_capabilities.learn_from_report(make_issue())
    assert backend.receipts is None
    server_capabilities.learn_from_report(make_issue(created_by=None, receipt=receipt))
    assert backend.receipts is (receipt is not None)


@pytest.mark.parametrize(
    ("of_the_future", "of_all", "expected", "learned"),
    [
        ([], [make_issue()], True, True),
        ([make_issue()], [make_issue()], False, False),
        ([], [], True, None),
    ],
)
def test_filters(server, backend, of_the_future, of_all, expected, learned):
    pages = [IssuePage(data=tuple(issues)) for issues in (of_the_future, of_all)]
    server.list.side_effect = pages
    assert server_capabilities.can_filter() is expected
    assert backend.filters is learned


def test_server_that_refuses_filters_has_none(server, backend):
    server.list.side_effect = errors.BadRequestError(PROBLEM)
    assert server_capabilities.can_filter() is False
    assert server_capabilities.can_filter() is False
    assert server.list.call_count == 1


def test_server_that_does_not_say_who_one_is_is_asked_once(server):
    server.me.side_effect = errors.NotFoundError(PROBLEM)
    assert server_capabilities.me() is None
    assert server_capabilities.me() is None
    assert server.me.call_count == 1


def test_visitor_is_nobody_to_any_server(server, backend, monkeypatch):
    monkeypatch.setattr(current_user, "get_person", lambda: None)
    assert server_capabilities.me() is None
    assert backend.knows_people is None
    server.me.assert_not_called()


def test_fields_that_were_wanted_once_are_always_sent(server):
    server_capabilities.learn_from_refusal({"project_id"})
    server_capabilities.learn_from_refusal({"config"})
    assert server_capabilities.wanted() == {"project_id", "config"}
