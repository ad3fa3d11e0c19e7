"""Widgets whose values live in the URL, so that reload, back, bookmarks and links keep them.

Streamlit's own ``bind="query-params"`` puts the shown words there, which are other words in another
language; here it is the values.
"""

from collections.abc import Sequence
from datetime import date

import streamlit as st


def restore(key: str, value: object) -> None:
    """Before a widget: give it the ``value`` read from the URL if that has changed by itself."""
    now = st.query_params.get(key, "")
    if st.session_state.get(_written(key)) != now or key not in st.session_state:
        st.session_state[key] = value
        st.session_state[_written(key)] = now


def keep(key: str, value: str) -> None:
    """After a widget: write its value to the URL; an empty one leaves it."""
    if value != st.query_params.get(key, ""):
        if value:
            st.query_params[key] = value
        else:
            st.query_params.pop(key, None)
    st.session_state[_written(key)] = value


def read_list(key: str, allowed: Sequence[str]) -> list[str]:
    """A list of values, joined by commas; what is not allowed is left out."""
    return [part for part in st.query_params.get(key, "").split(",") if part in allowed]


def read_dates(key: str) -> tuple[date, ...]:
    """One or two days, the earlier one first; nothing if they make no sense."""
    try:
        days = [date.fromisoformat(part) for part in st.query_params.get(key, "").split(",")[:2]]
    except ValueError:
        return ()
    return tuple(sorted(days))


def _written(key: str) -> str:
    return f"url_{key}"
