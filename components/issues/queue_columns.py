"""The columns of the lists of issues, beside state, number, text and age."""

from collections.abc import Callable, Sequence
from typing import Final

from components.ui import labels, user_names
from issue_portal.models.responses import Issue

_COLUMNS: Final[tuple[Callable[[Issue], str | None], ...]] = (
    user_names.format_reporter,
    lambda issue: labels.format_type(issue.type) if issue.type else None,
)


def format_columns(issue: Issue) -> str:
    """Return the columns of the review queue as one line, without what the server did not send."""
    return _join(issue, _COLUMNS)


def format_type(issue: Issue) -> str:
    """Return the type of an issue, for the other lists."""
    return _join(issue, _COLUMNS[1:])


def _join(issue: Issue, columns: Sequence[Callable[[Issue], str | None]]) -> str:
    return " · ".join(filter(None, (format_column(issue) for format_column in columns)))
