"""The sign-in cookie: its name over TLS, and the tickets with which a page sets it."""

from unittest.mock import Mock

import pytest
import streamlit as st

from auth import sign_in_cookie
from auth.sign_in_cookie import find_sign_in_value


@pytest.mark.parametrize(
    ("cookies", "is_secure", "value"),
    [
        ({"__Host-issue_portal": "a", "issue_portal": "b"}, True, "a"),
        ({"__Host-issue_portal": "a", "issue_portal": "b"}, False, "a"),
        # Another host of the domain can set a cookie whose name lacks the prefix.
        ({"issue_portal": "b"}, True, ""),
        ({"issue_portal": "b"}, False, "b"),
        ({}, False, ""),
    ],
)
def test_cookie_without_the_host_prefix_is_ignored_over_tls(cookies, is_secure, value):
    assert find_sign_in_value(cookies, is_secure=is_secure) == value


def test_unused_tickets_expire_after_a_minute(monkeypatch):
    clock = Mock(monotonic=Mock(return_value=1000.0))
    monkeypatch.setattr(sign_in_cookie, "time", clock)
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(sign_in_cookie, "pending_cookies", pending := {})
    sign_in_cookie.request_cookie("first", 60)
    clock.monotonic.return_value += 59
    sign_in_cookie.request_cookie("second", 60)
    assert [cookie.value for cookie in pending.values()] == ["first", "second"]
    clock.monotonic.return_value += 2
    sign_in_cookie.request_cookie_removal()
    assert [(cookie.value, cookie.max_age) for cookie in pending.values()] == [
        ("second", 60),
        ("", 0),
    ]
    assert st.session_state[sign_in_cookie.TICKET_KEY] == list(pending)[-1]
