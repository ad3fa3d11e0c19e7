"""Issues with a text similar to that of the open issue, so that reviewers notice duplicates."""

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

_MAX_SEARCHES: Final = 4
_MAX_SHOWN: Final = 3
_MIN_SIMILARITY: Final = 0.4
"""Dice coefficient, from 0 to 1."""


def render(issue: Issue) -> None:
    """Render the issues most similar to this issue, if there are any."""
    try:
        similar = _find_similar(issue) if server_capabilities.can_filter() else []
    except IssuesError:
        # Similar issues are optional, so the page shows no error.
        return
    if similar:
        title = _("Similar issues")
        st.markdown(f"**{title}**")
        issue_list.render(
            similar,
            key="similar",
            label=title,
            format_details=lambda other: (
                f"#{other.issue_number} · {labels.format_type(other.type)}"
            ),
        )


def _find_similar(issue: Issue) -> list[Issue]:
    words = _extract_words(issue)
    client = api_session.client()
    candidates = {
        other.id: other
        # Long words tell most about the subject of a text.
        for word in sorted(words, key=lambda word: (-len(word), word))[:_MAX_SEARCHES]
        for other in client.list(IssueQuery(filter_by_text=word, total_count=False)).data
        if other.id != issue.id
    }
    similarity = {
        other.id: _measure_similarity(words, _extract_words(other)) for other in candidates.values()
    }
    best = sorted(similarity, key=lambda issue_id: -similarity[issue_id])[:_MAX_SHOWN]
    return [candidates[issue_id] for issue_id in best if similarity[issue_id] >= _MIN_SIMILARITY]


def _extract_words(issue: Issue) -> set[str]:
    return set(re.findall(r"\w{4,20}", (issue.description or "").casefold()))


def _measure_similarity(left: set[str], right: set[str]) -> float:
    """Return the Dice coefficient of two sets of words, from 0 to 1."""
    return 2 * len(left & right) / max(1, len(left) + len(right))
