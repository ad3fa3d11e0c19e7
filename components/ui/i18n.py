"""The person's language: words, numbers and dates.

English is in the code. Every other language is one file, ``locales/<code>.po`` (gettext): adding a
language means adding that file.
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
from babel.numbers import format_decimal, format_percent

from auth import browser_cookies
from components.ui import js_component

FOLDER: Final = Path(__file__).parents[2] / "locales"
COOKIE: Final = "issue_portal_language"
COOKIE_SECONDS: Final = 365 * 86_400

_CHOSEN = "language"
_NEW_COOKIE = "new_language_cookie"


def N_(text: str) -> str:
    """Mark a text that is translated later."""
    return text


def _(text: str) -> str:
    """Translate ``text`` into the person's language; untranslated texts stay English."""
    return _translations(current()).gettext(text)


def ngettext(one: str, many: str, number: int) -> str:
    """Translate the plural form for ``number`` into the person's language."""
    return _translations(current()).ngettext(one, many, number)


@cache
def languages() -> dict[str, str]:
    """What there is to choose from: the name of each language, in that language, by its code."""
    codes = ["en", *sorted(file.stem for file in FOLDER.glob("*.po"))]
    return {code: str(Locale(code).get_language_name(code)).capitalize() for code in codes}


def current() -> str:
    """Code of the person's language."""
    chosen = st.session_state.get(_CHOSEN) or browser_cookies.read_cookie(COOKIE)
    return preferred(chosen, _browser_tag())


def preferred(chosen: str, browser_tag: str) -> str:
    """Code of the chosen language, else of the browser's (a BCP 47 tag), else of English."""
    if chosen in languages():
        return chosen
    language = _parsed(browser_tag).language
    return language if language in languages() else "en"


def direction(code: str) -> str:
    """Writing direction of a language, as HTML's ``dir`` has it: ``ltr`` or ``rtl``."""
    return Locale(code).text_direction


def choose(code: str) -> None:
    """Switch to a language, in this browser, until another is chosen."""
    st.session_state[_CHOSEN] = code
    st.session_state[_NEW_COOKIE] = code


def switch() -> None:
    """Draw a link to each language, labelled in that language."""
    with st.container(key="languages", horizontal=True, horizontal_alignment="center"):
        for code, name in languages().items():
            st.button(
                name,
                key=f"language_{code}",
                type="tertiary",
                disabled=code == current(),
                on_click=choose,
                args=(code,),
            )
    if _NEW_COOKIE in st.session_state:
        new = st.session_state[_NEW_COOKIE]
        data = {
            "cookie": COOKIE,
            "language": new,
            "direction": direction(new),
            "seconds": COOKIE_SECONDS,
        }
        js_component.mount(__file__, key="language_cookie", data=data)


def tag() -> str:
    """The language tag (BCP 47), for scripts in the browser."""
    return str(_locale()).replace("_", "-")


def number(value: float) -> str:
    """A number with the person's separators."""
    return format_decimal(value, locale=_locale())


def percent(share: float) -> str:
    """A share of one as whole per cent."""
    return format_percent(share, locale=_locale())


def moment(local: datetime) -> str:
    """Day and time as the person writes them: 24 Nov 2026, 07:15."""
    day, time = format_date(local, locale=_locale()), format_time(local, "short", locale=_locale())
    return f"{day}, {time}"


def day(local: datetime, now: datetime) -> str:
    """The same, short: the time today, else the day."""
    if local.date() == now.date():
        return format_time(local, "short", locale=_locale())
    return calendar_day(local, now)


def calendar_day(day: date, today: date) -> str:
    """A day without its year, if that is this one."""
    skeleton = "MMMd" if day.year == today.year else "yMMMd"
    return format_skeleton(skeleton, day, locale=_locale())


def month(day: date) -> str:
    """The month of a day: Nov 2026."""
    return format_skeleton("yMMM", day, locale=_locale())


def duration(seconds: int) -> str:
    """How long something takes, roughly: 3 hours."""
    return format_timedelta(timedelta(seconds=seconds), threshold=1.5, locale=_locale())


def _locale() -> Locale:
    """Locale of the current language, with the browser's region if that is of this language."""
    browsers = _parsed(_browser_tag())
    return browsers if browsers.language == current() else Locale(current())


def _browser_tag() -> str:
    return getattr(st.context, "locale", None) or "en"


@lru_cache(maxsize=256)
def _parsed(tag: str) -> Locale:
    try:
        return Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


@cache
def _translations(code: str) -> NullTranslations:
    """Compile a language's catalogue, so that gettext chooses texts and plural forms."""
    if code == "en":
        return NullTranslations()
    with (FOLDER / f"{code}.po").open("rb") as file:
        catalogue = read_po(file, locale=code)
    # An empty Language header unsets it, and without it write_mo leaves the plural rule out.
    catalogue.locale = code
    for message in catalogue:
        # For a missing plural form, write_mo would put English text chosen by another rule.
        if message.pluralizable and not all(message.string or ()):
            message.string = ""
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)
