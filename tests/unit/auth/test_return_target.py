"""The page to return to from an OIDC provider, as the return cookie stores it."""

import pytest
import streamlit as st

from auth import browser_cookies, return_target
from auth.return_target import ReturnTarget, take_return_target
from auth.sign_in_mode import SignInMode


@pytest.fixture
def set_return_cookie(monkeypatch):
    """Set the value of the return cookie, in a portal with an OIDC provider."""
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(return_target, "get_return_cookie_name", lambda: "return")
    monkeypatch.setattr(return_target, "get_sign_in_mode", lambda: SignInMode.PROVIDER)

    def set_return_cookie(value: str) -> None:
        monkeypatch.setattr(browser_cookies, "read_cookie", {"return": value}.get)

    return set_return_cookie


def test_target_is_returned_only_once_per_session(set_return_cookie):
    set_return_cookie("is_sign_in=1&page=pages%2Freview.py&query=state%3DClosed")
    assert take_return_target() == ReturnTarget(
        is_sign_in=True, page="pages/review.py", query="state=Closed"
    )
    assert take_return_target() is None


def test_failures_of_a_sign_out_are_in_the_target(set_return_cookie):
    set_return_cookie("is_sign_in=0&revocation_unsaved=1")
    assert take_return_target() == ReturnTarget(is_sign_in=False, revocation_unsaved=True)


@pytest.mark.parametrize("value", ["", "&&&", "nonsense"])
def test_empty_or_invalid_cookie_has_no_target(set_return_cookie, value):
    set_return_cookie(value)
    assert take_return_target() is None


@pytest.mark.parametrize("mode", [SignInMode.ACCOUNTS, SignInMode.PROXY])
def test_return_cookie_is_ignored_without_a_provider(set_return_cookie, monkeypatch, mode):
    set_return_cookie("is_sign_in=1&page=pages%2Freview.py")
    monkeypatch.setattr(return_target, "get_sign_in_mode", lambda: mode)
    assert take_return_target() is None
