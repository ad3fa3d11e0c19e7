"""The filters of My reports and of the review queue; their values become an `IssueQuery`."""

from collections.abc import Mapping
from itertools import chain
from typing import Any, Final

import streamlit as st

from components.issues import filter_options
from components.issues.filter_widgets import (
    DateRangeFilter,
    ExpanderFilter,
    MultiSelectFilter,
    render_order,
    render_search,
    render_states,
)
from components.issues.pagination import get_page_number, go_to_first_page
from components.ui import placeholders, query_params
from components.ui.i18n import N_, _
from issue_portal.models.requests import IssueQuery
from issue_portal.models.vocabulary import LIVE_STATES, IssueState

_EXPANDER_FILTERS: Final[tuple[ExpanderFilter, ...]] = (
    MultiSelectFilter("kind", N_("Type of problem"), N_("Any"), "type", filter_options.list_types),
    DateRangeFilter("created", N_("Date reported")),
    MultiSelectFilter(
        "reporter",
        N_("Reported by"),
        N_("Anyone"),
        "created_by",
        filter_options.list_reporters,
        fetches_options=True,
    ),
    MultiSelectFilter(
        "project",
        N_("Project"),
        N_("Choose or enter an ID"),
        "projects",
        filter_options.list_projects,
        fetches_options=True,
        accepts_ids=True,
    ),
)
"""The filters inside the expander "More filters" of the review queue, in reading order."""

_EXPANDER_KEY: Final = "more_filters"


def render_my_issues_filters() -> IssueQuery:
    """Render the filters of My reports: search and state."""
    search, states = st.columns([2, 3])
    with search:
        text = render_search()
    with states:
        selected = render_states(LIVE_STATES)
    query_params.write_url()
    return _build_criteria(filter_by_text=text, states=selected)


def render_queue_filters() -> IssueQuery:
    """Render the filters of the review queue: search, state, order, and "More filters".

    Raises `IssuesError` if the options of a visible filter cannot be fetched.
    """
    search, states, order = st.columns([4, 5, 2], vertical_alignment="bottom")
    with search:
        text = render_search()
    with states:
        selected = render_states((*LIVE_STATES, IssueState.DELETED))
    with order:
        page_order = render_order()
    more = _render_expander(has_other_filters=bool(text or selected))
    query_params.write_url()
    return _build_criteria(filter_by_text=text, states=selected, page_order=page_order, **more)


def clear_filters() -> None:
    """Clear all filters and the page number; keep the order."""
    keys = ("q", "state", "page", *(item.key for item in _EXPANDER_FILTERS))
    query_params.change(**dict.fromkeys(keys, ""))


def render_no_match(text: str) -> None:
    """Show ``text`` on an empty first page; from any other empty page, go to the first page."""
    if get_page_number() > 1:
        go_to_first_page()
        query_params.write_url()
        st.rerun()
    with placeholders.render_empty(text, icon="filter_alt_off", name="no_match"):
        st.button(_("Show all"), icon=":material/filter_alt_off:", on_click=clear_filters)


def _render_expander(*, has_other_filters: bool) -> Mapping[str, Any]:
    """Render "More filters" with the number of active filters; return their query parameters.

    ``has_other_filters`` is whether a filter outside the expander is active.
    """
    visible = bool(
        st.session_state.get(_EXPANDER_KEY)
        or any(query_params.read(item.key) for item in _EXPANDER_FILTERS)
    )
    for item in _EXPANDER_FILTERS:
        item.restore(visible=visible)
    active = sum(bool(st.session_state[item.key]) for item in _EXPANDER_FILTERS)
    title = _("More filters ({count})").format(count=active) if active else _("More filters")
    expander_slot, clear_slot = st.columns([9, 2])
    if active or has_other_filters:
        clear_slot.button(
            _("Clear filters"),
            icon=":material/filter_alt_off:",
            type="tertiary",
            on_click=clear_filters,
        )
    parameters: dict[str, Any] = {}
    with expander_slot.expander(
        title,
        expanded=bool(active),
        icon=":material/tune:",
        key=_EXPANDER_KEY,
        on_change="rerun",
    ):
        rows = [st.columns(2) for _row in range(0, len(_EXPANDER_FILTERS), 2)]
        for item, cell in zip(_EXPANDER_FILTERS, chain.from_iterable(rows), strict=False):
            with cell:
                parameters |= item.render(visible=visible)
    return parameters


def _build_criteria(**values: Any) -> IssueQuery:
    return IssueQuery(**{name: value for name, value in values.items() if value})
