"""Query parameters that store the values of widgets, so that reload, Back and bookmarks keep them.

Streamlit's own ``bind="query-params"`` writes translated labels; this module writes values.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import streamlit as st

from web import streamlit_compat

FIRST_DAY: Final = date(1970, 1, 1)
LAST_DAY: Final = date(2099, 12, 31)
"""The first and the last day that a person can choose."""

_MAX_HISTORY_CHARACTERS: Final = 2_000
"""Characters of all values of a URL. The history leaves out longer URLs.

Usually only the report form has longer URLs. It needs no history, because it has no fragments.
"""

_MAX_HISTORY_URLS: Final = 20

_CHANGES_KEY: Final = "url_changes"
_HISTORY_KEY: Final = "url_history"


@dataclass
class _UrlHistory:
    """Query parameters that this session has written to the URL."""

    current: dict[str, str] = field(default_factory=dict)
    previous: list[dict[str, str]] = field(default_factory=list)
    """The oldest first."""


def read(name: str) -> str:
    """Return a query parameter, including changes that `write_url` has not written yet."""
    changes: dict[str, str] = st.session_state.get(_CHANGES_KEY, {})
    return changes[name] if name in changes else _read_url().get(name, "")


def _read_url() -> dict[str, str]:
    """Return the query parameters, including those that the browser has not confirmed yet."""
    return dict(_get_history().current) if is_url_outdated() else st.query_params.to_dict()


def is_url_outdated() -> bool:
    """Return whether this run has started with a URL that the session has already replaced.

    Only fragment runs do. If the person opens another URL, Streamlit runs the whole page.
    """
    previous = _get_history().previous
    return streamlit_compat.is_fragment_run() and st.query_params.to_dict() in previous


def _get_history() -> _UrlHistory:
    history: _UrlHistory = st.session_state.setdefault(_HISTORY_KEY, _UrlHistory())
    return history


def change(**values: str) -> None:
    """Change query parameters with the next `write_url`; an empty value removes one.

    The change also replaces what the person has just entered into the widget of a parameter: the
    text of a search arrives together with the click on a button that clears the search.
    """
    st.session_state[_CHANGES_KEY] = {**st.session_state.get(_CHANGES_KEY, {}), **values}
    for key in values:
        st.session_state[_widget_key(key)] = st.session_state.get(key)
        st.session_state.pop(_url_key(key), None)


def write_url() -> None:
    """Write all changes to the URL at once, as one step of the browser's Back button.

    The session keeps the changes until then: Streamlit (1.67) may stop a run before it writes the
    URL, and then starts the next run with the old URL.
    """
    current = _read_url()
    changed = current | st.session_state.get(_CHANGES_KEY, {})
    changed = {name: value for name, value in changed.items() if value}
    history = _get_history()
    history.current = changed
    if changed != current:
        st.query_params.from_dict(changed)
        if sum(map(len, current.values())) <= _MAX_HISTORY_CHARACTERS:
            history.previous.append(current)
    history.previous = [url for url in history.previous if url != changed][-_MAX_HISTORY_URLS:]
    st.session_state.pop(_CHANGES_KEY, None)


def forget_url_changes_and_history() -> None:
    """Drop the unwritten changes and the history of the page that the person has left."""
    st.session_state.pop(_CHANGES_KEY, None)
    st.session_state.pop(_HISTORY_KEY, None)


def restore(key: str, value: object) -> None:
    """Set a widget to ``value``, which was read from the URL. Call this before the widget.

    Does nothing if the person has just changed the widget, or if the URL has not changed.
    """
    in_url = read(key)
    if key in st.session_state and st.session_state[key] != st.session_state.get(_widget_key(key)):
        return  # The person has just changed the widget, so the URL is older.
    if st.session_state.get(_url_key(key)) != in_url or key not in st.session_state:
        st.session_state[key] = value
        st.session_state[_url_key(key)] = in_url


def keep(key: str, value: str) -> None:
    """Put a widget's value into the URL with the next `write_url`. Call this after the widget."""
    if value != read(key):
        change(**{key: value})
    st.session_state[_url_key(key)] = value
    st.session_state[_widget_key(key)] = st.session_state.get(key)


def read_list(key: str, allowed: Sequence[str]) -> list[str]:
    """Return a comma-separated parameter as a list, without values that are not allowed."""
    return [part for part in read(key).split(",") if part in allowed]


def read_dates(key: str) -> tuple[date, ...]:
    """Return one or two days, the earlier first; () if the parameter is missing or invalid."""
    try:
        days = sorted(date.fromisoformat(part) for part in read(key).split(",")[:2])
    except ValueError:
        return ()
    return tuple(days) if days[0] >= FIRST_DAY and days[-1] <= LAST_DAY else ()


def _url_key(key: str) -> str:
    """Return the session key of a widget's last value in the URL."""
    return f"url_{key}"


def _widget_key(key: str) -> str:
    """Return the session key of a widget's last value."""
    return f"widget_{key}"
