"""Issues that say much the same as the opened one, so that duplicates are seen."""

import re
from typing import Final

import streamlit as st

from components import api_session, server_capabilities
from components.issues import issue_list
from components.ui import labels
from components.ui.i18n import _
from issue_portal.client.errors import IssuesError
from issue_portal.models.requests import IssueQuery
from issue_portal.models.responses import Issue

_MOST_SEARCHES: Final = 4
_MOST_SHOWN: Final = 3
_LEAST_SIMILARITY: Final = 0.4


def render(issue: Issue) -> None:
    """List the issues most similar to this one, if there are any."""
    try:
        found = _find_similar(issue) if server_capabilities.can_filter() else []
    except IssuesError:
        # The issue itself is there: this is only an aid.
        return
    if found:
        title = _("Similar issues")
        st.markdown(f"**{title}**")
        issue_list.render(
            found,
            key="similar",
            label=title,
            about=lambda other: f"#{other.issue_number} · {labels.format_type(other.type)}",
        )


def _find_similar(issue: Issue) -> list[Issue]:
    words = _extract_words(issue)
    client = api_session.client()
    others = {
        other.id: other
        # Long words say more about what a text is about than short ones.
        for word in sorted(words, key=lambda word: (-len(word), word))[:_MOST_SEARCHES]
        for other in client.list(IssueQuery(filter_by_text=word, total_count=False)).data
        if other.id != issue.id
    }
    alike = {
        other.id: _measure_similarity(words, _extract_words(other)) for other in others.values()
    }
    best = sorted(alike, key=lambda other_id: -alike[other_id])[:_MOST_SHOWN]
    return [others[other_id] for other_id in best if alike[other_id] >= _LEAST_SIMILARITY]


def _extract_words(issue: Issue) -> set[str]:
    return set(re.findall(r"\w{4,20}", (issue.description or "").casefold()))


def _measure_similarity(one: set[str], other: set[str]) -> float:
    """The share of the words of both that both have (Dice), from 0 to 1."""
    return 2 * len(one & other) / max(1, len(one) + len(other))
