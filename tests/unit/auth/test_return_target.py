"""The page to return to from an OIDC provider, as a cookie names it."""

import pytest
import streamlit as st

from auth import browser_cookies, return_target
from auth.mode import SignInMode
from auth.return_target import ReturnTarget, take_return_target


@pytest.fixture
def come_back(monkeypatch):
    """Set the cookie with which the user comes back."""
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(return_target, "name_return_cookie", lambda: "errand")
    monkeypatch.setattr(return_target, "get_sign_in_mode", lambda: SignInMode.PROVIDER)

    def come_back(value: str) -> None:
        monkeypatch.setattr(browser_cookies, "read_cookie", {"errand": value}.get)

    return come_back


def test_target_is_returned_once(come_back):
    come_back("in=1&page=pages%2Freview.py&query=state%3DClosed")
    assert take_return_target() == ReturnTarget(
        is_sign_in=True, page="pages/review.py", query="state=Closed"
    )
    assert take_return_target() is None


def test_failures_of_a_sign_out_are_reported(come_back):
    come_back("in=0&copies_hold=1&change_lost=1")
    assert take_return_target() == ReturnTarget(
        is_sign_in=False, revocation_unsaved=True, change_lost=True
    )


@pytest.mark.parametrize("value", ["", "&&&", "nonsense"])
def test_empty_or_invalid_cookie_has_no_target(come_back, value):
    come_back(value)
    assert take_return_target() is None


@pytest.mark.parametrize("mode", [SignInMode.ACCOUNTS, SignInMode.PROXY])
def test_cookie_is_ignored_without_a_provider(come_back, monkeypatch, mode):
    come_back("in=1&page=pages%2Freview.py")
    monkeypatch.setattr(return_target, "get_sign_in_mode", lambda: mode)
    assert take_return_target() is None
