"""Removal of invisible characters, without loss of letters in any language."""

import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issue_portal.models import lookalike_characters
from issue_portal.models.text_rules import is_blank, strip_hidden_marks
from issue_portal.server.db.search import fold

INVISIBLE = [
    *("\u200b", "\u2060", "\ufeff", "\u00ad", "\u200e", "\u202e", "\u2066", "\u061c", "\u180e"),
    *("\u034f", "\u115f", "\u3164", "\uffa0", "\u2800", "\U000e0001", "\U000e0041", "\U000e007f"),
    *("\U000e0100", "\U000e01ef", "\ufe00", "\ufe0f", "\u200c", "\u200d", "\U0001d173", "\x00"),
    *("\U0001343f", "\u2028", "\u00a0", "\u2009", "\t", " ", "\u3000", "\u0085"),
]
MARKS = st.text(st.sampled_from(INVISIBLE), max_size=5)


@pytest.mark.parametrize("mark", INVISIBLE, ids=lambda mark: f"U+{ord(mark):04X}")
def test_marks_at_the_ends_and_between_latin_letters_are_removed(mark):
    assert strip_hidden_marks(mark) == ""
    assert is_blank(mark) or mark == "\x00"
    assert strip_hidden_marks(f"{mark}It broke{mark}{mark}") == "It broke"
    inside = strip_hidden_marks(f"a{mark}b")
    assert inside in ("ab", "a b", "a\nb")
    assert strip_hidden_marks(f"a{mark * 3}b") in (inside, "a\n\nb")


@given(before=MARKS, inside=MARKS, after=MARKS)
def test_hidden_marks_leave_only_four_visible_variants(before, inside, after):
    text = strip_hidden_marks(f"{before}It{inside}broke.{after}")
    assert text in ("Itbroke.", "It broke.", "It\nbroke.", "It\n\nbroke.")


TRICKY_TEXTS = st.text(
    "aeiçđ=/بدتाكक्षക্রשּ่ไม👨👩😀❤🔥♀🏃🏽✓1\u20e3\u200c\u200d\ufe0f\u200b"
    "\u0301\u0307\u0327\u0335\u0338\u064b\u05bc \n\u00a0",
    max_size=12,
)


# Characters that `strip_hidden_marks` replaces, and marks that it merges with another character.
REPLACED_CHARACTERS = {
    *map(
        chr,
        [
            *lookalike_characters.LOOKALIKES,
            *lookalike_characters.TO_PERSIAN_DIGITS,
            *lookalike_characters.TO_ARABIC_DIGITS,
        ],
    ),
    *"\u0945\u0a70\u0e4d\u0ecd\u17c1\u0d46\u0d4d\u0dd9",
}


def list_letters(text: str) -> list[str]:
    return [c for c in unicodedata.normalize("NFKD", text) if c.isalnum()]


@given(st.text(max_size=200) | TRICKY_TEXTS)
def test_stripping_is_idempotent_and_keeps_visible_text(text):
    once = strip_hidden_marks(text)
    assert strip_hidden_marks(once) == once
    assert is_blank(text) == (not once) or re.fullmatch(r"[\x00-\x1f\x7f\s]*", text)
    assert once == once.strip()
    assert "  " not in once
    assert "\n\n\n" not in once
    if REPLACED_CHARACTERS.isdisjoint(text):
        assert list_letters(once) == list_letters(text)


@pytest.mark.parametrize(
    "text",
    [
        "می‌خواهم کتاب‌ها را ببینم",
        "क्‍ष और क्‌ष",
        "দর‍্শন",
        "👨‍👩‍👧‍👦 and 👩🏽‍💻",
        "🏳️‍🌈 🕵️‍♂️ 🙂‍↔️",
        "❤️ 🌡️ 1️⃣ #️⃣ 👁️‍🗨️ 🏃🏽‍♀️‍➡️ ❤️‍🔥",
        "日本語、한국어、ไทย، العربية",
        "first\nsecond\n\nthird",
        "Ünïcode, ½ Ⅳ, naïve – “quoted”…",
        "رقم \u0600١٢",
        "நொடி கோ, ম্যাকডোনাল্ড, ಕೀಲಿ ಕೋಡ್, സൗകര്യം, हिन्दी में, ਪੰਜਾਬੀ ਸਿੰਘ",
        "พันธุ์ น้ำ ที่นี่ ບໍ່ມີພາສາ ຫຼັງ ភាសាខ្មែរ ចំនួន တစ်ခုမြန်မာ",
    ],
)
def test_languages_and_emoji_keep_required_marks(text):
    assert strip_hidden_marks(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("می‌‌خواهم", "می‌خواهم"),
        ("دا‌ر", "دار"),
        ("👩‍‍💻", "👩‍💻"),
        ("👨‍👩 👨‍❤️ 👦‍👧 🧑‍🤝 ❤️‍💋 ♀️‍➡️", "👨👩 👨❤️ 👦👧 🧑🤝 ❤️💋 ♀➡"),
        # A second stroke or dot, a repeated mark, or a mark on a letter of another script.
        ("i\u0307 ị\u0307 j\u0307 đ\u0335 s\u0336", "i ị j đ s"),
        ("ไม่\u0e48 बं\u0902 שּׁ\u05bc é\u0301 a\u0740\u05b4", "ไม่ बं שּׁ é a"),
        ("ـ\u200cـ ب\u200cـ ਕ੍\u200cਕ", "ــ بـ ਕ੍ਕ"),
        ("😀️", "😀"),
        ("e\u0301", "é"),
        ("a \u00a0 b \t\r\n \n\n c", "a b\n\nc"),
        ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "🏴"),
        ("x️ 1️ ‍", "x 1"),
        # Joiners and selectors where they change nothing.
        ("✓‍✓ 😀‍😀 🎉‍🚀 ★️ ✓️ 🤔︎", "✓✓ 😀😀 🎉🚀 ★ ✓ 🤔"),
        ("က်‌ခ ก‍ข த்‍ न्‌ न्‍ 1", "က်ခ กข த் न् न् 1"),
        ("ب‍\u200bت", "بت"),
        # Emoji that look the same with and without a selector always get it.
        ("❤‍🔥 1⃣", "❤️‍🔥 1️⃣"),
        # Letters that can be written in several ways.
        (
            "น\u0e4d\u0e49\u0e32 ນ\u0ecd\u0eb2 ក\u17c1\u17b6 ന\u0d4d\u200d ﻻ ﺎ ĳ",
            "น\u0e49\u0e33 ນ\u0eb3 ក\u17c4 ൻ لا ا ij",
        ),
        ("a\u0304\u0305 x\u0342 — ― ꞉ ʼ", "ā x\u0303 — — : ’"),
        # Marks of a syllable in an unusual order.
        (
            "\u0b95\u0bbe\u0bc6 \u0995\u09be\u09c7 \u0c95\u0cd5\u0cbf",
            "\u0b95\u0bca \u0995\u09cb \u0c95\u0cc0",
        ),
        ("\u0e18\u0e4c\u0e38 \u1780\u17c6\u17bb", "\u0e18\u0e38\u0e4c \u1780\u17bb\u17c6"),
        (
            "\u0915\u0903\u0902 \u0915\u0945\u0902 \u0a15\u0a40\u0a70",
            "\u0915\u0902\u0903 \u0915\u0901 \u0a15\u0a40\u0a02",
        ),
        (
            "\u0780\u07a8\u07a6 \u05d1\u05ad\u059a \u0f40\u0f77 a\u0302\u0301 e\u0301\u0302",
            "\u0780\u07a6\u07a8 \u05d1\u059a\u05ad \u0f40\u0fb2\u0f71\u0f80 \u1ea5 \u00e9\u0302",
        ),
        # Arabic and Persian digits in one number. Seven of the ten look the same in both.
        ("\u06f1\u0662 \u0664\u06f1 \u06f4\u0661", "\u0661\u0662 \u0664\u0661 \u06f4\u06f1"),
        ("\u0686 \u06f1\u0662 \u0664\u06f1", "\u0686 \u06f1\u06f2 \u0664\u0661"),
        # Characters that look like other characters.
        ("well\u2011known \u2010 ﬁne ﬄ 5 \u00b5m", "well-known - fine ffl 5 \u03bcm"),
        ("\u2f00\u2ed6\u2e9f", "\u4e00\u2ed6\u6bcd"),
    ],
)
def test_texts_that_look_the_same_become_one_text(text, expected):
    assert strip_hidden_marks(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "a" + "\u0301" * 40_000 + "\u0316" * 40_000,
        "a" + "\u0301\u200c" * 40_000,
        "👨‍👩‍👧" * 10_000,
        " \u200b" * 40_000,
        "\u0b95" + "\u0bbe\u0bc6" * 40_000,
    ],
    ids=["marks", "joiners", "families", "blanks", "vowels"],
)
def test_stripping_any_text_is_fast(text):
    """Regression: sorting 80,000 combining marks blocked the portal for 11 s (quadratic time)."""
    started = time.process_time()
    strip_hidden_marks(text)
    fold(text)
    assert time.process_time() - started < 3
