"""One issue in full: its text as plain text, its references and its timeline."""

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from urllib.parse import quote

import streamlit as st

from components.ui import labels, local_time, messages, user_names
from components.ui.i18n import _
from issue_portal.client.errors import IssuesError
from issue_portal.core.settings import get_settings
from issue_portal.models.responses import HistoryEntry, Issue, ReceiptView


def render_summary(issue: Issue) -> None:
    """Render number and state for a reviewer."""
    number = issue.issue_number
    title = _("Issue") if number is None else f"#{number}"
    st.subheader(title, anchor=False, width="content")
    if issue.state:
        st.html(labels.format_state_html(issue.state), width="content")


def render_reporter(issue: Issue) -> None:
    """Render the name of the reporter and the time of the report."""
    who = f"<bdi>{html.escape(user_names.format_reporter(issue))}</bdi>"
    if issue.created_at is None:
        line = _("From {who}").format(who=who)
    else:
        when = local_time.format_moment(issue.created_at)
        ago = f'<time title="{when}">{local_time.format_age(issue.created_at)}</time>'
        line = _("From {who}, {when}").format(who=who, when=ago)
    st.html(f'<p class="from">{line}</p>')


def render_text(content: str | None) -> None:
    """Render user text exactly as it was written, not as Markdown or HTML."""
    missing = _("No text")
    text = html.escape(content) if content else f"<em>{missing}</em>"
    st.html(f'<div class="written" dir="auto">{text}</div>')


def render_references(issue: Issue) -> None:
    """Render the conversation, answer and project to which the report refers."""
    project = (issue.project.name or issue.project.id) if issue.project else None
    references = {
        _("Conversation"): issue.data.thread_id if issue.data else None,
        _("Answer"): issue.data.reported_interaction_id if issue.data else None,
        _("Project"): project,
    }
    _render_pairs(references)


def render_thread_link(issue: Issue) -> None:
    """Render a link to the conversation, if there is one and ``ISSUES_THREAD_URL`` is set."""
    pattern = get_settings().thread_url
    if not (pattern and issue.data and issue.data.thread_id):
        return
    parts = {
        "{thread}": issue.data.thread_id,
        "{interaction}": issue.data.reported_interaction_id or "",
        "{project}": issue.project.id if issue.project else "",
    }
    if not {".", ".."}.isdisjoint(parts.values()):
        return  # As a path segment, "." or ".." would lead to another page.
    url = re.sub("|".join(map(re.escape, parts)), lambda m: quote(parts[m[0]], safe=""), pattern)
    st.link_button(_("Open conversation"), url, icon=":material/open_in_new:", type="tertiary")


def render_activity(issue: Issue | ReceiptView, history: Future[tuple[HistoryEntry, ...]]) -> None:
    """Wait for the history of an issue, and render it like `render_history`."""
    try:
        entries = history.result()
    except IssuesError as error:
        messages.render_failure(error, failed=_("We couldn't load the activity."))
    else:
        render_history(issue, entries)


def render_history(issue: Issue | ReceiptView, history: Sequence[HistoryEntry]) -> None:
    """Render the timeline; without a history, the dates of the report and of its last update."""
    if history:
        render_timeline(history)
        return
    dates = {}
    if issue.created_at:
        dates[_("Reported")] = local_time.format_moment(issue.created_at)
    if issue.updated_at and issue.updated_at != issue.created_at:
        dates[_("Last updated")] = local_time.format_moment(issue.updated_at)
    _render_pairs(dates)


def render_timeline(history: Iterable[HistoryEntry]) -> None:
    """Render the events of an issue, oldest first."""
    items = "".join(
        f"<li><span>{html.escape(labels.describe_event(entry))}{_format_actor(entry)}</span>"
        f"<time>{local_time.format_moment(entry.at)}</time></li>"
        for entry in history
    )
    label = _("Activity")
    st.html(f'<ol class="timeline" aria-label="{label}">{items}</ol>')


def _render_pairs(pairs: Mapping[str, str | None]) -> None:
    rows = "".join(
        f"<dt>{name}</dt><dd dir='auto'>{html.escape(value)}</dd>"
        for name, value in pairs.items()
        if value
    )
    if rows:
        st.html(f'<dl class="facts">{rows}</dl>')


def _format_actor(entry: HistoryEntry) -> str:
    if not entry.by:
        return ""
    actor = f"<bdi>{html.escape(user_names.format_user(entry.by))}</bdi>"
    return " " + _("by {who}").format(who=actor)
