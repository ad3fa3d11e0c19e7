"""Tables of characters that look like others or are invisible, for `text_rules`."""

import re
import unicodedata
from functools import cache
from typing import Final

LOOKALIKES: Final = str.maketrans(
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
"""Replacements for characters that look like another character in most fonts."""

TO_PERSIAN_DIGITS: Final = {0x660 + digit: 0x6F0 + digit for digit in (0, 1, 2, 3, 7, 8, 9)}
"""Persian digits by the Arabic digits that look the same: all but 4, 5 and 6."""

TO_ARABIC_DIGITS: Final = {persian: arabic for arabic, persian in TO_PERSIAN_DIGITS.items()}
"""Arabic digits by the Persian digits that look the same."""

PRESENTATION_FORMS: Final = re.compile(
    r"[\u0132\u0133\u013f\u0140\u0149\u01c4-\u01cc\u01f1-\u01f3\u2e9f\u2ef3\u2f00-\u2fd5\ufb00-\ufdef"
    r"\ufe70-\ufefc]"
)
"""Positional forms, ligatures and radicals, which NFKC turns into plain letters."""

SEQUENCES: Final = (
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
"""Sequences with another spelling that looks the same: pattern and replacement."""

LOOKALIKE_MARKS: Final = str.maketrans(
    {"\u0305": "\u0304", "\u0315": "\u0313", "\u0342": "\u0303", "\u0358": "\u0307"}
)
"""Replacements for combining marks that look like another mark.

They apply after normalisation (NFC), so a mark that is part of a precomposed letter stays.
"""

_NUKTA: Final = 7
"""Unicode's combining class of the dots that turn an Indian letter into another."""

VIRAMA: Final = 9
"""Unicode's combining class of the signs that join Indian consonants."""


@cache
def compile_mark_runs() -> re.Pattern[str]:
    """Return the pattern of runs of marks that look the same in most orders.

    `text_rules` sorts each run. Normalisation sorts only marks of different combining classes.

    These are the marks of Thai, Lao, Khmer, Thaana and Indian scripts (except those that join
    consonants), and other marks with a combining class, such as those of Hebrew. The order of
    accents on Latin letters is visible, so they are not included.
    """
    # Looks at all characters, which takes 8 ms: only the first report needs it.
    return re.compile(
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
            if unicodedata.combining(character) not in (0, _NUKTA, VIRAMA)
            and not unicodedata.name(character).startswith("COMBINING")
        )
        + "]{2,}"
    )


NON_JOINER: Final = "\u200c"

JOINER: Final = "\u200d"

DOT_ABOVE: Final = "\u0307"

DOTTED_LETTERS: Final = frozenset("ij\u0249\u0268\u029d\u03f3\u0456\u0458")
"""Letters with a dot, which hides a combining dot above."""

OVERLAYS: Final = re.compile(
    r"(?<=[^\s\u200c\u200d])[\u0334-\u0338\u20d2\u20d3\u20d8-\u20da\u20e5\u20e6\u20ea\u20eb]"
)
"""Combining strokes, which can be hidden by a stroke of the letter. No language uses them."""

INDIAN_BLOCKS: Final = frozenset({0x900, 0x980, 0xA80, 0xB00, 0xC00, 0xC80, 0xD00, 0xD80})
"""First characters of the 128-character blocks whose scripts use joiners after a virama."""

RA_BEFORE_JOINER: Final = "\u09b0\u09f0\u0cb0"
"""The letter ra of Bengali, Assamese and Kannada, which a joiner keeps from becoming a mark."""

JOINS_NEXT: Final = re.compile(
    r"[\u0626\u0628\u062a-\u062e\u0633-\u0647\u0649\u064a\u066e\u066f\u0678-\u0687\u069a-\u06bf"
    r"\u06c1\u06c2\u06cc\u06ce\u06d0\u06d1\u06fa-\u06fc\u06ff]"
)
"""Arabic letters that connect to the next one (Unicode: Joining_Type D or C)."""

JOINS_PREVIOUS: Final = re.compile(
    r"[\u0622-\u064a\u066e-\u0673\u0675-\u06d3\u06d5\u06ee\u06ef\u06fa-\u06fc\u06ff]"
)
"""Arabic letters that connect to the previous one (Joining_Type R, D or C)."""

TATWEEL: Final = "\u0640"
"""The line that stretches Arabic words. Joiners do not change its look."""

_TONE: Final = "[\U0001f3fb-\U0001f3ff]"
"""Skin tones of emoji."""

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
"""Symbols that a variation selector turns into emoji, except arrows and signs that
occur in running text, such as © and ™.
"""

NEEDS_EMOJI_SELECTOR: Final = re.compile(
    rf"[0-9#*](?=\u20e3)|[{_SYMBOLS}](?!{_TONE})|(?<=\u200d)[♀♂⚕⚖↔↕➡]"
)
"""Characters after which `strip_hidden_marks` always writes a variation selector.

In many fonts they look the same with and without it, so its absence could mark a text.
"""

_OPTIONAL_TONE: Final = f"{_TONE}?"

_COUPLE: Final = "👨{0}👨|👩{0}[👨👩]"

_TONED_COUPLE: Final = "".join(
    (f"👨{_TONE}{{0}}👨{_TONE}|", f"👩{_TONE}{{0}}[👨👩]{_TONE}|", f"🧑{_TONE}{{0}}🧑{_TONE}")
)

JOINED_EMOJI: Final = re.compile(
    "|".join(
        [
            "(?:👨(?:+[👨👩])?|👩(?:+👩)?)(?:+👦(?:+👦)?|+👧(?:+[👦👧])?)",
            "🧑(?:+🧑)?+🧒(?:+🧒)?",
            _COUPLE.format("+❤+(?:💋+)?"),
            _TONED_COUPLE.format("+(?:❤+(?:💋+)?|[🤝🐰\U0001faef]+)"),
            "🧑+🤝+🧑",
            f"[👨👩🧑]{_OPTIONAL_TONE}(?:+[🦯🦼🦽](?:+➡)?|+[⚕⚖✈🌾🍳🍼🎓🎤🎨🏫🏭💻💼🔧🔬🚀🚒🦰🦱🦲🦳])",
            f"🧑{_OPTIONAL_TONE}+[🎄🩰]",
            f"[🏃🚶🧎]{_OPTIONAL_TONE}(?:+[♀♂])?(?:+➡)?",
            f"[🏄🏊🏋🏌👮👯👰👱👳👷💁💂💆💇🕵🙅🙆🙇🙋🙍🙎🚣🚴🚵🤦🤵🤷🤸🤹🤼🤽🤾🦸🦹🧏🧍🧔🧖🧗🧘🧙🧚🧛🧜🧝🧞🧟⛹]{_OPTIONAL_TONE}+[♀♂]",
            f"\U0001faf1{_TONE}+\U0001faf2{_TONE}",
            "🏳+[🌈⚧]|🏴+☠|👁+🗨|🐕+🦺|🐈+⬛|🐦+[⬛🔥]|❤+[🔥🩹]|🐻+❄|😮+💨|😵+💫|😶+🌫|🙂+[↔↕]|🍋+🟩|🍄+🟫|⛓+💥",
        ]
    ).replace("+", JOINER)
)
"""Emoji sequences that joiners combine (Unicode: emoji-zwj-sequences)."""
