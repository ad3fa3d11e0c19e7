"""The current user's own issues, on servers with and without filters."""

import pytest

from auth import current_user
from components import server_capabilities
from components.issues.my_issues_query import (
    fetch_my_issues,
    get_email_that_selects_issues,
    is_own_issue,
)
from issue_portal.core.portal_token import Person
from issue_portal.models.requests import IssueQuery
from issue_portal.models.responses import IssuePage
from issue_portal.models.vocabulary import Role
from tests.factories import make_issue, make_user

ME = make_user("user_1", email="Ann@Example.com")
OTHER = make_user("user_2", email="bob@example.com")


@pytest.fixture(autouse=True)
def person(monkeypatch) -> None:
    ann = Person("ann@example.com", "Ann", Role.MEMBER)
    monkeypatch.setattr(current_user, "get_person", lambda: ann)


@pytest.fixture
def set_me(monkeypatch):
    """Set the user that the server returns for ``/me``, and whether it filters."""

    def set_me(me, *, can_filter: bool = True) -> None:
        monkeypatch.setattr(server_capabilities, "fetch_me", lambda: me)
        monkeypatch.setattr(server_capabilities, "can_filter", lambda *_: can_filter)

    return set_me


def test_server_with_filters_selects_the_users_issues(client, set_me):
    set_me(ME)
    client.list.return_value = IssuePage(data=(make_issue(),))
    assert fetch_my_issues(IssueQuery(filter_by_text="policy"), 2) is client.list.return_value
    [(query,)] = [call.args for call in client.list.call_args_list]
    assert (query.created_by, query.filter_by_text, query.page) == ((ME.id,), "policy", 2)


def test_issues_are_selected_by_user_id_without_server_filters(client, set_me):
    set_me(ME, can_filter=False)
    client.iterate.return_value = iter(
        [
            make_issue("mine", created_by=ME),
            make_issue("other", created_by=OTHER),
            make_issue("anonymous", created_by=None),
            # A user with the same email and another id is another user.
            make_issue("namesake", created_by=make_user("user_3", email=ME.email)),
        ]
    )
    page = fetch_my_issues(IssueQuery(), 1)
    assert [issue.id for issue in page.data] == ["mine"]
    assert page.total_count == 1


def test_issues_are_selected_by_email_if_the_server_has_no_me(client, set_me):
    set_me(None, can_filter=False)
    client.iterate.return_value = iter(
        [make_issue("mine", created_by=ME), make_issue("other", created_by=OTHER)]
    )
    assert [issue.id for issue in fetch_my_issues(IssueQuery(), 1).data] == ["mine"]
    assert get_email_that_selects_issues() == "ann@example.com"


def test_issues_are_paginated_without_server_filters(client, set_me):
    set_me(ME, can_filter=False)
    issues = [make_issue(str(number), created_by=ME) for number in range(25)]
    client.iterate.return_value = iter(issues)
    page = fetch_my_issues(IssueQuery(), 2)
    assert [issue.id for issue in page.data] == [str(number) for number in range(20, 25)]
    assert page.total_count == 25


def test_anonymous_issues_belong_to_no_user(client, set_me):
    set_me(ME)
    assert is_own_issue(make_issue(created_by=ME))
    assert not is_own_issue(make_issue(created_by=None))


def test_visitor_has_no_own_issues(client, set_me, monkeypatch):
    set_me(ME)
    monkeypatch.setattr(current_user, "get_person", lambda: None)
    assert not is_own_issue(make_issue(created_by=ME))
    assert get_email_that_selects_issues() == ""
