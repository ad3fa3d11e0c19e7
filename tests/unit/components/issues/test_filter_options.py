"""The options of the review queue's filters."""

from unittest.mock import Mock

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from components import api_session
from issue_portal.client.errors import PermissionDeniedError
from issue_portal.models.responses import Problem, User


@pytest.fixture
def client(monkeypatch):
    client = Mock()
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
    client.stats.return_value = Mock(by_project=())
    assert list_options()[0] == "{'user_1': 'Ann', 'user_2': 'Bob'}"


def test_filters_have_no_options_if_the_api_denies_permission(client):
    client.users.side_effect = client.stats.side_effect = PermissionDeniedError(Problem(status=403))
    assert list_options() == ["{}", "{}"]
