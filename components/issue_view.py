"""One issue in full: its text as plain text, what is known about it, and its timeline."""

import html
from collections.abc import Iterable

import streamlit as st

from api.contract import HistoryEntry, Issue
from components import labels


def heading(issue: Issue) -> None:
    """Number, state and kind."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(f"Issue {issue.issue_number}", anchor=False, width="content")
        labels.state_badge(issue.state)
        st.badge(labels.kind(issue.type), color="gray")


def from_whom(issue: Issue) -> None:
    """Who reported it and when. A name is text of a person, too."""
    who = html.escape(labels.reporter(issue.created_by))
    st.html(f'<p class="from">From <bdi>{who}</bdi>, {labels.moment(issue.created_at)}</p>')


def text(content: str | None) -> None:
    """Show what a person wrote exactly as it was written: never as Markdown or HTML."""
    shown = html.escape(content) if content else "<em>No text</em>"
    st.html(f'<div class="written" dir="auto">{shown}</div>')


def facts(issue: Issue) -> None:
    """Where it happened, if the report says so."""
    known = {
        "Thread": issue.data.thread_id if issue.data else None,
        "Interaction": issue.data.reported_interaction_id if issue.data else None,
        "Project": (issue.project.name or issue.project.id) if issue.project else None,
    }
    rows = "".join(
        f"<dt>{name}</dt><dd dir='auto'>{html.escape(value)}</dd>"
        for name, value in known.items()
        if value
    )
    if rows:
        st.html(f'<dl class="facts">{rows}</dl>')


def timeline(history: Iterable[HistoryEntry]) -> None:
    """What happened to it, oldest first."""
    items = "".join(
        f"<li><span>{html.escape(labels.event(entry))}{_actor(entry)}</span>"
        f"<time>{labels.moment(entry.at)}</time></li>"
        for entry in history
    )
    st.html(f'<ol class="timeline" aria-label="Timeline">{items}</ol>')


def _actor(entry: HistoryEntry) -> str:
    return f" <bdi>by {html.escape(labels.reporter(entry.by))}</bdi>" if entry.by else ""
