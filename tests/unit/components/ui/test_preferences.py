"""What a person prefers in their browser: kept in the session and in a cookie."""

import pytest

from auth import browser_cookies
from components.ui import js_component, preferences


@pytest.fixture(autouse=True)
def written(monkeypatch) -> list[str]:
    """Values that were written to the cookie."""
    values: list[str] = []
    monkeypatch.setattr(preferences.st, "session_state", {})
    monkeypatch.setattr(js_component, "mount", lambda *_, data, **__: values.append(data["value"]))
    return values


def test_preferences_come_from_the_cookie(monkeypatch):
    monkeypatch.setattr(browser_cookies, "read_cookie", {preferences.COOKIE: "tab=a%2Cb"}.get)
    assert preferences.read("tab") == "a,b"
    assert preferences.read("density") == ""


@pytest.mark.parametrize("cookie", ["", "nonsense", "%", "=&=", "tab=", "x" * 5_000])
def test_invalid_cookie_has_no_preferences(monkeypatch, cookie):
    monkeypatch.setattr(browser_cookies, "read_cookie", lambda _name: cookie)
    assert preferences.read("tab") == ""


def test_only_changes_are_written_to_the_cookie(written):
    preferences.store("tab", "")
    preferences.mount_script()
    assert written == []
    preferences.store("tab", "a,b")
    preferences.store("density", "compact")
    preferences.mount_script()
    preferences.store("tab", "")
    preferences.mount_script()
    assert written == ["tab=a%2Cb&density=compact", "density=compact"]
