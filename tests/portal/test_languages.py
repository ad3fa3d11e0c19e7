"""Every language says everything the portal says, with the same values in it."""

import ast
import string

import pytest
from babel.messages.pofile import read_po

from components.language import FOLDER
from tests.conftest import ROOT

PLACES = [ROOT / "portal.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "components").glob("*.py")]


def said() -> list[str | tuple[str, str]]:
    """What is given to `_`, `N_` and `ngettext`, in the order of the code."""
    found = []
    for place in PLACES:
        for node in ast.walk(ast.parse(place.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            texts = [a.value for a in node.args if isinstance(a, ast.Constant)]
            if node.func.id in ("_", "N_") and texts:
                found.append(texts[0])
            elif node.func.id == "ngettext":
                found.append((texts[0], texts[1]))
    return list(dict.fromkeys(found))


def values(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.po")), ids=lambda file: file.stem)
def test_language_is_complete(file):
    words = {message.id: message for message in read_po(file.open("rb")) if message.id}
    assert set(said()) - set(words) == set(), "not translated"
    assert set(words) - set(said()) == set(), "not said any more"
    for english, message in words.items():
        of_english = [english] if isinstance(english, str) else english
        others = [message.string] if isinstance(message.string, str) else message.string
        assert not message.fuzzy, english
        assert all(others), f"{english} has no translation"
        for other in others:
            assert values(other) == set.union(*map(values, of_english)), other
            assert other.count("**") == of_english[0].count("**"), other
