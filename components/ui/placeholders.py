"""Placeholders of a page without content: empty, failed, loading, no rights, not supported.

All look alike: an icon, one sentence and one action, which the page puts in:

    with placeholders.render_empty(_("You haven't sent any reports with your name yet.")):
        st.page_link("pages/report.py", label=_("Report a problem"))
"""

import html
from collections.abc import Callable
from typing import NoReturn, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.ui import messages
from components.ui.i18n import _
from issue_portal.client.errors import IssuesError

Loaded = TypeVar("Loaded")


def render_empty(text: str, *, icon: str = "inbox", name: str = "empty") -> DeltaGenerator:
    """Show that there is nothing to list; ``name`` tells several placeholders on a page apart."""
    return _render_placeholder(name, icon, text)


def render_no_rights(text: str) -> DeltaGenerator:
    """Show that the person may not see the page."""
    return _render_placeholder("no_rights", "lock", text)


def render_not_supported(text: str) -> DeltaGenerator:
    """Show that the server lacks a feature; trying again would not help."""
    return _render_placeholder("not_supported", "power_off", text)


def render_failed(error: IssuesError, *, doing: str) -> NoReturn:
    """Show what could not be loaded ("We couldn't load your reports.") and why; stop the page."""
    with _render_placeholder(
        "failed", "cloud_off", messages.format_failure(error, doing=doing), role="alert"
    ):
        st.button(_("Try again"), icon=":material/refresh:", key="try_again")
    st.stop()


def load_with_placeholder(load: Callable[[], Loaded], *, rows: int = 5) -> Loaded:
    """Return the result of ``load``, showing placeholder rows while it is slow.

    loading.css delays the placeholder, so that a fast response does not flash and a list on screen
    keeps its place. st.skeleton (Streamlit 1.67) flashes at once, and then stays hidden.
    """
    with st.container(key="loading"):
        place = st.empty()
    shape = "<i></i>" * rows
    label = _("Loading…")
    place.html(f'<div class="skeleton" role="status" aria-label="{label}">{shape}</div>')
    try:
        return load()
    finally:
        place.empty()


def _render_placeholder(name: str, icon: str, text: str, *, role: str = "status") -> DeltaGenerator:
    place = st.container(
        key=f"state_{name}", horizontal_alignment="center", vertical_alignment="center"
    )
    place.markdown(f":material/{icon}:", width="content")
    place.html(f'<p class="state" role="{role}">{html.escape(text)}</p>')
    return place
