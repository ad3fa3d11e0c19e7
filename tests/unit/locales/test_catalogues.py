"""Every catalogue is complete and has the placeholders of the English text."""

import ast
import string
from pathlib import Path

import pytest
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po

from components.ui.i18n import FOLDER
from tests.servers.processes import ROOT


@pytest.fixture(scope="module")
def marked(tmp_path_factory) -> set[str | tuple[str, str]]:
    """Texts that the code marks for translation, as ``make messages`` extracts them."""
    template: Path = tmp_path_factory.mktemp("messages") / "all.pot"
    extract = ["pybabel", "--quiet", "extract", "-F", str(ROOT / "pyproject.toml")]
    CommandLineInterface().run([*extract, "-o", str(template), str(ROOT)])
    with template.open("rb") as file:
        return {message.id for message in read_po(file) if message.id}


def values(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.po")), ids=lambda file: file.stem)
def test_language_is_complete(file, marked):
    words = {message.id: message for message in read_po(file.open("rb")) if message.id}
    assert marked - set(words) == set(), "not translated"
    assert set(words) - marked == set(), "not in the code"
    for english, message in words.items():
        of_english = [english] if isinstance(english, str) else english
        others = [message.string] if isinstance(message.string, str) else message.string
        assert not message.fuzzy, english
        assert all(others), f"{english} has no translation"
        for other in others:
            assert values(other) == set.union(*map(values, of_english)), other
            assert other.count("**") == of_english[0].count("**"), other


@pytest.mark.parametrize("folder", ["", "pages", "components"])
def test_no_text_is_marked_inside_an_f_string(folder):
    """Babel does not extract it from there under Python 3.11."""
    for file in (ROOT / folder).glob("*.py"):
        formatted = (
            n for n in ast.walk(ast.parse(file.read_text())) if isinstance(n, ast.JoinedStr)
        )
        calls = (n for text in formatted for n in ast.walk(text) if isinstance(n, ast.Call))
        marks = [
            call.args[0].value
            for call in calls
            if isinstance(call.func, ast.Name)
            and call.func.id in ("_", "N_", "ngettext")
            and isinstance(call.args[0], ast.Constant)
        ]
        assert not marks, file.name
