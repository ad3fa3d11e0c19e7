"""Widgets whose values live in the URL, so that reload, Back, bookmarks and links keep them.

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
"""Bounds of the days that a person can choose."""

_LONGEST_REMEMBERED: Final = 2_000
"""Characters of the values of a URL. Longer URLs lead to the form, which has no fragment."""

_CHANGES: Final = "url_changes"
_WRITTEN: Final = "url_written"
_REMEMBERED: Final = 20


@dataclass
class _Written:
    now: dict[str, str] = field(default_factory=dict)
    before: list[dict[str, str]] = field(default_factory=list)
    """Earlier URLs, the oldest first."""


def read(name: str) -> str:
    """Return a query parameter, including changes that `write_url` has not written yet."""
    changes: dict[str, str] = st.session_state.get(_CHANGES, {})
    return changes[name] if name in changes else _read_url().get(name, "")


def _read_url() -> dict[str, str]:
    """Return the query parameters, including those we sent that the browser has not echoed yet.

    Only fragment runs can get an old URL: a new one always runs the whole page.
    """
    current = st.query_params.to_dict()
    written: _Written = st.session_state.get(_WRITTEN, _Written())
    is_late = streamlit_compat.is_fragment_run() and current in written.before
    return dict(written.now) if is_late else current


def change(**values: str) -> None:
    """Change query parameters with the next `write_url`; an empty value removes one."""
    st.session_state[_CHANGES] = {**st.session_state.get(_CHANGES, {}), **values}


def write_url() -> None:
    """Write all changes to the URL at once, as one step of the browser's Back button.

    Changes are kept until then: Streamlit (1.67) may stop a run before it wrote the URL, and starts
    the next one with the old URL.
    """
    current = _read_url()
    wanted = current | st.session_state.get(_CHANGES, {})
    wanted = {name: value for name, value in wanted.items() if value}
    written: _Written = st.session_state.setdefault(_WRITTEN, _Written())
    written.now = wanted
    if wanted != current:
        st.query_params.from_dict(wanted)
        if sum(map(len, current.values())) <= _LONGEST_REMEMBERED:
            written.before.append(current)
    written.before = [url for url in written.before if url != wanted][-_REMEMBERED:]
    st.session_state.pop(_CHANGES, None)


def forget_changes() -> None:
    """Drop changes meant for a page that the person has left."""
    st.session_state.pop(_CHANGES, None)
    st.session_state.pop(_WRITTEN, None)


def restore(key: str, value: object) -> None:
    """Before a widget: set its ``value`` from the URL if the URL changed without the widget."""
    now = read(key)
    if key in st.session_state and st.session_state[key] != st.session_state.get(_kept(key)):
        return  # The person has just changed the widget: the URL may be older.
    if st.session_state.get(_written(key)) != now or key not in st.session_state:
        st.session_state[key] = value
        st.session_state[_written(key)] = now


def keep(key: str, value: str) -> None:
    """After a widget: put its value into the URL with the next `write_url`."""
    if value != read(key):
        change(**{key: value})
    st.session_state[_written(key)] = value
    st.session_state[_kept(key)] = st.session_state.get(key)


def read_list(key: str, allowed: Sequence[str]) -> list[str]:
    """Return a comma-separated parameter as a list, without values that are not allowed."""
    return [part for part in read(key).split(",") if part in allowed]


def read_dates(key: str) -> tuple[date, ...]:
    """Return one or two days, the earlier one first; nothing if the parameter is invalid."""
    try:
        days = sorted(date.fromisoformat(part) for part in read(key).split(",")[:2])
    except ValueError:
        return ()
    return tuple(days) if days[0] >= FIRST_DAY and days[-1] <= LAST_DAY else ()


def _written(key: str) -> str:
    return f"url_{key}"


def _kept(key: str) -> str:
    return f"kept_{key}"
