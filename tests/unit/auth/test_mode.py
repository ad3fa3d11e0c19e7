"""The way in which users sign in, and configurations that contradict themselves."""

import pytest
import streamlit as st
from streamlit.errors import StreamlitAuthError

from auth import mode
from auth.mode import SignInMode, get_sign_in_mode, list_providers
from issue_portal.core.settings import FatalError
from web import streamlit_compat

SECRET = "a cookie secret of the tests, long enough"
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
def test_mode_follows_the_configuration(configure, headers, auth, expected):
    configure(headers, auth)
    assert get_sign_in_mode() is expected


@pytest.mark.parametrize(
    ("headers", "auth", "message"),
    [
        ({"X-Forwarded-Email": "email"}, VALID, "configure one of them"),
        ({"X-Forwarded-User": "name"}, {}, 'has the "email"'),
        ({}, VALID | {"cookie_secret": "short"}, "too short"),
        ({}, VALID | {"cookie_secret": "x" * 40}, "too simple"),
        ({}, VALID | {"redirect_uri": "https://portal.example/"}, "oauth2callback"),
        ({}, {name: VALID[name] for name in ("redirect_uri", "cookie_secret")}, "no client_id"),
    ],
)
def test_contradictory_configuration_is_refused(configure, headers, auth, message):
    configure(headers, auth)
    with pytest.raises(FatalError, match=message):
        get_sign_in_mode()


def test_error_of_streamlit_becomes_one_line(configure, monkeypatch):
    def refuse(_name: str) -> None:
        raise StreamlitAuthError("First line.\n  Second line.")

    monkeypatch.setattr(mode.streamlit_compat, "check_auth_provider", refuse)
    configure({}, VALID)
    with pytest.raises(FatalError, match=r"^First line\. Second line\.$"):
        get_sign_in_mode()


def test_providers_are_the_sections_with_a_client_id(configure):
    sections = {"acme": {"client_id": "x"}, "notes": {"text": "x"}}
    configure({}, VALID | sections)
    assert list_providers() == ["default", "acme"]
    configure({}, sections)
    assert list_providers() == ["acme"]
