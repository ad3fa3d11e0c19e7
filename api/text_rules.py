"""What people may write, and what of it can be seen.

A text can carry marks that nobody sees: blanks at its end, characters without width, spaces of
another kind. Whoever prepares a link could tell by them who followed it. `unmarked` removes them.
"""

import re
import unicodedata
from typing import Final

# Classes of characters, written so that Python and ECMAScript (for JSON Schema) read them alike.
_CONTROLS: Final = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f"
_UNSEEN: Final = (
    r"\t\n\r \u0080-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f"
    r"\u2000-\u200f"
    r"\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    # As they are: the two have no common notation for these.
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)

_CONTROL: Final = re.compile(f"[{_CONTROLS}]")
_SEEN: Final = re.compile(f"[^{_UNSEEN}{_CONTROLS}]")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")

STORABLE: Final = f"^[^{_CONTROLS}]*$"
"""The pattern of what `check_characters` accepts."""

TEXT: Final = f"^[{_UNSEEN}]*[^{_UNSEEN}{_CONTROLS}][^{_CONTROLS}]*$"
"""The pattern of what `check_text` accepts."""

_BREAKS: Final = re.compile(r"\r\n|[\n\r\u000b\u000c\u0085\u2028\u2029]")
_SPACES: Final = re.compile(r"[\t \u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000]+")
_BLANKS_AT_BREAKS: Final = re.compile(r" *\n *")
_EMPTY_LINES: Final = re.compile(r"\n{3,}")
_HIDDEN: Final = re.compile(f"[{_UNSEEN}{_CONTROLS}]")

_NON_JOINER: Final = "\u200c"
_JOINER: Final = "\u200d"
_AS_TEXT: Final = "\ufe0e"
_AS_EMOJI: Final = "\ufe0f"
_KEYCAP: Final = "\u20e3"
_VIRAMA: Final = 9
"""Unicode's combining class of the signs that join the consonants of Indian scripts."""

_JOINS_NEXT: Final = re.compile(
    r"[\u0626\u0628\u062a-\u062e\u0633-\u0647\u0649\u064a\u066e\u066f\u0678-\u0687\u069a-\u06bf"
    r"\u06c1\u06c2\u06cc\u06ce\u06d0\u06d1\u06fa-\u06fc\u06ff]"
)
"""Arabic letters that are written together with the next one (Unicode: Joining_Type D or C)."""

_JOINS_LAST: Final = re.compile(
    r"[\u0622-\u064a\u066e-\u0673\u0675-\u06d3\u06d5\u06ee\u06ef\u06fa-\u06fc\u06ff]"
)
"""Arabic letters that are written together with the one before (Joining_Type R, D or C)."""

_EMOJI: Final = re.compile(
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u2300-\u23ff\u24c2\u25aa-\u25fe"
    "\u2600-\u27bf\u2934\u2935\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
)
"""Emoji and the symbols that are drawn like them; a few more than Unicode lists."""


def check_characters(text: str) -> str:
    """Return ``text`` unchanged if it can be stored as it is, else raise ``ValueError``.

    Refused are control characters other than tab and line breaks (databases and terminals
    disagree about them) and halves of surrogate pairs.
    """
    if _CONTROL.search(text):
        raise ValueError("contains control characters that cannot be stored")
    if _SURROGATE.search(text):
        raise ValueError("contains half of a surrogate pair, which is not a character")
    return text


def is_blank(text: str) -> bool:
    """Whether nothing in ``text`` is visible."""
    return not _SEEN.search(text)


def check_text(text: str) -> str:
    """Like `check_characters`, and refuse a text in which nothing is visible."""
    check_characters(text)
    if is_blank(text):
        raise ValueError("must say something: it is empty or blank")
    return text


def unmarked(text: str) -> str:
    """``text`` as people see it, without anything in it that they cannot see.

    Characters without width are removed, every kind of space is one ordinary blank, and blanks at
    the ends of lines, repeated blanks and more than one empty line are removed. What can be written
    in several ways that look the same is written in one (Unicode's NFC). Joiners and variation
    selectors stay where they change what is seen: between Arabic or Indian letters and in emoji.
    """
    text = _SPACES.sub(" ", _BREAKS.sub("\n", unicodedata.normalize("NFC", text)))
    kept: list[str] = []
    for position, character in enumerate(text):
        following = text[position + 1 : position + 2]
        if (
            character in "\n "
            or not _HIDDEN.match(character)
            or _is_needed(character, kept, following)
        ):
            kept.append(character)
    # Removing may have brought blanks together, and letters with their marks.
    text = _SPACES.sub(" ", unicodedata.normalize("NFC", "".join(kept)))
    return _EMPTY_LINES.sub("\n\n", _BLANKS_AT_BREAKS.sub("\n", text)).strip()


def _is_needed(character: str, before: list[str], after: str) -> bool:
    """Whether an unseen character changes how the ones before and ``after`` it look."""
    if not before:
        return False
    if character in (_AS_TEXT, _AS_EMOJI):
        return _changes_presentation(character, before[-1], after)
    if character not in (_JOINER, _NON_JOINER):
        return False
    if unicodedata.combining(before[-1]) == _VIRAMA:
        return True
    if after and unicodedata.combining(after) == _VIRAMA:
        return character == _JOINER and unicodedata.category(before[-1]) == "Lo"
    if character == _JOINER and _EMOJI.match(after):
        return bool(_EMOJI.match(before[-1])) or before[-1] == _AS_EMOJI
    base = next((c for c in reversed(before) if not unicodedata.combining(c)), "")
    if not _JOINS_NEXT.match(base):
        return False
    return bool(_JOINS_LAST.match(after)) == (character == _NON_JOINER)


def _changes_presentation(selector: str, symbol: str, after: str) -> bool:
    if symbol in "0123456789#*":
        return selector == _AS_EMOJI and after == _KEYCAP
    # Those that are emoji anyway are wide.
    is_emoji = unicodedata.east_asian_width(symbol) == "W"
    return bool(_EMOJI.match(symbol)) and is_emoji == (selector == _AS_TEXT)
