"""The options of the review queue's filters."""

from unittest.mock import Mock

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from components import api_session, server_capabilities
from issue_portal.client.errors import NotFoundError, PermissionDeniedError
from issue_portal.models.responses import Problem, Project, ProjectSummary, User
from tests.factories import make_issue


@pytest.fixture
def client(monkeypatch):
    client = Mock()
    client.projects.return_value = ()
    monkeypatch.setattr(api_session, "client", lambda: client)
    st.cache_resource.clear()
    return client


def page():
    import streamlit as st  # noqa: PLC0415 - the page of an AppTest

    from components.issues import filter_options  # noqa: PLC0415

    st.text(filter_options.list_reporters())
    st.text(filter_options.list_projects())


def list_options() -> list[str]:
    at = AppTest.from_function(page).run()
    assert not at.exception
    return [element.value for element in at.text]


def test_reporters_are_all_users(client):
    client.users.return_value = [User(id="user_1", name="Ann"), User(id="user_2", name="Bob")]
    assert list_options()[0] == "{'user_1': 'Ann', 'user_2': 'Bob'}"


def test_projects_have_their_names(client):
    client.users.return_value = []
    client.projects.return_value = (
        ProjectSummary(id="p1", name="Support"),
        ProjectSummary(id="p2"),
    )
    assert list_options()[1] == "{'p1': 'Support', 'p2': 'p2'}"


@pytest.mark.parametrize("error", [PermissionDeniedError, NotFoundError])
def test_without_lists_of_users_and_projects_there_are_only_projects_of_listed_issues(
    client, backend, error
):
    client.users.side_effect = client.projects.side_effect = error(Problem(status=403))
    assert list_options() == ["{}", "{}"]
    project = Project(id="p1", name="Support")
    server_capabilities.learn_projects([make_issue(project=project)])
    st.cache_resource.clear()
    assert list_options() == ["{}", "{'p1': 'Support'}"]
