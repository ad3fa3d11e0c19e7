"""Numbers, dates and times in the language and region of the browser."""

from datetime import UTC, date, datetime, timedelta

import pytest

from components.ui import i18n, local_time

MORNING = datetime(2026, 11, 24, 7, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("preferred", "browser", "expected"),
    [
        ("", "en-GB", "en"),
        ("", "es-MX", "es"),
        ("", "tlh", "en"),
        ("", "not a tag", "en"),
        ("es", "en-GB", "es"),
        ("tlh", "es", "es"),
    ],
)
def test_preferred_language_comes_before_the_browsers(preferred, browser, expected):
    assert i18n.pick_language(preferred, browser) == expected


@pytest.mark.parametrize(
    ("preferred", "browser", "expected"),
    [
        ("", "pt-BR", "pt-BR"),
        ("", "pt-PT", "pt-BR"),
        ("", "zh-TW", "zh-Hant"),
        ("", "zh-CN", "zh-Hans"),
        ("", "en-US", "en"),
        ("pt-BR", "zh-CN", "pt-BR"),
    ],
)
def test_language_may_have_a_region_or_script(write_catalogue, preferred, browser, expected):
    for code in ("pt_BR", "zh_Hans", "zh_Hant"):
        write_catalogue(code, 'msgid "Track"\nmsgstr "Seguir"\n')
    assert i18n.pick_language(preferred, browser) == expected
    assert i18n.get_languages()["pt-BR"] == "Português (Brasil)"
    assert i18n.get_text_direction(expected) == "ltr"


@pytest.mark.parametrize(
    ("tag", "number", "share"),
    [("en-GB", "1,234.5", "25%"), ("es-ES", "1.234,5", "25\xa0%"), ("es-MX", "1,234.5", "25%")],
)
def test_numbers_have_the_separators_of_the_region(set_language, tag, number, share):
    set_language(tag)
    assert i18n.format_number(1234.5) == number
    assert i18n.format_share(0.254).replace("\u202f", "\xa0") == share


@pytest.mark.parametrize(
    ("tag", "expected"), [("en-GB", "24 Nov 2026, 07:15"), ("es-ES", "24 nov 2026, 7:15")]
)
def test_moment_has_day_and_time(set_language, tag, expected):
    set_language(tag)
    assert i18n.format_datetime(MORNING) == expected


@pytest.mark.parametrize(
    ("tag", "seconds", "expected"),
    [
        ("en-GB", -5, "in 0 seconds"),
        ("en-GB", 50, "50 seconds ago"),
        ("en-GB", 3 * 3600 + 3599, "3 hours ago"),
        ("es-ES", 2 * 86_400, "hace 2 días"),
    ],
)
def test_age_is_rounded_to_one_unit(set_language, tag, seconds, expected):
    set_language(tag)
    assert i18n.format_age(timedelta(seconds=seconds)) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"), [(50, "50 seconds"), (3 * 3600, "3 hours"), (3 * 86_400, "3 days")]
)
def test_duration_is_rounded_to_one_unit(seconds, expected):
    assert i18n.format_duration(seconds) == expected


@pytest.mark.parametrize(
    ("tag", "expected"), [("en-GB", "Project: Sales"), ("fr-FR", "Project\xa0: Sales")]
)
def test_label_and_value_have_the_colon_of_the_language(set_language, tag, expected):
    set_language(tag)
    assert i18n.join_label("Project", "Sales") == expected


def test_month_has_a_name_and_a_year(set_language):
    set_language("en-GB")
    assert i18n.format_month(date(2026, 11, 1)) == "Nov 2026"


def test_missing_moment_is_an_empty_text():
    assert local_time.format_moment(None) == ""


@pytest.mark.parametrize(
    ("zone", "expected"),
    [("Europe/Madrid", "Europe/Madrid"), ("", "UTC"), ("No/Where", "UTC"), ("../etc/x", "UTC")],
)
def test_time_zone_is_the_browsers_or_utc(monkeypatch, zone, expected):
    monkeypatch.setattr(local_time.st, "context", type("Context", (), {"timezone": zone}))
    assert local_time.get_time_zone().key == expected
