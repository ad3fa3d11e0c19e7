"""The filter widgets. Each widget keeps its value in the URL, under the key of the widget."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Protocol

import streamlit as st

from components.issues.pagination import go_to_first_page
from components.ui import labels, local_time, query_params
from components.ui.i18n import _
from issue_portal.models.text_rules import TEXT_PATTERN
from issue_portal.models.vocabulary import IssueState, PageOrder

_TEXT_LIMIT: Final = 200
_ID_LIMIT: Final = 200
_MAX_IDS: Final = 20


class ExpanderFilter(Protocol):
    """A filter inside the expander "More filters".

    The title of the expander counts the active filters. The values of all filters are therefore
    restored before the title is rendered.
    """

    @property
    def key(self) -> str:
        """Key of the widget and name of the URL parameter."""

    def restore(self, *, visible: bool) -> None:
        """Set the value of the widget from the URL; ``visible`` is whether the expander is open."""

    def render(self, *, visible: bool) -> Mapping[str, Any]:
        """Render the widget; return its value as parameters of an `IssueQuery`."""


@dataclass(frozen=True)
class MultiSelectFilter:
    """A filter that selects any number of values of one parameter of `IssueQuery`."""

    key: str
    label: str
    placeholder: str
    parameter: str
    list_options: Callable[[], Mapping[str, str]]
    """Returns the labels of the options, by value."""

    fetches_options: bool = False
    """Whether the options come from the server; if so, only a visible filter fetches them."""

    accepts_ids: bool = False
    """Whether a person can type an id that is not among the options."""

    def restore(self, *, visible: bool) -> None:
        """Set the selected values from the URL."""
        if self.accepts_ids:
            values = _parse_ids(query_params.read(self.key))
        else:
            values = query_params.read_list(self.key, list(self._load_options(visible)))
        query_params.restore(self.key, values)

    def render(self, *, visible: bool) -> Mapping[str, Any]:
        """Render the widget; return the selected values."""
        options = self._load_options(visible)
        values = st.multiselect(
            _(self.label),
            list(dict.fromkeys([*options, *st.session_state[self.key]])),
            format_func=lambda value: options.get(value, value),
            key=self.key,
            accept_new_options=self.accepts_ids,
            on_change=go_to_first_page,
            placeholder=_(self.placeholder),
            select_all=False,
        )
        if self.accepts_ids:
            values = _parse_ids(",".join(values))
        query_params.keep(self.key, ",".join(values))
        return {self.parameter: values}

    def _load_options(self, visible: bool) -> Mapping[str, str]:
        return self.list_options() if visible or not self.fetches_options else {}


@dataclass(frozen=True)
class DateRangeFilter:
    """A filter that selects the days on which issues were reported."""

    key: str
    label: str

    def restore(self, *, visible: bool) -> None:
        """Set the days from the URL."""
        query_params.restore(self.key, query_params.read_dates(self.key))

    def render(self, *, visible: bool) -> Mapping[str, Any]:
        """Render the widget; return the start of the first day and the end of the last day."""
        value = st.date_input(
            _(self.label),
            key=self.key,
            min_value=query_params.FIRST_DAY,
            max_value=query_params.LAST_DAY,
            format="YYYY-MM-DD",
            on_change=go_to_first_page,
        )
        days = [day for day in (value if isinstance(value, tuple) else (value,)) if day]
        query_params.keep(self.key, ",".join(day.isoformat() for day in days))
        if len(days) == 1:
            st.caption(_("Showing this one day. Choose a second day for a range."))
        if not days:
            return {}
        return {
            "start_date": _to_milliseconds(days[0]),
            "end_date": _to_milliseconds(days[-1] + timedelta(days=1)),
        }


def render_search() -> str:
    """Render the search field; return the text to search for."""
    query_params.restore("q", _clean_search(query_params.read("q")))
    entered = st.text_input(
        _("Search"),
        key="q",
        type="search",
        live=True,
        placeholder=_("Search text"),
        icon=":material/search:",
        max_chars=_TEXT_LIMIT,
        on_change=go_to_first_page,
    )
    text = _clean_search(entered)
    query_params.keep("q", text)
    return text


def render_states(states: Sequence[IssueState]) -> list[str]:
    """Render the state filter with these ``states``; return the selected states."""
    values = [state.value for state in states]
    query_params.restore("state", query_params.read_list("state", values))
    selected = st.pills(
        _("State"),
        values,
        format_func=labels.format_state,
        selection_mode="multi",
        key="state",
        on_change=go_to_first_page,
    )
    query_params.keep("state", ",".join(selected))
    return selected


def render_order() -> PageOrder | None:
    """Render the order of the list; return None for the default order, newest first."""
    newest, oldest = PageOrder.DESCENDING.value, PageOrder.ASCENDING.value
    values = [newest, oldest]
    query_params.restore("order", (query_params.read_list("order", values) or values)[0])
    selected = st.selectbox(
        _("Order"),
        values,
        format_func=lambda value: _("Oldest first") if value == oldest else _("Newest first"),
        key="order",
        on_change=go_to_first_page,
        label_visibility="collapsed",
    )
    query_params.keep("order", oldest if selected == oldest else "")
    return PageOrder.ASCENDING if selected == oldest else None


def _clean_search(text: str) -> str:
    """Remove characters that cannot be searched for, and cut the text to the limit."""
    return "".join(c for c in text if c.isprintable())[:_TEXT_LIMIT]


def _parse_ids(joined: str) -> list[str]:
    parts = [part.strip() for part in joined.split(",")]
    ids = [part for part in parts if re.fullmatch(TEXT_PATTERN, part) and len(part) <= _ID_LIMIT]
    return ids[:_MAX_IDS]


def _to_milliseconds(day: date) -> int:
    """Return the start of a day in the person's time zone, in milliseconds since 1970."""
    midnight = datetime.combine(day, time.min, local_time.get_time_zone())
    return max(0, int(midnight.timestamp() * 1000))
