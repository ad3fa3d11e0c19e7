"""The sign-in mode that a configuration selects, and invalid configurations."""

import pytest
import streamlit as st
from streamlit.errors import StreamlitAuthError

from auth import sign_in_mode
from auth.sign_in_mode import SignInMode, get_sign_in_mode, list_providers
from issue_portal.core.settings import FatalError
from web import streamlit_compat

SECRET = "a long enough cookie secret for the tests"
VALID = {
    "redirect_uri": "https://portal.example/oauth2callback",
    "cookie_secret": SECRET,
    "client_id": "issue-portal",
}


@pytest.fixture
def configure(monkeypatch):
    """Set the trusted headers and the section [auth]."""
    monkeypatch.setattr(streamlit_compat, "check_auth_provider", lambda _: None)
    get_sign_in_mode.cache_clear()

    def configure(headers=None, auth=None) -> None:
        monkeypatch.setattr(st, "get_option", lambda _: headers or {})
        monkeypatch.setattr(streamlit_compat, "read_auth_section", lambda: auth or {})

    yield configure
    get_sign_in_mode.cache_clear()


@pytest.mark.parametrize(
    ("headers", "auth", "expected"),
    [
        ({}, {}, SignInMode.ACCOUNTS),
        ({}, VALID, SignInMode.PROVIDER),
        ({"X-Forwarded-Email": "email"}, {}, SignInMode.PROXY),
    ],
)
def test_configuration_selects_the_mode(configure, headers, auth, expected):
    configure(headers, auth)
    assert get_sign_in_mode() is expected


@pytest.mark.parametrize(
    ("headers", "auth", "message"),
    [
        ({"X-Forwarded-Email": "email"}, VALID, "Configure only one of them"),
        ({"X-Forwarded-User": "name"}, {}, 'maps to "email"'),
        ({}, VALID | {"cookie_secret": "short"}, "too short"),
        ({}, VALID | {"cookie_secret": "x" * 40}, "too simple"),
        ({}, VALID | {"redirect_uri": "https://portal.example/"}, "must be the portal's address"),
        (
            {},
            {name: VALID[name] for name in ("redirect_uri", "cookie_secret")},
            "client_id is missing",
        ),
    ],
)
def test_invalid_configuration_is_refused(configure, headers, auth, message):
    configure(headers, auth)
    with pytest.raises(FatalError, match=message):
        get_sign_in_mode()


def test_streamlit_error_is_reported_in_one_line(configure, monkeypatch):
    def refuse(_name: str) -> None:
        raise StreamlitAuthError("First line.\n  Second line.")

    monkeypatch.setattr(sign_in_mode.streamlit_compat, "check_auth_provider", refuse)
    configure({}, VALID)
    with pytest.raises(FatalError, match=r"^First line\. Second line\.$"):
        get_sign_in_mode()


def test_providers_are_the_sections_with_a_client_id(configure):
    sections = {"acme": {"client_id": "x"}, "notes": {"text": "x"}}
    configure({}, VALID | sections)
    assert list_providers() == ["default", "acme"]
    configure({}, sections)
    assert list_providers() == ["acme"]
