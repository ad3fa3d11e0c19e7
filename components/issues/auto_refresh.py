"""Polls the server every ``ISSUES_POLL_SECONDS``, and reruns the page when its data has changed."""

from collections.abc import Callable
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.account import require_sign_in
from components.ui import query_params
from issue_portal.client.errors import IssuesError, NotFoundError
from issue_portal.core.settings import get_settings
from issue_portal.models.permissions import Action

_JUST_RENDERED_KEY: Final = "just_rendered"


def make_place() -> DeltaGenerator:
    """Return the place of the checks on a page. Call this before the page renders anything else.

    A check that was due before a run can run right after it (Streamlit 1.67). If it had its place
    below elements that have gone, the browser would show an error instead of the page.
    """
    return st.container(key="auto_refresh")


def rerun_on_change(
    place: DeltaGenerator,
    fetch: Callable[[], object],
    shown: object,
    *,
    seconds: float | None = None,
    action: Action | None = Action.READ_OWN,
) -> None:
    """Rerun the page as soon as the result of ``fetch`` differs from ``shown``.

    Fetches every ``seconds`` (by default ``ISSUES_POLL_SECONDS``), as long as the current user may
    do the ``action``; None for a page that everybody may see. A `NotFoundError` of ``fetch`` counts
    as the result None; other errors of the client are ignored.
    """
    # The page has just fetched its data, so the first run of the fragment does not poll.
    st.session_state[_JUST_RENDERED_KEY] = True
    poll = st.fragment(_poll, run_every=seconds or get_settings().poll_seconds)
    with place:
        poll(fetch, shown, action)


def _poll(fetch: Callable[[], object], shown: object, action: Action | None) -> None:
    if st.session_state.pop(_JUST_RENDERED_KEY, False):
        return
    if query_params.is_url_outdated():
        # A rerun would use the outdated URL, and close the issue that the person has just opened.
        return
    if action is not None:
        require_sign_in.require_in_fragment(action)
    try:
        current = fetch()
    except NotFoundError:
        current = None
    except IssuesError:
        # Keep the page as it is: the next action of the person shows the failure.
        return
    if current != shown:
        st.rerun()
