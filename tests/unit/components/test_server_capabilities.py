"""The capabilities of the server are learned from its responses, but not from failures."""

from unittest.mock import Mock, call

import pytest

from auth import current_user
from components import api_session, list_probes, server_capabilities
from components.server_capabilities import get_capabilities
from issue_portal.client import errors
from issue_portal.client.server_memory import ServerMemory
from issue_portal.models.responses import IssuePage, Problem, Project
from tests.factories import make_issue, make_user

PROBLEM = Problem(status=400, title="Refused")


@pytest.fixture
def remote_client(monkeypatch, backend) -> Mock:
    """The client of a remote server with unknown capabilities."""
    backend.accepts_portal_tokens = backend.is_embedded = False
    backend.memory = ServerMemory()
    client = Mock()
    monkeypatch.setattr(api_session, "visitor_client", lambda **_: client)
    monkeypatch.setattr(api_session, "client", lambda: client)
    monkeypatch.setattr(current_user, "get_person", make_user)
    monkeypatch.setattr(current_user, "get_session_owner", lambda: "ann")
    monkeypatch.setattr(server_capabilities.st, "session_state", {})
    return client


@pytest.mark.parametrize(
    ("error", "key_lifetime", "expected"),
    [
        (errors.NotFoundError(PROBLEM), 86_400, True),
        # Without the other parts of our API, the whole route is missing, not only the receipt.
        (errors.NotFoundError(PROBLEM), 0, False),
        (errors.NotSupportedError(PROBLEM), 0, False),
        (errors.UnreachableError(), 0, None),
    ],
)
def test_support_of_receipts_is_learned_from_one_look_up(
    remote_client, backend, error, key_lifetime, expected
):
    backend.memory.key_lifetime = key_lifetime
    remote_client.look_up_receipt.side_effect = error
    assert server_capabilities.gives_receipts() is expected
    assert get_capabilities().receipts is expected
    server_capabilities.gives_receipts()
    assert remote_client.look_up_receipt.call_count == 1


def test_failed_look_up_is_repeated_after_30_seconds(remote_client, monkeypatch):
    seconds = iter([0.0, 29.0, 31.0])
    monkeypatch.setattr(server_capabilities.time, "monotonic", lambda: next(seconds))
    remote_client.look_up_receipt.side_effect = errors.UnreachableError()
    for count in (1, 1, 2):
        assert server_capabilities.gives_receipts() is None
        assert remote_client.look_up_receipt.call_count == count


def test_our_own_api_gets_no_requests_for_capabilities(remote_client, backend):
    backend.accepts_portal_tokens = backend.is_embedded = True
    assert server_capabilities.gives_receipts()
    assert server_capabilities.can_filter()
    assert server_capabilities.has_extra_filters()
    assert server_capabilities.can_search_all_fields()
    assert remote_client.mock_calls == []


@pytest.mark.parametrize("receipt", [None, "1234-5678-9012-3456"])
def test_support_of_receipts_is_learned_only_from_anonymous_reports(remote_client, receipt):
    server_capabilities.learn_from_report(anonymous=False, receipt=None)
    assert get_capabilities().receipts is None
    server_capabilities.learn_from_report(anonymous=True, receipt=receipt)
    assert get_capabilities().receipts is (receipt is not None)


@pytest.mark.parametrize(("issues", "capability"), [([make_issue()], True), ([], None)])
def test_support_of_filters_is_learned_from_two_lists(remote_client, issues, capability):
    remote_client.list.side_effect = [IssuePage(data=()), IssuePage(data=tuple(issues))]
    assert server_capabilities.can_filter()
    assert get_capabilities().filters is capability


def test_server_that_cannot_filter_is_not_asked_again(remote_client):
    remote_client.list.side_effect = errors.NotSupportedError(PROBLEM)
    assert server_capabilities.can_filter() is False
    assert server_capabilities.can_filter() is False
    assert remote_client.list.call_count == 1


def test_server_that_only_refuses_the_date_can_filter(remote_client):
    page = IssuePage(data=(make_issue(),))
    remote_client.list.side_effect = [errors.BadRequestError(PROBLEM), page]
    assert server_capabilities.can_filter()
    assert get_capabilities().filters is True


def test_current_user_is_fetched_once_per_sign_in(remote_client, monkeypatch):
    remote_client.me.return_value = make_user()
    for _ in range(2):
        assert server_capabilities.fetch_me() == make_user()
    assert remote_client.me.call_count == 1
    monkeypatch.setattr(current_user, "get_session_owner", lambda: "bob")
    server_capabilities.fetch_me()
    assert remote_client.me.call_count == 2


def test_projects_are_offered_by_name_only_if_one_is_required(remote_client):
    project = Project(id="p1", name="Support")
    remote_client.list.return_value = IssuePage(data=(make_issue(project=project),))
    assert server_capabilities.fetch_names_of_required_project() == {}
    remote_client.list.assert_not_called()
    server_capabilities.learn_from_refusal({"project_id"})
    for _ in range(2):
        assert server_capabilities.fetch_names_of_required_project() == {"p1": "Support"}
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


def test_server_that_keeps_no_keys_is_not_asked_whether_it_restores(remote_client):
    assert server_capabilities.can_restore() is False
    remote_client.update_many.assert_not_called()


@pytest.mark.parametrize(
    ("error", "expected", "capability"),
    [
        (None, True, True),
        (errors.NotFoundError(PROBLEM), False, False),
        (errors.UnreachableError(), False, None),
    ],
)
def test_restoring_is_learned_from_a_change_of_no_issues(
    remote_client, backend, error, expected, capability
):
    backend.memory.key_lifetime = 86_400
    remote_client.update_many.side_effect = error
    assert server_capabilities.can_restore() is expected
    assert get_capabilities().restores is capability
    [change] = remote_client.update_many.call_args_list
    assert change.args[0] == ()


LOOK_UPS = [
    (server_capabilities.has_extra_filters, "probe_extra_filters", "extra_filters"),
    (server_capabilities.can_search_all_fields, "probe_search", "search"),
]


@pytest.mark.parametrize(("look_up", "probe", "capability"), LOOK_UPS)
@pytest.mark.parametrize(("result", "calls"), [(True, 1), (False, 1), (None, 2)])
def test_support_of_our_filters_is_asked_for_until_it_is_known(
    remote_client, monkeypatch, look_up, probe, capability, result, calls
):
    asked = Mock(return_value=result)
    monkeypatch.setattr(list_probes, probe, asked)
    for _ in range(2):
        assert look_up() is (result is True)
    assert getattr(get_capabilities(), capability) is result
    assert asked.mock_calls == [call(remote_client)] * calls


@pytest.mark.parametrize(("look_up", "probe", "capability"), LOOK_UPS)
def test_failed_look_up_of_our_filters_counts_as_unknown(
    remote_client, monkeypatch, look_up, probe, capability
):
    monkeypatch.setattr(list_probes, probe, Mock(side_effect=errors.UnreachableError()))
    assert look_up() is False
    assert getattr(get_capabilities(), capability) is None


@pytest.mark.parametrize(("look_up", "probe", "capability"), LOOK_UPS)
def test_remote_server_with_our_key_may_be_an_earlier_version(
    remote_client, backend, monkeypatch, look_up, probe, capability
):
    backend.accepts_portal_tokens = True
    monkeypatch.setattr(list_probes, probe, Mock(return_value=False))
    assert look_up() is False
