"""The page of a list of issues: its number in the URL, and the control that turns pages."""

import streamlit as st

from components.issues import issue_list
from components.issues.criteria import PAGE_SIZE
from components.ui import query_params


def get_page_number() -> int:
    """Return the number of the requested page, from 1."""
    number = query_params.read("page")
    return max(1, int(number)) if number.isdecimal() and len(number) < 9 else 1


def go_to_page(number: int) -> None:
    """Request a page of the list."""
    query_params.change(page=str(number) if number > 1 else "")


def go_to_first_page() -> None:
    """Request the first page, for example after a change of the filters."""
    go_to_page(1)


def render_pagination(total: int | None) -> None:
    """Render the page control, if ``total`` issues need more than one page."""
    pages = -(-(total or 0) // PAGE_SIZE)
    if pages < 2:
        return
    requested = get_page_number()
    current = min(requested, pages)
    # The key contains the page, so that each page has a new widget: Streamlit warns about a widget
    # that has both a default and a stored value.
    key = f"page_{current}_of_{pages}"
    arguments = (key, current, requested)
    st.pagination(pages, default=current, key=key, on_change=_turn_page, args=arguments)


def _turn_page(key: str, shown: int, requested: int) -> None:
    """Turn from page ``shown`` to the page that the person has chosen.

    The URL had the number ``requested``. Until the browser has drawn the next page, it still sends
    the control of this one. Streamlit (1.67) takes this for a change, also if a shortcut has led to
    the next page and the control has its initial value.
    """
    chosen = st.session_state[key]
    if chosen != shown and get_page_number() == requested:
        go_to_page(chosen)
        issue_list.open_issue(None)
