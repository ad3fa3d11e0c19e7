"""The number of new issues beside "Review" in the menu."""

import time
from concurrent.futures import Future
from typing import Final

import streamlit as st

from auth import api_backend, current_user
from components import api_session, background_calls, server_capabilities
from components.ui import i18n, js_component
from issue_portal.client.errors import IssuesError
from issue_portal.models.permissions import Action
from issue_portal.models.requests import IssueQuery
from issue_portal.models.vocabulary import IssueState

_COUNT_KEY: Final = "new_issue_count"
_MAX_AGE_SECONDS: Final = 30


def start_counting() -> None:
    """Start to count for a reviewer, unless the last count is still fresh."""
    _count, counted_at = _read()
    if time.monotonic() - counted_at < _MAX_AGE_SECONDS or not current_user.may(Action.READ_ALL):
        return
    filters = server_capabilities.get_capabilities().filters
    if not (filters or api_backend.get_backend().accepts_portal_tokens):
        return
    client = api_session.client()
    query = IssueQuery(states=(IssueState.NOT_REVIEWED,), page_size=1)

    def count() -> int | None:
        try:
            return client.list(query).total_count
        except IssuesError:
            return None

    st.session_state[_COUNT_KEY] = (background_calls.start(count), time.monotonic())


def remember(count: int) -> None:
    """Remember a count that the page has just made."""
    st.session_state[_COUNT_KEY] = (count, time.monotonic())


def format_count(count: int) -> str:
    """Format a count for the badge: no badge for zero."""
    return i18n.format_number(count) if count else ""


def render() -> None:
    """Show the last count to a reviewer; other people's menus have no Review.

    Does not wait: a count that takes longer is shown on the next run.
    """
    if current_user.may(Action.READ_ALL):
        count, _counted_at = _read()
        js_component.mount(__file__, key="review_badge", data={"count": format_count(count or 0)})


def _read() -> tuple[int | None, float]:
    count, counted_at = st.session_state.get(_COUNT_KEY, (None, float("-inf")))
    if isinstance(count, Future):
        count = count.result() if count.done() else None
    return count, counted_at
