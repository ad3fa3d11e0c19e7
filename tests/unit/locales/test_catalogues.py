"""Every catalogue is complete, and its translations have the English texts' placeholders."""

import ast
import string
from pathlib import Path

import pytest
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po

from components.ui.i18n import FOLDER
from tests.servers.processes import ROOT


@pytest.fixture(scope="module")
def source_texts(tmp_path_factory) -> set[str | tuple[str, str]]:
    """Texts that the code marks for translation, as ``make messages`` extracts them."""
    template: Path = tmp_path_factory.mktemp("messages") / "all.pot"
    extract = ["pybabel", "--quiet", "extract", "-F", str(ROOT / "pyproject.toml")]
    CommandLineInterface().run([*extract, "-o", str(template), str(ROOT)])
    with template.open("rb") as file:
        return {message.id for message in read_po(file) if message.id}


def list_placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.po")), ids=lambda file: file.stem)
def test_catalogue_has_a_translation_of_every_text(file, source_texts):
    messages = {message.id: message for message in read_po(file.open("rb")) if message.id}
    assert source_texts - set(messages) == set(), "not translated"
    assert set(messages) - source_texts == set(), "not in the code"
    for english, message in messages.items():
        originals = [english] if isinstance(english, str) else english
        translations = [message.string] if isinstance(message.string, str) else message.string
        assert not message.fuzzy, english
        assert all(translations), f"{english} has no translation"
        placeholders = set.union(*map(list_placeholders, originals))
        for text in translations:
            assert list_placeholders(text) == placeholders, text
            assert text.count("**") == originals[0].count("**"), text


@pytest.mark.parametrize(
    "pattern", ["*.py", "auth/**/*.py", "components/**/*.py", "pages/*.py", "web/**/*.py"]
)
def test_no_text_is_marked_inside_an_f_string(pattern):
    """Babel does not extract texts from f-strings under Python 3.11."""
    files = list(ROOT.glob(pattern))
    assert files
    for file in files:
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
