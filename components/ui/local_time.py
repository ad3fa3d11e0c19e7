"""Days and times in the person's time zone."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from components.ui import i18n


def format_moment(when: datetime | None) -> str:
    """Format a moment in full: 24 Nov 2026, 07:15. Return "" for None."""
    return "" if when is None else i18n.format_datetime(_to_local(when))


def format_age(when: datetime) -> str:
    """Format how long ago a moment was: 2 hours ago."""
    return i18n.format_age(datetime.now(UTC) - when)


def get_time_zone() -> ZoneInfo:
    """Return the time zone of the person's browser, or UTC if it is unknown."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def get_today() -> date:
    """Return the current day in the person's time zone."""
    return _to_local(datetime.now(UTC)).date()


def _to_local(when: datetime) -> datetime:
    return when.astimezone(get_time_zone())
