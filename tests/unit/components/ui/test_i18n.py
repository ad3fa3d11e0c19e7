"""Translations and their plural forms."""

import pytest

from components.ui import i18n
from components.ui.i18n import _, ngettext

JAPANESE = "nplurals=1; plural=0;"
SPANISH = "nplurals=2; plural=(n != 1);"
FRENCH = "nplurals=2; plural=(n > 1);"
POLISH = "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);"
ARABIC = (
    "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2"
    " : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);"
)
NUMBERS_OF_FORMS = {
    ("ja", JAPANESE): [[0, 1, 2, 5, 11, 21, 100, 1_000_000]],
    ("es", SPANISH): [[1], [0, 2, 5, 11, 21, 100, 101]],
    ("fr", FRENCH): [[0, 1], [2, 5, 11, 21, 100, 101]],
    ("pl", POLISH): [
        [1],
        [2, 3, 4, 22, 34, 102, 1_004],
        [0, 5, 9, 10, 11, 12, 13, 14, 20, 21, 25, 100, 101, 111, 112, 1_000_000],
    ],
    ("ar", ARABIC): [
        [0],
        [1],
        [2],
        [3, 10, 103, 110, 1_005],
        [11, 12, 99, 111, 199],
        [100, 101, 102, 200, 1_000],
    ],
}
"""Numbers of each plural form, by language code and plural rule."""

CODES = [code for code, _rule in NUMBERS_OF_FORMS]


def build_catalogue(*headers: str, forms: list[str]) -> str:
    header = "".join(f'"{line}\\n"\n' for line in headers)
    translations = "".join(f'msgstr[{i}] "{form}"\n' for i, form in enumerate(forms))
    return (
        f'msgid ""\nmsgstr ""\n{header}"Content-Type: text/plain; charset=utf-8\\n"\n\n'
        f'msgid "{{n}} issue"\nmsgid_plural "{{n}} issues"\n{translations}\n'
        'msgid "Track"\nmsgstr ""\n'
    )


@pytest.fixture
def use_language(write_catalogue, monkeypatch):
    """Use the language ``code`` with a catalogue that contains ``text``."""

    def use(code: str, text: str) -> None:
        write_catalogue(code, text)
        monkeypatch.setattr(i18n, "get_language", lambda: code)

    return use


def check_forms(forms: list[str], expected: list[list[int]]) -> None:
    """Check that each form is used for all of its numbers."""
    for form, numbers in zip(forms, expected, strict=True):
        assert {ngettext("{n} issue", "{n} issues", number) for number in numbers} == {form}


@pytest.mark.parametrize("language_header", ["Language: {}", "Language: "])
@pytest.mark.parametrize(("code", "rule"), NUMBERS_OF_FORMS, ids=CODES)
def test_number_selects_its_plural_form(use_language, code, rule, language_header):
    expected = NUMBERS_OF_FORMS[code, rule]
    forms = [f"form {form}" for form in range(len(expected))]
    headers = [language_header.format(code), f"Plural-Forms: {rule}"]
    use_language(code, build_catalogue(*headers, forms=forms))
    check_forms(forms, expected)


@pytest.mark.parametrize(("code", "rule"), NUMBERS_OF_FORMS, ids=CODES)
def test_catalogue_without_a_plural_rule_uses_the_rule_of_its_language(use_language, code, rule):
    expected = NUMBERS_OF_FORMS[code, rule]
    if code == "ar":  # Babel's rule for Arabic swaps the last two forms.
        expected = [*expected[:4], expected[5], expected[4]]
    forms = [f"form {form}" for form in range(len(expected))]
    use_language(code, build_catalogue(f"Language: {code}", forms=forms))
    check_forms(forms, expected)


def test_plural_rule_of_the_catalogue_overrides_the_rule_of_the_language(use_language):
    text = build_catalogue(
        "Language: es", "Plural-Forms: nplurals=2; plural=(n > 1);", forms=["A", "B"]
    )
    use_language("es", text)
    assert [ngettext("{n} issue", "{n} issues", number) for number in range(3)] == ["A", "A", "B"]


@pytest.mark.parametrize(("code", "rule"), NUMBERS_OF_FORMS, ids=CODES)
def test_text_without_a_full_translation_is_english(use_language, code, rule):
    forms = ["translated"] * (len(NUMBERS_OF_FORMS[code, rule]) - 1) + [""]
    use_language(code, build_catalogue(f"Language: {code}", f"Plural-Forms: {rule}", forms=forms))
    assert _("Track") == "Track"
    assert _("Not in the catalogue") == "Not in the catalogue"
    for number in range(30):
        english = "{n} issue" if number == 1 else "{n} issues"
        assert ngettext("{n} issue", "{n} issues", number) == english
        assert ngettext("one file", "files", number) == ("one file" if number == 1 else "files")
