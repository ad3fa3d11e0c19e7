"""What people may write, and what of it can be seen.

A text can carry marks that nobody sees: blanks at its end, characters without width, spaces of
another kind. Whoever prepares a link could tell by them who followed it.
`strip_hidden_marks` removes them.
"""

import functools
import re
import unicodedata
from typing import Final

# Classes of characters, written so that Python and ECMAScript (for JSON Schema) read them alike.
_CONTROLS: Final = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f"
_UNSEEN: Final = (
    r"\t\n\r \u0080-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f"
    r"\u2000-\u200f"
    r"\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc"
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
_HIDDEN: Final = re.compile(rf"(?![\n \u200c\u200d])[{_UNSEEN}{_CONTROLS}]")
"""All that cannot be seen but blanks and joiners."""

_MOST_MARKS: Final = 30
"""Combining marks on one letter (Unicode's Stream-Safe Text Format). Sorting more is quadratic."""

_MOST_PASSES: Final = 4

_ALIKE: Final = str.maketrans(
    {
        "\u00b5": "\u03bc",
        "\u02ca": "\u00b4",
        "\u02cb": "`",
        "\u02ee": "\u02ba",
        "\u1fbf": "\u1fbd",
        "\u1fc0": "\u02dc",
        "\u203e": "\u00af",
        "\u2043": "-",
        "\u2e31": "\u00b7",
        "\ufe41": "\u300c",
        "\ufe42": "\u300d",
        "\ufe43": "\u300e",
        "\ufe44": "\u300f",
        "\u01c3": "!",
        "\u02b9": "\u2032",
        "\u02bb": "\u2018",
        "\u02bc": "\u2019",
        "\u0f0c": "\u0f0b",
        "\u1d43": "\u00aa",
        "\u1d52": "\u00ba",
        "\u2010": "-",
        "\u2011": "-",
        "\u2012": "\u2013",
        "\u2015": "\u2014",
        "\u2047": "??",
        "\u2048": "?!",
        "\u2206": "\u0394",
        "\u2236": ":",
        "\ua789": ":",
    }
)
"""Signs that look like others in most fonts, and what is written instead."""

_DIGITS: Final = re.compile("[\u0660-\u0669\u06f0-\u06f9]+")
_DIGITS_THAT_DIFFER: Final = re.compile("[\u0664-\u0666\u06f4-\u06f6]")
_TO_PERSIAN: Final = {0x660 + digit: 0x6F0 + digit for digit in (0, 1, 2, 3, 7, 8, 9)}
_TO_ARABIC: Final = {persian: arabic for arabic, persian in _TO_PERSIAN.items()}
"""Arabic and Persian digits look the same, but for three of them."""

_PERSIAN_LETTERS: Final = re.compile("[\u067e\u0686\u0698\u06af]")

_FORMS: Final = re.compile(
    r"[\u0132\u0133\u013f\u0140\u0149\u01c4-\u01cc\u01f1-\u01f3\u2e9f\u2ef3\u2f00-\u2fd5\ufb00-\ufdef"
    r"\ufe70-\ufefc]"
)
"""Letters in the form that they have beside others, two of them as one character, and radicals."""

_WRITTEN_APART: Final = (
    (re.compile("\u0e4d([\u0e48-\u0e4b]?)\u0e32"), "\\1\u0e33"),  # Thai
    (re.compile("\u0ecd([\u0ec8-\u0ecb]?)\u0eb2"), "\\1\u0eb3"),  # Lao
    (re.compile("\u17c1\u17b6"), "\u17c4"),  # Khmer
    (re.compile("\u17c1\u17b8"), "\u17be"),
    (re.compile("\u0d46\u0d46"), "\u0d48"),  # Malayalam
    (re.compile("\u0d23\u0d4d\u200d"), "\u0d7a"),
    (re.compile("\u0d28\u0d4d\u200d"), "\u0d7b"),
    (re.compile("\u0d30\u0d4d\u200d"), "\u0d7c"),
    (re.compile("\u0d32\u0d4d\u200d"), "\u0d7d"),
    (re.compile("\u0d33\u0d4d\u200d"), "\u0d7e"),
    (re.compile("\u0d15\u0d4d\u200d"), "\u0d7f"),
    (re.compile("\u0dd9\u0dd9"), "\u0ddb"),  # Sinhala
    (re.compile("\u0945\u0902"), "\u0901"),  # Devanagari
    (re.compile("(?<=[\u0a40\u0a47\u0a48\u0a4b\u0a4c])\u0a70"), "\u0a02"),  # Gurmukhi
    (re.compile("\u103a([\u103d\u103e\u105e-\u1060])"), "\\1\u103a"),  # Myanmar
    (re.compile("\u0f77"), "\u0fb2\u0f71\u0f80"),  # Tibetan
    (re.compile("\u0f79"), "\u0fb3\u0f71\u0f80"),
)
"""Signs that some keyboards write as several or in another order, which looks the same."""

_MARKS_ALIKE: Final = str.maketrans(
    {"\u0305": "\u0304", "\u0315": "\u0313", "\u0342": "\u0303", "\u0358": "\u0307"}
)
"""Combining marks that look like others, where they are no part of a letter."""

_NUKTA: Final = 7
"""Unicode's combining class of the dots that make one letter of Indian scripts another."""

_VIRAMA: Final = 9
"""Unicode's combining class of the signs that join the consonants of Indian scripts."""

_RUNS_OF_MARKS: Final = re.compile(
    "[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]{2,}|[\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece]{2,}"
    "|[\u17b6-\u17d1\u17d3\u17dd]{2,}|["
    + "".join(
        character
        for character in map(chr, range(0x900, 0xD80))
        if unicodedata.category(character) in ("Mn", "Mc") and ord(character) % 0x80 != 0x4D
    )
    + "]{2,}|[\u07a6-\u07b0]{2,}|["
    + "".join(
        character
        for character in map(chr, range(0x591, 0x1F000))
        if unicodedata.combining(character) not in (0, _NUKTA, _VIRAMA)
        and not unicodedata.name(character).startswith("COMBINING")
    )
    + "]{2,}"
)
"""Marks of Thai, Lao, Khmer and Indian scripts, but for those that join consonants; of Thaana; and
of others whose marks have a place at the letter (a combining class), such as Hebrew. The accents of
Latin letters are not among them: their order is seen.

Unicode leaves these in the order in which they were typed, which for most is not seen.
"""

_NON_JOINER: Final = "\u200c"
_JOINER: Final = "\u200d"

_SEVERAL_JOINERS: Final = re.compile(f"{_JOINER}{{2,}}")

_DOT_ABOVE: Final = "\u0307"
_DOTTED: Final = frozenset("ij\u0249\u0268\u029d\u03f3\u0456\u0458")
"""Letters that have a dot: another one falls on it."""

_OVERLAY: Final = re.compile(
    r"(?<=[^\s\u200c\u200d])[\u0334-\u0338\u20d2\u20d3\u20d8-\u20da\u20e5\u20e6\u20ea\u20eb]"
)
"""Strokes through a letter, which fall on its own. No language writes with them."""

_INDIAN_BLOCKS: Final = frozenset({0x900, 0x980, 0xA80, 0xB00, 0xC00, 0xC80, 0xD00, 0xD80})
"""First characters of the blocks, of 128 each, of scripts that use joiners after that sign."""

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

_TATWEEL: Final = "\u0640"
"""The line that stretches Arabic words, which looks the same joined and not."""

_TONE: Final = "[\U0001f3fb-\U0001f3ff]"
_SYMBOLS: Final = (
    "\u2328\u23cf\u23ed-\u23ef\u23f1\u23f2\u23f8-\u23fa\u2600-\u2604\u260e\u2611\u2618"
    "\u261d\u2620\u2622\u2623\u2626\u262a\u262e\u262f\u2638-\u263a"
    "\u2668\u267b\u267e\u2692\u2694-\u2697\u2699\u269b\u269c\u26a0\u26a7\u26b0\u26b1"
    "\u26c8\u26cf\u26d1\u26d3\u26e9\u26f0\u26f1\u26f4\u26f7-\u26f9\u2702\u2708\u2709\u270c\u270d"
    "\u270f\u2712\u2714\u2716\u271d\u2721\u2733\u2734\u2744\u2747\u2763\u2764"
    "\U0001f170\U0001f171\U0001f17e\U0001f17f\U0001f202\U0001f237"
    "\U0001f321\U0001f324-\U0001f32c\U0001f336\U0001f37d\U0001f396\U0001f397\U0001f399-\U0001f39b"
    "\U0001f39e\U0001f39f\U0001f3cb-\U0001f3ce\U0001f3d4-\U0001f3df\U0001f3f3\U0001f3f5\U0001f3f7"
    "\U0001f43f\U0001f441\U0001f4fd\U0001f549\U0001f54a\U0001f56f\U0001f570\U0001f573-\U0001f579"
    "\U0001f587\U0001f58a-\U0001f58d\U0001f590\U0001f5a5\U0001f5a8\U0001f5b1\U0001f5b2\U0001f5bc"
    "\U0001f5c2-\U0001f5c4\U0001f5d1-\U0001f5d3\U0001f5dc-\U0001f5de\U0001f5e1\U0001f5e3\U0001f5e8"
    "\U0001f5ef\U0001f5f3\U0001f5fa\U0001f6cb\U0001f6cd-\U0001f6cf\U0001f6e0-\U0001f6e5\U0001f6e9"
    "\U0001f6f0\U0001f6f3"
)
"""Symbols that a variation selector makes an emoji, but for arrows and what is used as text."""

_SHOWN_AS_EMOJI: Final = re.compile(
    rf"[0-9#*](?=\u20e3)|[{_SYMBOLS}](?!{_TONE})|(?<=\u200d)[♀♂⚕⚖↔↕➡]"
)
"""What has a variation selector behind it, always: many fonts show no difference."""

_TONED: Final = f"{_TONE}?"
_COUPLE: Final = "👨{0}👨|👩{0}[👨👩]"
_TONED_COUPLE: Final = "".join(
    (f"👨{_TONE}{{0}}👨{_TONE}|", f"👩{_TONE}{{0}}[👨👩]{_TONE}|", f"🧑{_TONE}{{0}}🧑{_TONE}")
)
_JOINED_EMOJI: Final = re.compile(
    "|".join(
        [
            "(?:👨(?:+[👨👩])?|👩(?:+👩)?)(?:+👦(?:+👦)?|+👧(?:+[👦👧])?)",
            "🧑(?:+🧑)?+🧒(?:+🧒)?",
            _COUPLE.format("+❤+(?:💋+)?"),
            _TONED_COUPLE.format("+(?:❤+(?:💋+)?|[🤝🐰\U0001faef]+)"),
            "🧑+🤝+🧑",
            f"[👨👩🧑]{_TONED}(?:+[🦯🦼🦽](?:+➡)?|+[⚕⚖✈🌾🍳🍼🎓🎤🎨🏫🏭💻💼🔧🔬🚀🚒🦰🦱🦲🦳])",
            f"🧑{_TONED}+[🎄🩰]",
            f"[🏃🚶🧎]{_TONED}(?:+[♀♂])?(?:+➡)?",
            f"[🏄🏊🏋🏌👮👯👰👱👳👷💁💂💆💇🕵🙅🙆🙇🙋🙍🙎🚣🚴🚵🤦🤵🤷🤸🤹🤼🤽🤾🦸🦹🧏🧍🧔🧖🧗🧘🧙🧚🧛🧜🧝🧞🧟⛹]{_TONED}+[♀♂]",
            f"\U0001faf1{_TONE}+\U0001faf2{_TONE}",
            "🏳+[🌈⚧]|🏴+☠|👁+🗨|🐕+🦺|🐈+⬛|🐦+[⬛🔥]|❤+[🔥🩹]|🐻+❄|😮+💨|😵+💫|😶+🌫|🙂+[↔↕]|🍋+🟩|🍄+🟫|⛓+💥",
        ]
    ).replace("+", _JOINER)
)
"""Emoji that joiners make one (Unicode: emoji-zwj-sequences)."""


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


def strip_hidden_marks(text: str) -> str:
    """``text`` as people see it, without anything in it that they cannot see.

    Characters without width are removed, every kind of space is one ordinary blank, and blanks at
    the ends of lines, repeated blanks and more than one empty line are removed. What can be written
    in several ways that look the same is written in one (Unicode's NFC, and `_ALIKE`). Joiners stay
    where they change what is seen: between Arabic or Indian letters and in emoji. Combining marks
    stay on letters of their script, each once. It takes time in proportion to the length of
    ``text``.
    """
    if _PLAIN.fullmatch(text):
        return text
    text = limit_combining_marks(text.translate(_ALIKE))
    for _ in range(_MOST_PASSES):
        before, text = text, _strip_marks_once(text)
        if text == before:
            break
    return text


def _strip_marks_once(text: str) -> str:
    """Make one pass of `strip_hidden_marks`; removing a mark can expose the next one."""
    text = _SPACES.sub(" ", _BREAKS.sub("\n", unicodedata.normalize("NFC", text)))
    text = _HIDDEN.sub("", text)
    text = _FORMS.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    for apart, joined in _WRITTEN_APART:
        text = apart.sub(joined, text)
    text = _unify_digits(text)
    if any(unicodedata.category(character) == "Mn" for character in set(text)):
        text = _remove_stray_marks(text)
    text = _sort_marks(text)
    if _JOINER in text or _NON_JOINER in text:
        text = _remove_idle_joiners(text)
    text = _SHOWN_AS_EMOJI.sub("\\g<0>\ufe0f", _SPACES.sub(" ", text))
    return _EMPTY_LINES.sub("\n\n", _BLANKS_AT_BREAKS.sub("\n", text)).strip()


def _unify_digits(text: str) -> str:
    """Each number in Arabic or Persian digits: as those tell that differ, or else the letters."""
    is_persian = _PERSIAN_LETTERS.search(text)

    def of_one_set(number: re.Match[str]) -> str:
        distinct = _DIGITS_THAT_DIFFER.search(number[0])
        to_persian = distinct[0] >= "\u06f4" if distinct else is_persian
        return number[0].translate(_TO_PERSIAN if to_persian else _TO_ARABIC)

    return _DIGITS.sub(of_one_set, text)


def _remove_stray_marks(text: str) -> str:
    """The text in NFC with each combining mark once on a letter, if it is one of that script."""
    kept: list[str] = []
    base, marks = "", set[str]()
    for character in unicodedata.normalize("NFD", text):
        if character in (_JOINER, _NON_JOINER):
            pass
        elif unicodedata.category(character) != "Mn":
            base, marks = character, set()
        elif character in marks or not _is_visible_on(base, character):
            continue
        else:
            marks.add(character)
        kept.append(character)
    text = _OVERLAY.sub("", unicodedata.normalize("NFC", "".join(kept)))
    return text.translate(_MARKS_ALIKE)


def _sort_marks(text: str) -> str:
    """The text with the marks of a syllable in the order in which people type them, then in NFC."""
    apart = unicodedata.normalize("NFD", text)
    if not _RUNS_OF_MARKS.search(apart):
        return text
    ordered = _RUNS_OF_MARKS.sub(lambda run: "".join(sorted(run[0], key=_rank_mark)), apart)
    return unicodedata.normalize("NFC", ordered)


def _rank_mark(mark: str) -> tuple[int, int]:
    """Where a mark is typed among those of its syllable."""
    code, of_block = ord(mark), ord(mark) % 0x80
    if code < 0xD80:  # Indian: the dot of a letter, vowels from the left, then all others.
        is_vowel = 0x3A <= of_block <= 0x4F or 0x55 <= of_block <= 0x63
        is_left = of_block in (0x3F, 0x46, 0x47, 0x48)
        rank = 0 if of_block == 0x3C else (1 if is_left else 2) if is_vowel else 3
    elif code < 0x1000:  # Thai and Lao: vowels, then tones; a letter that became a mark is first.
        is_tone = mark in "\u0e48\u0e49\u0e4a\u0e4b\u0ec8\u0ec9\u0eca\u0ecb"
        rank = 0 if mark == "\u0ebc" else 2 if is_tone else 1
    elif not 0x1780 <= code < 0x1800:
        rank = unicodedata.combining(mark)
    else:  # Khmer: the marks that change a consonant, vowels, then all others.
        rank = 0 if mark in "\u17c9\u17ca\u17cc" else 1 if mark <= "\u17c5" else 2
    return rank, code


@functools.lru_cache(maxsize=4096)
def _is_visible_on(base: str, mark: str) -> bool:
    """Whether a combining mark is seen on that character: it may be too small for a foreign one."""
    if mark == _DOT_ABOVE:
        return base not in _DOTTED
    if not base or base.isspace():
        return True
    script = _get_script(mark)
    return script in ("COMBINING", "VEDIC", _get_script(base))


def _get_script(character: str) -> str:
    """The script of a letter or mark, as Unicode's names begin: ``LATIN``."""
    return unicodedata.name(character, "").partition(" ")[0]


def limit_combining_marks(text: str) -> str:
    """``text`` with at most so many combining marks in a row that they are sorted quickly."""
    if text.isascii() or len(text) <= _MOST_MARKS:
        return text
    kept, marks = [], 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def _remove_idle_joiners(text: str) -> str:
    """The text with joiners only where they change what is seen."""
    text = _SEVERAL_JOINERS.sub(_JOINER, text)
    in_emoji = {i for match in _JOINED_EMOJI.finditer(text) for i in range(*match.span())}
    # What comes next for each place, joiners left out.
    following = ""
    after: list[str] = []
    for character in reversed(text):
        after.append(following)
        if character not in (_JOINER, _NON_JOINER):
            following = character
    after.reverse()
    kept: list[str] = []
    base = ""
    for place, (character, following) in enumerate(zip(text, after, strict=True)):
        if character not in (_JOINER, _NON_JOINER):
            base = base if unicodedata.combining(character) else character
        elif place not in in_emoji and not _is_joiner_visible(
            character, "".join(kept[-1:]), base, following
        ):
            continue
        kept.append(character)
    return "".join(kept)


def _is_joiner_visible(joiner: str, before: str, base: str, following: str) -> bool:
    """Whether a joiner changes how the letters around it look.

    ``before`` is what it follows, ``base`` the letter below that if it is a combining mark.
    """
    if before in ("", _JOINER, _NON_JOINER) or _TATWEEL in (base, following):
        return False
    block = ord(before) & ~0x7F
    is_letter = unicodedata.category(following or " ") == "Lo"
    if unicodedata.combining(before) == _VIRAMA:
        if block not in _INDIAN_BLOCKS:
            return False
        return is_letter and ord(following) & ~0x7F == block
    if following and unicodedata.combining(following) == _VIRAMA:
        return joiner == _JOINER and before in _RA_BEFORE_JOINER
    if not _JOINS_NEXT.match(base):
        return False
    return bool(_JOINS_LAST.match(following)) == (joiner == _NON_JOINER)
