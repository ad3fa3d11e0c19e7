"""Sign-in and sign-out in a browser session."""

import streamlit as st

from auth.sign_in_mode import SignInMode
from auth.trusted_headers import HEADERS_RECEIVED_AT_KEY
from components.account import sign_in_session
from components.ui import i18n


def test_visitor_who_continues_keeps_only_the_seen_proxy_headers(monkeypatch):
    """Regression: the same headers of the proxy signed the user in again."""
    state = {HEADERS_RECEIVED_AT_KEY: 5.0, "sign_in_was_valid": True, "sent_report": object()}
    monkeypatch.setattr(st, "session_state", state)
    monkeypatch.setattr(sign_in_session, "get_sign_in_mode", lambda: SignInMode.PROXY)
    monkeypatch.setattr(i18n, "get_language", lambda: "en")
    monkeypatch.setattr(i18n, "set_language", lambda _: None)
    sign_in_session.continue_as_visitor()
    assert state == {HEADERS_RECEIVED_AT_KEY: 5.0}
