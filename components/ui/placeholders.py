"""Placeholders for missing content: empty, failed, loading, no rights, not supported.

A placeholder shows an icon and a sentence. The page adds an action to it:

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
    """Show that there is nothing to list; ``name`` must be unique among placeholders on a page."""
    return _render_placeholder(name, icon, text)


def render_no_access(text: str) -> DeltaGenerator:
    """Show that the person may not see the page."""
    return _render_placeholder("no_access", "lock", text)


def render_not_supported(text: str) -> DeltaGenerator:
    """Show that the server does not support a feature."""
    return _render_placeholder("not_supported", "power_off", text)


def render_failed_and_stop(error: IssuesError, *, failed: str) -> NoReturn:
    """Show that something could not be loaded, and why; stop the page.

    ``failed`` says what failed: "We couldn't load your reports."
    """
    with _render_placeholder(
        "failed", "cloud_off", messages.format_failure(error, failed=failed), role="alert"
    ):
        st.button(_("Try again"), icon=":material/refresh:", key="try_again")
    st.stop()


def load_with_placeholder(load: Callable[[], Loaded], *, rows: int = 5) -> Loaded:
    """Return the result of ``load``; show placeholder rows while ``load`` is slow.

    loading.css shows the rows after a delay, so that they do not flash before a fast response. It
    hides them while a list is on screen. `st.skeleton` (Streamlit 1.67) has no such delay.
    """
    with st.container(key="loading"):
        slot = st.empty()
    row_elements = "<i></i>" * rows
    label = _("Loading…")
    slot.html(f'<div class="skeleton" role="status" aria-label="{label}">{row_elements}</div>')
    try:
        return load()
    finally:
        slot.empty()


def _render_placeholder(name: str, icon: str, text: str, *, role: str = "status") -> DeltaGenerator:
    container = st.container(
        key=f"placeholder_{name}", horizontal_alignment="center", vertical_alignment="center"
    )
    container.markdown(f":material/{icon}:", width="content")
    container.html(f'<p class="placeholder" role="{role}">{html.escape(text)}</p>')
    return container
