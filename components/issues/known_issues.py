"""The issues that this session has seen. Responses are merged into what is known of an issue.

Some servers send only a few fields of an issue, for example without its reporter or its type.
"""

from collections.abc import Iterable
from typing import Final

import streamlit as st

from issue_portal.models.responses import Issue

_KNOWN_KEY: Final = "known_issues"

_LIMIT: Final = 500
"""Number of issues to remember; the least recently seen ones are forgotten first."""


def remember(issue: Issue) -> Issue:
    """Merge a response into what is known of its issue; return the result."""
    issues = _get_issues()
    known = issues.pop(issue.id, None)
    issues[issue.id] = known.merge(issue) if known else issue
    while len(issues) > _LIMIT:
        issues.pop(next(iter(issues)))
    return issues[issue.id]


def remember_all(issues: Iterable[Issue]) -> tuple[Issue, ...]:
    """Merge the issues of a list into what is known of them; return the results."""
    return tuple(remember(issue) for issue in issues)


def get(issue_id: str) -> Issue | None:
    """Return what is known of an issue; None if this session has not seen it."""
    return _get_issues().get(issue_id)


def forget(issue_id: str) -> None:
    """Forget an issue that does not exist any longer."""
    _get_issues().pop(issue_id, None)


def _get_issues() -> dict[str, Issue]:
    issues: dict[str, Issue] = st.session_state.setdefault(_KNOWN_KEY, {})
    return issues
