"""Rules for the texts that people write, and which of their characters are visible.

Trailing blanks, zero-width characters and unusual spaces can mark a text invisibly. The author of a
link that fills in a report with such a text could recognise the reports of people who used the
link. `strip_hidden_marks` removes these hidden marks. Combining marks are accents, vowel signs and
the like.
"""

import functools
import re
import unicodedata
from typing import Final

from issue_portal.models.lookalike_characters import (
    DOT_ABOVE,
    DOTTED_LETTERS,
    INDIAN_BLOCKS,
    JOINED_EMOJI,
    JOINER,
    JOINS_NEXT,
    JOINS_PREVIOUS,
    LOOKALIKE_MARKS,
    LOOKALIKES,
    NEEDS_EMOJI_SELECTOR,
    NON_JOINER,
    OVERLAYS,
    PRESENTATION_FORMS,
    RA_BEFORE_JOINER,
    SEQUENCES,
    TATWEEL,
    TO_ARABIC_DIGITS,
    TO_PERSIAN_DIGITS,
    VIRAMA,
    compile_mark_runs,
)

# Classes of characters, written for both Python and ECMAScript (which JSON Schema uses).
_CONTROLS: Final = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f"
_INVISIBLE: Final = (
    r"\t\n\r \u0080-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f"
    r"\u2000-\u200f"
    r"\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc"
    # Written literally: Python and ECMAScript escape these differently.
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)

_CONTROL: Final = re.compile(f"[{_CONTROLS}]")
_VISIBLE: Final = re.compile(f"[^{_INVISIBLE}{_CONTROLS}]")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")

STORABLE: Final = f"^[^{_CONTROLS}]*$"
"""Pattern of the texts that `check_characters` accepts."""

TEXT_PATTERN: Final = f"^[{_INVISIBLE}]*[^{_INVISIBLE}{_CONTROLS}][^{_CONTROLS}]*$"
"""Pattern of the texts that `check_text` accepts."""

DOCUMENTED_TEXT_PATTERN: Final = rf"^[^{_CONTROLS}]*[^\s{_CONTROLS}][^{_CONTROLS}]*$"
"""Shorter pattern for the OpenAPI document. It also matches texts of invisible characters only.

Clients check texts by it in many languages, some of which cannot read the astral characters in
`TEXT_PATTERN`.
"""

_PLAIN: Final = re.compile(r"[!-~]+(?:[ \n][!-~]+)*")
_BREAKS: Final = re.compile(r"\r\n|[\n\r\u000b\u000c\u0085\u2028\u2029]")
_SPACES: Final = re.compile(r"[\t \u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000]+")
_BLANKS_AT_BREAKS: Final = re.compile(r" *\n *")
_EMPTY_LINES: Final = re.compile(r"\n{3,}")
_HIDDEN: Final = re.compile(rf"(?![\n \u200c\u200d])[{_INVISIBLE}{_CONTROLS}]")
"""All invisible characters except blanks and joiners."""

_MAX_COMBINING_MARKS: Final = 30
"""Most combining marks that a letter keeps (the limit of Unicode's Stream-Safe Text Format).

Normalisation sorts them, which takes quadratic time.
"""

_MAX_PASSES: Final = 4
"""Most passes of `strip_hidden_marks`, so that it takes linear time for any text."""


_DIGITS: Final = re.compile("[\u0660-\u0669\u06f0-\u06f9]+")
_DIGITS_THAT_LOOK_DIFFERENT: Final = re.compile("[\u0664-\u0666\u06f4-\u06f6]")

_PERSIAN_LETTERS: Final = re.compile("[\u067e\u0686\u0698\u06af]")


_REPEATED_JOINERS: Final = re.compile(f"{JOINER}{{2,}}")


def check_characters(text: str) -> str:
    """Return ``text`` unchanged if it can be stored, else raise ``ValueError``.

    Refuses halves of surrogate pairs and, because databases and terminals treat them differently,
    control characters except tab and line breaks.
    """
    if _CONTROL.search(text):
        raise ValueError("contains control characters that cannot be stored")
    if _SURROGATE.search(text):
        raise ValueError("contains half of a surrogate pair, which is not a character")
    return text


def is_blank(text: str) -> bool:
    """Return whether nothing in ``text`` is visible."""
    return not _VISIBLE.search(text)


def check_text(text: str) -> str:
    """Return ``text`` if it can be stored and part of it is visible, else raise ``ValueError``."""
    check_characters(text)
    if is_blank(text):
        raise ValueError("must not be blank")
    return text


def strip_hidden_marks(text: str) -> str:
    """Return ``text`` without the characters that people cannot see, in linear time.

    Turns every kind of space into an ordinary one. Removes zero-width characters, spaces at the
    ends of lines, and repeated spaces and empty lines. Unifies spellings that look the same (NFC,
    `LOOKALIKES`). Keeps joiners that change the look: between Arabic or Indian letters and in
    emoji. Keeps each combining mark once, on letters of its script.
    """
    if _PLAIN.fullmatch(text):
        return text
    text = limit_combining_marks(text.translate(LOOKALIKES))
    for _ in range(_MAX_PASSES):
        previous, text = text, _strip_hidden_marks_once(text)
        if text == previous:
            break
    return text


def _strip_hidden_marks_once(text: str) -> str:
    """Make one pass of `strip_hidden_marks`; removing a mark can expose the next one."""
    text = _SPACES.sub(" ", _BREAKS.sub("\n", unicodedata.normalize("NFC", text)))
    text = _HIDDEN.sub("", text)
    text = PRESENTATION_FORMS.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
    for sequence, replacement in SEQUENCES:
        text = sequence.sub(replacement, text)
    text = _unify_digits(text)
    if any(unicodedata.category(character) == "Mn" for character in set(text)):
        text = _remove_stray_combining_marks(text)
    text = _sort_combining_marks(text)
    if JOINER in text or NON_JOINER in text:
        text = _remove_invisible_joiners(text)
    text = NEEDS_EMOJI_SELECTOR.sub("\\g<0>\ufe0f", _SPACES.sub(" ", text))
    return _EMPTY_LINES.sub("\n\n", _BLANKS_AT_BREAKS.sub("\n", text)).strip()


def _unify_digits(text: str) -> str:
    """Write each number of Arabic-Indic and Persian digits in one of the two kinds.

    Only 4, 5 and 6 look different in the two kinds, so a number with one of them keeps its kind.
    Other numbers get Persian digits if the text has Persian letters, else Arabic-Indic ones. The
    digits 0-9 stay.
    """
    is_persian = _PERSIAN_LETTERS.search(text)

    def unify(number: re.Match[str]) -> str:
        distinct = _DIGITS_THAT_LOOK_DIFFERENT.search(number[0])
        to_persian = distinct[0] >= "\u06f4" if distinct else is_persian
        return number[0].translate(TO_PERSIAN_DIGITS if to_persian else TO_ARABIC_DIGITS)

    return _DIGITS.sub(unify, text)


def _remove_stray_combining_marks(text: str) -> str:
    """Return the text in NFC; a letter keeps only marks of its script, each once."""
    kept: list[str] = []
    base, marks = "", set[str]()
    for character in unicodedata.normalize("NFD", text):
        if character in (JOINER, NON_JOINER):
            pass
        elif unicodedata.category(character) != "Mn":
            base, marks = character, set()
        elif character in marks or not _is_visible_on(base, character):
            continue
        else:
            marks.add(character)
        kept.append(character)
    text = OVERLAYS.sub("", unicodedata.normalize("NFC", "".join(kept)))
    return text.translate(LOOKALIKE_MARKS)


def _sort_combining_marks(text: str) -> str:
    """Return the text in NFC with the marks of a syllable in typing order."""
    decomposed = unicodedata.normalize("NFD", text)
    mark_runs = compile_mark_runs()
    if not mark_runs.search(decomposed):
        return text
    ordered = mark_runs.sub(
        lambda run: "".join(sorted(run[0], key=_rank_combining_mark)), decomposed
    )
    return unicodedata.normalize("NFC", ordered)


def _rank_combining_mark(mark: str) -> tuple[int, int]:
    """Return the sort key of a mark: its rank in the typing order of a syllable, and its code."""
    code, in_block = ord(mark), ord(mark) % 0x80
    if code < 0xD80:  # Indian: the nukta, vowels left of their letter, other vowels, others.
        is_vowel = 0x3A <= in_block <= 0x4F or 0x55 <= in_block <= 0x63
        is_left = in_block in (0x3F, 0x46, 0x47, 0x48)
        rank = 0 if in_block == 0x3C else (1 if is_left else 2) if is_vowel else 3
    elif code < 0x1000:  # Thai and Lao: subjoined letters, vowels, then tones.
        is_tone = mark in "\u0e48\u0e49\u0e4a\u0e4b\u0ec8\u0ec9\u0eca\u0ecb"
        rank = 0 if mark == "\u0ebc" else 2 if is_tone else 1
    elif not 0x1780 <= code < 0x1800:
        rank = unicodedata.combining(mark)
    else:  # Khmer: the marks that change a consonant, vowels, then all others.
        rank = 0 if mark in "\u17c9\u17ca\u17cc" else 1 if mark <= "\u17c5" else 2
    return rank, code


@functools.lru_cache(maxsize=4096)
def _is_visible_on(base: str, mark: str) -> bool:
    """Return whether a mark is visible on a character. Marks of another script may be invisible."""
    if mark == DOT_ABOVE:
        return base not in DOTTED_LETTERS
    if not base or base.isspace():
        return True
    script = _get_script(mark)
    return script in ("COMBINING", "VEDIC", _get_script(base))


def _get_script(character: str) -> str:
    """Return the script of a character, the first word of its Unicode name: ``LATIN``."""
    return unicodedata.name(character, "").partition(" ")[0]


def limit_combining_marks(text: str) -> str:
    """Return ``text`` with at most `_MAX_COMBINING_MARKS` combining marks in a row."""
    if text.isascii() or len(text) <= _MAX_COMBINING_MARKS:
        return text
    kept, marks = [], 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MAX_COMBINING_MARKS:
            kept.append(character)
    return "".join(kept)


def _remove_invisible_joiners(text: str) -> str:
    """Return the text with joiners only where they change the look."""
    text = _REPEATED_JOINERS.sub(JOINER, text)
    in_emoji = {i for match in JOINED_EMOJI.finditer(text) for i in range(*match.span())}
    # For each index, the next character that is not a joiner.
    following = ""
    after: list[str] = []
    for character in reversed(text):
        after.append(following)
        if character not in (JOINER, NON_JOINER):
            following = character
    after.reverse()
    kept: list[str] = []
    base = ""
    for index, (character, following) in enumerate(zip(text, after, strict=True)):
        if character not in (JOINER, NON_JOINER):
            base = base if unicodedata.combining(character) else character
        elif index not in in_emoji and not _is_joiner_visible(
            character, "".join(kept[-1:]), base, following
        ):
            continue
        kept.append(character)
    return "".join(kept)


def _is_joiner_visible(joiner: str, before: str, base: str, following: str) -> bool:
    """Return whether a joiner changes the look of the letters around it.

    ``before`` is the character before the joiner. If that is a combining mark, ``base`` is its
    letter.
    """
    if before in ("", JOINER, NON_JOINER) or TATWEEL in (base, following):
        return False
    block = ord(before) & ~0x7F
    is_letter = unicodedata.category(following or " ") == "Lo"
    if unicodedata.combining(before) == VIRAMA:
        if block not in INDIAN_BLOCKS:
            return False
        return is_letter and ord(following) & ~0x7F == block
    if following and unicodedata.combining(following) == VIRAMA:
        return joiner == JOINER and before in RA_BEFORE_JOINER
    if not JOINS_NEXT.match(base):
        return False
    return bool(JOINS_PREVIOUS.match(following)) == (joiner == NON_JOINER)
