"""Catalogues of a test's own, in the place of the portal's."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from components.ui import i18n

WriteCatalogue = Callable[[str, str], None]


def forget_catalogues() -> None:
    i18n.get_languages.cache_clear()
    i18n._load_translations.cache_clear()


@pytest.fixture
def write_catalogue(tmp_path: Path, monkeypatch) -> Iterator[WriteCatalogue]:
    """Write the text of a catalogue for a language code; the portal has only these."""
    monkeypatch.setattr(i18n, "FOLDER", tmp_path)
    forget_catalogues()

    def write(code: str, text: str) -> None:
        (tmp_path / f"{code}.po").write_text(text, encoding="utf-8")
        forget_catalogues()

    yield write
    monkeypatch.undo()
    forget_catalogues()
