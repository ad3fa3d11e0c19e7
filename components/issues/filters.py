"""The filters of My reports and of the review queue; their values become an `IssueQuery`."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from components import server_capabilities
from components.issues import filter_options
from components.issues.filter_widgets import (
    ALL_TAB,
    DateRangeFilter,
    FlagFilter,
    MultiSelectFilter,
    QueueFilter,
    render_order_button,
    render_search,
    render_state_tabs,
    render_states,
)
from components.issues.pagination import get_page_number, go_to_first_page
from components.issues.search_text import build_search_parameters
from components.ui import placeholders, query_params
from components.ui.i18n import N_, _
from issue_portal.models.requests import IssueQuery
from issue_portal.models.vocabulary import LIVE_STATES

_POPOVER_FILTERS: Final[tuple[QueueFilter, ...]] = (
    MultiSelectFilter("kind", N_("Type of problem"), N_("Any"), "type", filter_options.list_types),
    DateRangeFilter("created", N_("Date reported")),
    MultiSelectFilter(
        "reporter",
        N_("Reported by"),
        N_("Anyone"),
        "created_by",
        filter_options.list_reporters,
    ),
    MultiSelectFilter(
        "project",
        N_("Project"),
        N_("Choose or enter an ID"),
        "projects",
        filter_options.list_projects,
        accepts_ids=True,
    ),
    FlagFilter("unread", N_("Unread"), "is_read", value=False),
    FlagFilter("anonymous", N_("Anonymous"), "anonymous", value=True),
)
"""The filters in the popover of the review queue, in reading order. Some servers lack the flags."""

_RENDERED_KEY: Final = "filter_menu_rendered"


def render_my_issues_filters() -> IssueQuery:
    """Render the filters of My reports: search and state."""
    with st.container(key="my_issues_filters"):
        search, states = st.columns([2, 3], vertical_alignment="center")
    with search:
        text = render_search(_("Search text"))
    with states:
        selected = render_states(LIVE_STATES)
    query_params.write_url()
    return _build_criteria(**build_search_parameters(text), states=selected)


def render_toolbar() -> IssueQuery:
    """Render state tabs, search, filters and order of the review queue in one line.

    Raises `IssuesError` if the options of an open or active filter cannot be fetched.
    """
    states = render_state_tabs()
    searches_names = server_capabilities.can_search_all_fields()
    text = render_search(_("Text, #number or name") if searches_names else _("Search text"))
    filters = _render_popover()
    page_order = render_order_button()
    query_params.write_url()
    return _build_criteria(
        **build_search_parameters(text), states=states, page_order=page_order, **filters
    )


def render_chips() -> None:
    """Render a chip for each active filter, which removes the filter."""
    texts = {item.key: item.describe() for item in _list_popover_filters()}
    active = {key: text for key, text in texts.items() if text}
    if not active:
        return
    with st.container(key="chips", horizontal=True):
        for key, text in active.items():
            st.button(
                text,
                icon=":material/close:",
                icon_position="right",
                key=f"clear_{key}",
                help=_("Remove this filter"),
                on_click=_clear,
                args=(key,),
            )
        if len(active) > 1:
            st.button(_("Clear all"), type="tertiary", key="clear_filters", on_click=clear_filters)


def show_all() -> None:
    """Clear all filters, and show the issues in every state."""
    clear_filters()
    query_params.change(q="", state=ALL_TAB)


def clear_filters() -> None:
    """Clear the filters of the popover, and go to the first page."""
    _clear(*(item.key for item in _list_popover_filters()))


def _clear(*keys: str) -> None:
    query_params.change(**dict.fromkeys(keys, ""))
    go_to_first_page()


def render_no_match(text: str) -> None:
    """Show ``text`` on an empty first page; from any other empty page, go to the first page."""
    if get_page_number() > 1:
        go_to_first_page()
        query_params.write_url()
        st.rerun()
    with placeholders.render_empty(text, icon="filter_alt_off", name="no_match"):
        st.button(_("Show all"), icon=":material/filter_alt_off:", on_click=show_all)


def _render_popover() -> Mapping[str, Any]:
    """Render the popover with the filters; return their query parameters.

    The widgets are rendered only while the popover is open. Streamlit (1.67) does not tell a widget
    that is not on screen its new value, and the browser would send the old one with the next run:
    a filter that was removed by its chip would come back.
    """
    popover = st.popover(
        _("Filter"),
        icon=":material/filter_list:",
        type="tertiary",
        key="filter_menu",
        on_change="rerun",
    )
    is_open = bool(popover.open)
    was_rendered = is_open and st.session_state.get(_RENDERED_KEY, False)
    parameters: dict[str, Any] = {}
    with popover, st.container(key="filters"):
        for item in _list_popover_filters():
            item.restore()
            if not was_rendered:
                # A value that is set is kept without a widget, and sent to a new one. Sent again
                # later, it would remove what the person has begun to type.
                st.session_state[item.key] = st.session_state[item.key]
            if is_open:
                item.render()
            parameters |= item.read()
    st.session_state[_RENDERED_KEY] = is_open
    return parameters


def _list_popover_filters() -> Sequence[QueueFilter]:
    """Return the filters of the popover that the server has."""
    if server_capabilities.has_extra_filters():
        return _POPOVER_FILTERS
    return [item for item in _POPOVER_FILTERS if not isinstance(item, FlagFilter)]


def _build_criteria(**values: Any) -> IssueQuery:
    return IssueQuery(**{name: value for name, value in values.items() if value or value is False})
