"""Sign-in and sign-out in a browser session."""

import streamlit as st

from auth.sign_in_mode import SignInMode
from auth.trusted_headers import HEADERS_RECEIVED_AT_KEY
from components.account import sign_in_session
from components.ui import i18n


def test_continuing_as_visitor_keeps_only_the_time_of_the_proxy_headers(monkeypatch):
    """Regression: without that time, the same headers counted as a new sign-in."""
    state = {HEADERS_RECEIVED_AT_KEY: 5.0, "sign_in_was_valid": True, "sent_report": object()}
    monkeypatch.setattr(st, "session_state", state)
    monkeypatch.setattr(sign_in_session, "get_sign_in_mode", lambda: SignInMode.PROXY)
    monkeypatch.setattr(i18n, "get_language", lambda: "en")
    monkeypatch.setattr(i18n, "set_language", lambda _: None)
    sign_in_session.continue_as_visitor()
    assert state == {HEADERS_RECEIVED_AT_KEY: 5.0}
