"""The columns of the review queue: one line below the text of each issue."""

from collections.abc import Callable
from typing import Final

from components.ui import labels, user_names
from issue_portal.models.responses import Issue

_COLUMNS: Final[tuple[Callable[[Issue], str], ...]] = (
    lambda issue: f"#{issue.issue_number}",
    lambda issue: labels.format_type(issue.type),
    lambda issue: user_names.format_user(issue.created_by),
)


def format_columns(issue: Issue) -> str:
    """Return the columns of an issue as one line."""
    return " · ".join(format_column(issue) for format_column in _COLUMNS)
