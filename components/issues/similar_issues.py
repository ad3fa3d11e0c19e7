"""Issues with a text similar to that of the open issue, so that reviewers notice duplicates."""

import re
from collections.abc import Sequence, Set
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Final

import streamlit as st

from components import api_session, background_calls, server_capabilities
from components.issues import issue_list, queue_columns
from components.ui.i18n import _
from issue_portal.client.errors import IssuesError
from issue_portal.client.pages import SyncIssuePage
from issue_portal.models.requests import IssueQuery
from issue_portal.models.responses import Issue

_MAX_SEARCHES: Final = 4
_MAX_SHOWN: Final = 3
_MIN_SIMILARITY: Final = 0.4
"""Dice coefficient, from 0 to 1."""


@dataclass(frozen=True)
class Search:
    """The searches for issues similar to ``issue``."""

    issue: Issue
    words: Set[str]
    calls: Sequence[Future[SyncIssuePage]]

    def finish(self) -> list[Issue]:
        """Wait for the results; return the most similar issues."""
        candidates = {
            other.id: other
            for call in self.calls
            for other in call.result().data
            if other.id != self.issue.id
        }
        similarity = {
            other.id: _measure_similarity(self.words, _extract_words(other))
            for other in candidates.values()
        }
        best = sorted(similarity, key=lambda issue_id: -similarity[issue_id])[:_MAX_SHOWN]
        return [
            candidates[issue_id] for issue_id in best if similarity[issue_id] >= _MIN_SIMILARITY
        ]


def start_search(issue: Issue) -> Search:
    """Start to search for similar issues, if the server can search."""
    words = _extract_words(issue)
    if not server_capabilities.can_filter():
        return Search(issue, words, ())
    client = api_session.client()
    # Long words tell most about the subject of a text.
    queries = [
        IssueQuery(filter_by_text=word, total_count=False)
        for word in sorted(words, key=lambda word: (-len(word), word))[:_MAX_SEARCHES]
    ]
    calls = [background_calls.start(partial(client.list, query)) for query in queries]
    return Search(issue, words, calls)


def render(search: Search) -> None:
    """Render the issues most similar to an issue, if there are any."""
    try:
        similar = search.finish()
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
            format_details=queue_columns.format_type,
        )


def _extract_words(issue: Issue) -> set[str]:
    return set(re.findall(r"\w{4,20}", (issue.description or "").casefold()))


def _measure_similarity(left: Set[str], right: Set[str]) -> float:
    """Return the Dice coefficient of two sets of words, from 0 to 1."""
    return 2 * len(left & right) / max(1, len(left) + len(right))
