"""Fixtures of tests without a server: browser language, API client, translations."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest

from auth import api_backend, browser_cookies
from components import api_session, server_capabilities
from components.ui import i18n
from issue_portal.client.client import IssuesClient

WriteCatalogue = Callable[[str, str], None]
SetLanguage = Callable[[str], None]


@pytest.fixture(autouse=True)
def restore_main_module() -> Iterator[None]:
    """Restore ``__main__`` after each test: AppTest replaces it, and child processes load it."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


def forget_catalogues() -> None:
    i18n.get_languages.cache_clear()
    i18n._load_translations.cache_clear()


@pytest.fixture
def write_catalogue(tmp_path: Path, monkeypatch) -> Iterator[WriteCatalogue]:
    """Write a catalogue for a language code. The portal then has only the written languages."""
    monkeypatch.setattr(i18n, "FOLDER", tmp_path)
    forget_catalogues()

    def write(code: str, text: str) -> None:
        (tmp_path / f"{code}.po").write_text(text, encoding="utf-8")
        forget_catalogues()

    yield write
    monkeypatch.undo()
    forget_catalogues()


@pytest.fixture
def set_language(monkeypatch) -> SetLanguage:
    """Set the language of the browser, as a BCP 47 tag."""

    def set_tag(tag: str) -> None:
        monkeypatch.setattr(i18n, "_get_browser_tag", lambda: tag)

    return set_tag


@pytest.fixture(autouse=True)
def no_cookies(monkeypatch) -> None:
    """AppTest (Streamlit 1.67) has no cookies."""
    monkeypatch.setattr(browser_cookies, "read_cookie", lambda _name: "")


@pytest.fixture
def backend(monkeypatch) -> Mock:
    """A mock of the portal's API backend, which accepts the tokens that the portal signs."""
    backend = Mock(accepts_portal_tokens=True)
    monkeypatch.setattr(api_backend, "get_backend", lambda: backend)
    return backend


@pytest.fixture
def client(monkeypatch, backend) -> Mock:
    """A mock of the API client of the browser session."""
    client = Mock(spec=IssuesClient)
    monkeypatch.setattr(api_session, "client", lambda: client)
    monkeypatch.setattr(server_capabilities, "can_filter", lambda *_: True)
    monkeypatch.setattr(server_capabilities, "fetch_me", lambda: None)
    return client
