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

_PLAIN: Final = re.compile(r"[!-~]+(?:[ \n][!-~]+)*")
_BREAKS: Final = re.compile(r"\r\n|[\n\r\u000b\u000c\u0085\u2028\u2029]")
_SPACES: Final = re.compile(r"[\t \u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000]+")
_BLANKS_AT_BREAKS: Final = re.compile(r" *\n *")
_EMPTY_LINES: Final = re.compile(r"\n{3,}")
_HIDDEN: Final = re.compile(rf"(?![\n \u200c\u200d\ufe0f])[{_UNSEEN}{_CONTROLS}]")
"""All that cannot be seen but blanks, and what changes how others look."""

_CHANGES_OTHERS: Final = re.compile("[\u200c\u200d\ufe0f\u20e3]")

_MOST_MARKS: Final = 30
"""Combining marks on one letter (Unicode's Stream-Safe Text Format). Sorting more is quadratic."""

_MOST_PASSES: Final = 4

_ALIKE: Final = str.maketrans(
    {
        "\u00b5": "\u03bc",
        "\u0f0c": "\u0f0b",
        "\u2010": "-",
        "\u2011": "-",
        "\ufb00": "ff",
        "\ufb01": "fi",
        "\ufb02": "fl",
        "\ufb03": "ffi",
        "\ufb04": "ffl",
        "\ufb05": "st",
        "\ufb06": "st",
    }
)
"""Characters that look like others in most fonts, and what is written instead."""

_NON_JOINER: Final = "\u200c"
_JOINER: Final = "\u200d"
_AS_EMOJI: Final = "\ufe0f"
_KEYCAP: Final = "\u20e3"

_VIRAMA: Final = 9
"""Unicode's combining class of the signs that join the consonants of Indian scripts."""

_INDIAN_BLOCKS: Final = frozenset({0x900, 0x980, 0xA00, 0xA80, 0xB00, 0xC00, 0xC80, 0xD00, 0xD80})
"""First characters of the blocks, of 128 each, of scripts that use joiners after that sign."""

_MALAYALAM: Final = 0xD00
_RA_BEFORE_JOINER: Final = "\u09b0\u09f0\u0cb0"
"""The letter ra of Bengali, Assamese and Kannada, which a joiner keeps from becoming a mark."""

_JOINS_NEXT: Final = re.compile(
    r"[\u0626\u0628\u062a-\u062e\u0633-\u0647\u0649\u064a\u066e\u066f\u0678-\u0687\u069a-\u06bf"
    r"\u06c1\u06c2\u06cc\u06ce\u06d0\u06d1\u06fa-\u06fc\u06ff]"
)
"""Arabic letters that are written together with the next one (Unicode: Joining_Type D or C)."""

_JOINS_LAST: Final = re.compile(
    r"[\u0622-\u064a\u066e-\u0673\u0675-\u06d3\u06d5\u06ee\u06ef\u06fa-\u06fc\u06ff]"
)
"""Arabic letters that are written together with the one before (Joining_Type R, D or C)."""

_SKIN_TONE: Final = re.compile("[\U0001f3fb-\U0001f3ff]")

_TEXT_OR_EMOJI: Final = re.compile(
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u2328\u23cf\u23ed-\u23ef\u23f1"
    "\u23f2\u23f8-\u23fa\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb\u25fc\u2600-\u2604\u260e\u2611\u2618"
    "\u261d\u2620\u2622\u2623\u2626\u262a\u262e\u262f\u2638-\u263a\u2640\u2642\u265f\u2660\u2663"
    "\u2665\u2666\u2668\u267b\u267e\u2692\u2694-\u2697\u2699\u269b\u269c\u26a0\u26a7\u26b0\u26b1"
    "\u26c8\u26cf\u26d1\u26d3\u26e9\u26f0\u26f1\u26f4\u26f7-\u26f9\u2702\u2708\u2709\u270c\u270d"
    "\u270f\u2712\u2714\u2716\u271d\u2721\u2733\u2734\u2744\u2747\u2763\u2764\u27a1\u2934\u2935"
    "\u2b05-\u2b07\u3030\u303d\u3297\u3299\U0001f170\U0001f171\U0001f17e\U0001f17f\U0001f202\U0001f237"
    "\U0001f321\U0001f324-\U0001f32c\U0001f336\U0001f37d\U0001f396\U0001f397\U0001f399-\U0001f39b"
    "\U0001f39e\U0001f39f\U0001f3cb-\U0001f3ce\U0001f3d4-\U0001f3df\U0001f3f3\U0001f3f5\U0001f3f7"
    "\U0001f43f\U0001f441\U0001f4fd\U0001f549\U0001f54a\U0001f56f\U0001f570\U0001f573-\U0001f579"
    "\U0001f587\U0001f58a-\U0001f58d\U0001f590\U0001f5a5\U0001f5a8\U0001f5b1\U0001f5b2\U0001f5bc"
    "\U0001f5c2-\U0001f5c4\U0001f5d1-\U0001f5d3\U0001f5dc-\U0001f5de\U0001f5e1\U0001f5e3\U0001f5e8"
    "\U0001f5ef\U0001f5f3\U0001f5fa\U0001f6cb\U0001f6cd-\U0001f6cf\U0001f6e0-\U0001f6e5\U0001f6e9"
    "\U0001f6f0\U0001f6f3]"
)
"""Symbols that a variation selector makes an emoji (Unicode: emoji-variation-sequences)."""

_GROWN_UPS: Final = "👨👩🧑"
_RELATIVES: Final = f"{_GROWN_UPS}👦👧🧒❤💋🤝"
_OF_EITHER_SEX: Final = (
    "🏃🏄🏊🏋🏌👮👯👰👱👳👷💁💂💆💇🕵🙅🙆🙇🙋🙍🙎🚣🚴🚵🚶🤦🤵🤷🤸🤹🤼🤽🤾"
    "🦸🦹🧎🧏🧍🧔🧖🧗🧘🧙🧚🧛🧜🧝🧞🧟⛹"
)
_JOINED_EMOJI: Final = {
    **dict.fromkeys("⚕⚖✈🌾🍳🍼🎄🎓🎤🎨🏫🏭💻💼🔧🔬🚀🚒🦯🦰🦱🦲🦳🦼🦽🩰🤝❤", _GROWN_UPS),
    **dict.fromkeys("👨👩🧑👦👧🧒", _RELATIVES),
    **dict.fromkeys("♀♂", _OF_EITHER_SEX),
    "💋": "❤",
    "➡": "🏃🚶🧎♀♂🦯🦼🦽",
    "🌈": "🏳",
    "⚧": "🏳",
    "☠": "🏴",
    "🗨": "👁",
    "🦺": "🐕",
    "⬛": "🐈🐦",
    "🔥": "❤🐦",
    "🩹": "❤",
    "❄": "🐻",
    "💨": "😮",
    "💫": "😵",
    "🌫": "😶",
    "↔": "🙂",
    "↕": "🙂",
    "🟩": "🍋",
    "🟫": "🍄",
    "💥": "⛓",
}
"""Emoji that follow a joiner, and those that they may be joined to (emoji-zwj-sequences)."""


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
    in several ways that look the same is written in one (Unicode's NFC, and `_ALIKE`). Joiners and
    variation selectors stay where they change what is seen: between Arabic or Indian letters and in
    emoji. It takes time in proportion to the length of ``text``.
    """
    if _PLAIN.fullmatch(text):
        return text
    text = with_few_marks(text.translate(_ALIKE))
    for _ in range(_MOST_PASSES):
        before, text = text, _without_marks(text)
        if text == before:
            break
    return text


def _without_marks(text: str) -> str:
    """One pass of `unmarked`. What it removes can bring others together, so there may be more."""
    text = _SPACES.sub(" ", _BREAKS.sub("\n", unicodedata.normalize("NFC", text)))
    text = _HIDDEN.sub("", text)
    if _CHANGES_OTHERS.search(text):
        text = _with_needed_only(text)
    text = _SPACES.sub(" ", unicodedata.normalize("NFC", text))
    return _EMPTY_LINES.sub("\n\n", _BLANKS_AT_BREAKS.sub("\n", text)).strip()


_MAY_STAY: Final = frozenset({_JOINER, _NON_JOINER, _AS_EMOJI})


def with_few_marks(text: str) -> str:
    """``text`` with at most so many combining marks in a row that they are sorted quickly."""
    if text.isascii() or len(text) <= _MOST_MARKS:
        return text
    kept, marks = [], 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def _with_needed_only(characters: str) -> str:
    """The text with joiners and selectors only where they change what is seen.

    What is seen in the same way with a selector and without gets it always.
    """
    # What comes next for each place, joiners and selectors left out.
    following = ""
    after: list[str] = []
    for character in reversed(characters):
        after.append(following)
        if character not in _MAY_STAY:
            following = character
    after.reverse()
    kept: list[str] = []
    base = symbol = ""
    for character, following in zip(characters, after, strict=True):
        if character in _MAY_STAY:
            if kept and _stays(character, kept[-1], base, symbol, following):
                if character == _JOINER and _TEXT_OR_EMOJI.match(kept[-1]):
                    kept.append(_AS_EMOJI)
                kept.append(character)
            continue
        if character == _KEYCAP and kept and kept[-1] in "0123456789#*":
            kept.append(_AS_EMOJI)
        kept.append(character)
        if kept[-2:-1] == [_JOINER] and _TEXT_OR_EMOJI.match(character):
            kept.append(_AS_EMOJI)
        symbol = symbol if _SKIN_TONE.match(character) else character
        base = base if unicodedata.combining(character) else character
    return re.sub(f"{_AS_EMOJI}{{2,}}", _AS_EMOJI, "".join(kept))


def _stays(character: str, before: str, base: str, symbol: str, following: str) -> bool:
    """Whether a joiner or selector changes what is seen.

    ``before`` is what it follows, ``base`` the letter below that if it is a combining mark, and
    ``symbol`` the emoji that it follows, without its skin tone.
    """
    if character == _AS_EMOJI:
        return bool(_TEXT_OR_EMOJI.match(before))
    if before in (_JOINER, _NON_JOINER):
        return False  # One is enough.
    if character == _JOINER and symbol and symbol in _JOINED_EMOJI.get(following, ""):
        return True
    return _is_needed(character, before, base, following)


def _is_needed(joiner: str, before: str, base: str, following: str) -> bool:
    """Whether a joiner changes how the letters around it look."""
    if before == _AS_EMOJI:
        return False
    block = ord(before) & ~0x7F
    is_letter = unicodedata.category(following or " ") == "Lo"
    if unicodedata.combining(before) == _VIRAMA:
        if block not in _INDIAN_BLOCKS:
            return False
        if is_letter and ord(following) & ~0x7F == block:
            return True
        return joiner == _JOINER and block == _MALAYALAM
    if following and unicodedata.combining(following) == _VIRAMA:
        return joiner == _JOINER and before in _RA_BEFORE_JOINER
    if not _JOINS_NEXT.match(base):
        return False
    return bool(_JOINS_LAST.match(following)) == (joiner == _NON_JOINER)
