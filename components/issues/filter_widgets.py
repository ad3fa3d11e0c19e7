"""The filter widgets. Each widget keeps its value in the URL, under the key of the widget."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Protocol

import streamlit as st

from components.issues import date_placeholders
from components.issues.pagination import go_to_first_page
from components.ui import i18n, labels, local_time, plain_text, preferences, query_params
from components.ui.i18n import N_, _
from issue_portal.models.text_rules import TEXT_PATTERN
from issue_portal.models.vocabulary import OPEN_STATES, IssueState, PageOrder

ALL_TAB: Final = "all"
OPEN_TAB: Final = ",".join(OPEN_STATES)

_TABS: Final = {
    OPEN_TAB: N_("Open"),
    IssueState.NOT_REVIEWED.value: N_("New"),
    IssueState.IN_REVIEW.value: N_("In review"),
    IssueState.CLOSED.value: N_("Closed"),
    ALL_TAB: N_("All"),
    IssueState.DELETED.value: N_("Deleted"),
}
"""The tabs of the queue, by the value of the URL parameter ``state``."""

_TAB_PREFERENCE: Final = "tab"
_TEXT_LIMIT: Final = 200
_ID_LIMIT: Final = 200
_MAX_IDS: Final = 20


class QueueFilter(Protocol):
    """A filter in the popover of the review queue.

    Its value is restored before the popover is rendered, because a chip shows each active filter.
    """

    @property
    def key(self) -> str:
        """Key of the widget and name of the URL parameter."""

    def restore(self) -> None:
        """Set the value of the widget from the URL."""

    def render(self) -> None:
        """Render the widget."""

    def read(self) -> Mapping[str, Any]:
        """Write the value into the URL; return it as parameters of an `IssueQuery`."""

    def describe(self) -> str:
        """Describe the active filter for its chip, such as "Type: Wrong answer"; "" if inactive."""


@dataclass(frozen=True)
class MultiSelectFilter:
    """A filter that selects any number of values of one parameter of `IssueQuery`."""

    key: str
    label: str
    placeholder: str
    parameter: str
    list_options: Callable[[], Mapping[str, str]]
    """Returns the labels of the options, by value."""

    accepts_ids: bool = False
    """Whether a person can type an id that is not among the options."""

    def restore(self) -> None:
        """Set the selected values from the URL."""
        if self.accepts_ids:
            values = _parse_ids(query_params.read(self.key))
        else:
            # Some options come from the server: do not fetch them for nothing.
            options = self.list_options() if query_params.read(self.key) else {}
            values = query_params.read_list(self.key, list(options))
        query_params.restore(self.key, values)

    def render(self) -> None:
        """Render the widget with all options."""
        options = self.list_options()
        st.multiselect(
            _(self.label),
            list(dict.fromkeys([*options, *st.session_state[self.key]])),
            format_func=lambda value: options.get(value, value),
            key=self.key,
            accept_new_options=self.accepts_ids,
            on_change=go_to_first_page,
            placeholder=_(self.placeholder),
            select_all=False,
        )

    def read(self) -> Mapping[str, Any]:
        """Return the selected values."""
        values = st.session_state[self.key]
        if self.accepts_ids:
            values = _parse_ids(",".join(values))
        query_params.keep(self.key, ",".join(values))
        return {self.parameter: values}

    def describe(self) -> str:
        """Describe the selected values: the first one, and how many more there are."""
        values = st.session_state[self.key]
        if not values:
            return ""
        options = self.list_options()
        first = plain_text.strip_markup(options.get(values[0], values[0]))
        more = f" +{len(values) - 1}" if len(values) > 1 else ""
        return i18n.join_label(_(self.label), f"{first}{more}")


@dataclass(frozen=True)
class DateRangeFilter:
    """A filter that selects the days on which issues were reported."""

    key: str
    label: str

    def restore(self) -> None:
        """Set the days from the URL."""
        query_params.restore(self.key, query_params.read_dates(self.key))

    def render(self) -> None:
        """Render the widget."""
        st.date_input(
            _(self.label),
            key=self.key,
            min_value=query_params.FIRST_DAY,
            max_value=query_params.LAST_DAY,
            format="YYYY-MM-DD",
            on_change=go_to_first_page,
        )
        date_placeholders.translate()
        if len(self._get_days()) == 1:
            st.caption(_("Showing this one day. Choose a second day for a range."))

    def read(self) -> Mapping[str, Any]:
        """Return the start of the first day and the end of the last day."""
        days = self._get_days()
        query_params.keep(self.key, ",".join(day.isoformat() for day in days))
        if not days:
            return {}
        return {
            "start_date": _to_milliseconds(days[0]),
            "end_date": _to_milliseconds(days[-1] + timedelta(days=1)),
        }

    def describe(self) -> str:
        """Describe the selected days."""
        days = self._get_days()
        if not days:
            return ""
        texts = [i18n.format_day(day, local_time.get_today()) for day in days]
        return i18n.join_label(_(self.label), " – ".join(dict.fromkeys(texts)))

    def _get_days(self) -> list[date]:
        value = st.session_state[self.key]
        return [day for day in (value if isinstance(value, tuple) else (value,)) if day]


@dataclass(frozen=True)
class FlagFilter:
    """A filter that is on or off, for one value of one parameter of `IssueQuery`."""

    key: str
    label: str
    parameter: str
    value: bool

    def restore(self) -> None:
        """Set the checkbox from the URL."""
        query_params.restore(self.key, query_params.read(self.key) == "1")

    def render(self) -> None:
        """Render the checkbox."""
        st.checkbox(_(self.label), key=self.key, on_change=go_to_first_page)

    def read(self) -> Mapping[str, Any]:
        """Return the parameter if the checkbox is checked."""
        is_on = st.session_state[self.key]
        query_params.keep(self.key, "1" if is_on else "")
        return {self.parameter: self.value} if is_on else {}

    def describe(self) -> str:
        """Return the label if the checkbox is checked."""
        return _(self.label) if st.session_state[self.key] else ""


def render_search(placeholder: str) -> str:
    """Render the search field; return the text to search for."""
    query_params.restore("q", _clean_search(query_params.read("q")))
    entered = st.text_input(
        _("Search"),
        key="q",
        type="search",
        live=True,
        placeholder=placeholder,
        label_visibility="collapsed",
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
        label_visibility="collapsed",
    )
    query_params.keep("state", ",".join(selected))
    return selected


def render_state_tabs() -> list[IssueState]:
    """Render the tabs of the queue; return the states of the selected one, [] for all.

    The last choice is remembered for the next visit. `state_counts` shows a number on each tab.
    """
    in_url = query_params.read("state")
    states = query_params.read_list("state", [state.value for state in IssueState])
    if not in_url:
        in_url = preferences.read(_TAB_PREFERENCE) or OPEN_TAB
    elif in_url != ALL_TAB:
        in_url = ",".join(state.value for state in IssueState if state in states)
    query_params.restore("state", in_url if in_url in _TABS else None)
    selected = st.segmented_control(
        _("State"),
        list(_TABS),
        format_func=lambda value: _(_TABS[value]),
        required=True,
        key="state",
        on_change=_remember_tab,
        label_visibility="collapsed",
    )
    if selected is None:  # A link selects states that no tab has.
        return [IssueState(state) for state in states]
    is_default = selected == (preferences.read(_TAB_PREFERENCE) or OPEN_TAB) == OPEN_TAB
    query_params.keep("state", "" if is_default else selected)
    return [] if selected == ALL_TAB else [IssueState(value) for value in selected.split(",")]


def _remember_tab() -> None:
    preferences.store(_TAB_PREFERENCE, st.session_state["state"] or "")
    go_to_first_page()


def render_order_button() -> PageOrder | None:
    """Render the button that reverses the order; return None for the default, newest first."""
    oldest_first = query_params.read("order") == PageOrder.ASCENDING.value
    st.button(
        _("Oldest") if oldest_first else _("Newest"),
        icon=":material/arrow_upward:" if oldest_first else ":material/arrow_downward:",
        type="tertiary",
        key="toggle_order",
        help=_("Oldest first. Select for newest first.")
        if oldest_first
        else _("Newest first. Select for oldest first."),
        on_click=_set_order,
        args=("" if oldest_first else PageOrder.ASCENDING.value,),
    )
    return PageOrder.ASCENDING if oldest_first else None


def _set_order(order: str) -> None:
    query_params.change(order=order)
    go_to_first_page()


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
