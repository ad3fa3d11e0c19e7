"""The section "API tokens" is hidden on servers without it."""

from unittest.mock import Mock

import pytest

from components import server_capabilities
from components.account import api_token_form, api_tokens
from components.account.api_token_form import TokenForm
from issue_portal.client import errors
from issue_portal.models.responses import Problem
from tests.factories import make_user


@pytest.fixture
def streamlit(monkeypatch) -> Mock:
    monkeypatch.setattr(api_token_form, "get_form", TokenForm)
    monkeypatch.setattr(api_tokens, "st", Mock())
    return api_tokens.st


def test_section_is_hidden_without_a_call_if_the_portal_itself_uses_an_api_token(
    client, backend, streamlit
):
    backend.accepts_portal_tokens = False
    api_tokens.render(make_user())
    assert not client.method_calls
    assert not streamlit.method_calls


@pytest.mark.parametrize("error", [errors.NotFoundError, errors.NotSupportedError])
def test_section_is_hidden_if_the_server_does_not_have_the_call(client, streamlit, error):
    client.tokens.side_effect = error(Problem(status=404))
    api_tokens.render(make_user())
    assert server_capabilities.get_capabilities().api_tokens is False
    api_tokens.render(make_user())
    assert client.tokens.call_count == 1
    assert not streamlit.method_calls
