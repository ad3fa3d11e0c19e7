"""The person's language: translations, and the formats of numbers and dates.

The English texts are in the code. Each other language is one file, ``locales/<code>.po`` (gettext),
such as ``es.po`` or ``pt_BR.po``. Language codes in this module are BCP 47 tags, such as ``pt-BR``.
"""

from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final

import streamlit as st
from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time, format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_compact_decimal, format_decimal, format_percent

from auth import browser_cookies
from components.ui import js_component

FOLDER: Final = Path(__file__).parents[2] / "locales"
COOKIE: Final = "issue_portal_language"
COOKIE_SECONDS: Final = 365 * 86_400

_UNIT_SECONDS: Final = (86_400, 3_600, 60)

_LANGUAGE_KEY: Final = "language"
_NEW_COOKIE_KEY: Final = "new_language_cookie"


def N_(text: str) -> str:
    """Mark a constant text for translation; pass it to `_` where it is shown."""
    return text


def _(text: str) -> str:
    """Translate ``text`` into the person's language; return it unchanged without a translation."""
    return translate(text, get_language())


def translate(text: str, code: str) -> str:
    """Translate ``text`` into the language ``code``. For callers without a browser session."""
    return _load_translations(code).gettext(text)


def ngettext(singular: str, plural: str, count: int) -> str:
    """Translate a text with a number into the person's language, in the form for ``count``."""
    return _load_translations(get_language()).ngettext(singular, plural, count)


def join_label(label: str, value: str) -> str:
    """Join a label and its value as the person's language does: "Type: Wrong answer"."""
    return _("{label}: {value}").format(label=label, value=value)


@cache
def get_languages() -> dict[str, str]:
    """Return the available languages: the name of each in the language itself, by code."""
    codes = ["en", *sorted(file.stem.replace("_", "-") for file in FOLDER.glob("*.po"))]
    names = {code: str(_parse_tag(code).get_display_name()) for code in codes}
    return {code: name[:1].upper() + name[1:] for code, name in names.items()}


def get_language() -> str:
    """Return the code of the person's language."""
    preferred = st.session_state.get(_LANGUAGE_KEY) or browser_cookies.read_cookie(COOKIE)
    return pick_language(preferred, _get_browser_tag())


def pick_language(preferred: str, browser_tag: str) -> str:
    """Return the code of the language to use.

    The preferred language comes first, then the browser's, then English. If the region of the
    browser's language is not available, any region will do: pt-PT gets pt, or else pt-BR.
    """
    codes = get_languages()
    if preferred in codes:
        return preferred
    browser = _parse_tag(browser_tag)
    with_script = f"{browser.language}-{browser.script}"
    for code in (_format_tag(browser), with_script, browser.language):
        if code in codes:
            return code
    same_language = (code for code in codes if _parse_tag(code).language == browser.language)
    return next(same_language, "en")


def get_text_direction(code: str) -> str:
    """Return the writing direction of a language as HTML's ``dir``: ``ltr`` or ``rtl``."""
    return _parse_tag(code).text_direction


def set_language(code: str) -> None:
    """Switch this browser to a language, and remember it for the next visit."""
    st.session_state[_LANGUAGE_KEY] = code
    st.session_state[_NEW_COOKIE_KEY] = code


def render_language_switch() -> None:
    """Render a button for each language, labelled in that language."""
    with st.container(key="languages", horizontal=True):
        for code, name in get_languages().items():
            st.button(
                name,
                key=f"language_{code}",
                type="tertiary",
                disabled=code == get_language(),
                on_click=set_language,
                args=(code,),
            )


def store_language() -> None:
    """Store a language that the person has just chosen in the browser's cookie."""
    if _NEW_COOKIE_KEY in st.session_state:
        code = st.session_state[_NEW_COOKIE_KEY]
        data = {
            "cookie": COOKIE,
            "language": code,
            "direction": get_text_direction(code),
            "seconds": COOKIE_SECONDS,
        }
        js_component.mount(__file__, key="language_cookie", data=data)


def get_locale_tag() -> str:
    """Return the BCP 47 tag of the person's locale. For JavaScript."""
    return _format_tag(_get_locale())


def format_number(value: float) -> str:
    """Format a number with the separators of the person's locale."""
    return format_decimal(value, locale=_get_locale())


def format_compact(value: int) -> str:
    """Format a number for a small space: 950, 9,500, 12.3K, 1.2M."""
    if value < 10_000:
        return format_number(value)
    return format_compact_decimal(value, fraction_digits=1, locale=_get_locale())


def format_share(share: float) -> str:
    """Format a share from 0 to 1 as a percentage without decimals."""
    return format_percent(share, locale=_get_locale())


def format_datetime(local: datetime) -> str:
    """Format a local day and time: 24 Nov 2026, 07:15."""
    locale = _get_locale()
    return f"{format_date(local, locale=locale)}, {format_time(local, 'short', locale=locale)}"


def format_day(day: date, today: date) -> str:
    """Format a day; the current year is left out."""
    skeleton = "MMMd" if day.year == today.year else "yMMMd"
    return format_skeleton(skeleton, day, locale=_get_locale())


def format_month(day: date) -> str:
    """Format the month of a day: Nov 2026."""
    return format_skeleton("yMMM", day, locale=_get_locale())


def format_duration(seconds: int) -> str:
    """Format a duration, rounded to its largest unit: 3 hours."""
    return format_timedelta(timedelta(seconds=seconds), threshold=1.5, locale=_get_locale())


def format_age(age: timedelta) -> str:
    """Format how long ago something was, in whole units, as lists do: 3 hours ago."""
    seconds = max(0, int(age.total_seconds()))
    unit = next((unit for unit in _UNIT_SECONDS if seconds >= unit), 1)
    past = -timedelta(seconds=seconds - seconds % unit)
    return format_timedelta(past, threshold=1, add_direction=True, locale=_get_locale())


def _get_locale() -> Locale:
    """Return the browser's locale if it has the person's language, or else that of the language."""
    browser_locale, locale = _parse_tag(_get_browser_tag()), _parse_tag(get_language())
    return browser_locale if browser_locale.language == locale.language else locale


def _get_browser_tag() -> str:
    return getattr(st.context, "locale", None) or "en"


def _format_tag(locale: Locale) -> str:
    return str(locale).replace("_", "-")


@lru_cache(maxsize=256)
def _parse_tag(tag: str) -> Locale:
    try:
        return Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


@cache
def _load_translations(code: str) -> NullTranslations:
    """Load the translations of a language from its .po file."""
    if code == "en":
        return NullTranslations()
    locale = _parse_tag(code)
    with (FOLDER / f"{code.replace('-', '_')}.po").open("rb") as file:
        catalogue = read_po(file, locale=locale)
    # An empty Language header unsets the locale. Without a locale, write_mo omits the plural rule.
    catalogue.locale = locale
    for message in catalogue:
        # If a plural form is missing, write_mo mixes in English forms that do not fit the number.
        # Without any forms, gettext returns the right English form.
        if message.pluralizable and not all(message.string or ()):
            message.string = ""
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)
