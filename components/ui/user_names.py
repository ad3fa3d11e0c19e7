"""Names of users for lists, timelines and labels."""

from collections import Counter
from collections.abc import Sequence

from components.ui.i18n import _
from components.ui.plain_text import strip_markup
from issue_portal.models.responses import Issue, User


def format_reporter(issue: Issue) -> str:
    """Return the name of an issue's reporter.

    An issue is anonymous only if the server says so: some responses leave out the reporter.
    """
    if issue.created_by:
        return format_user(issue.created_by)
    return _("Anonymous") if "created_by" in issue.model_fields_set else _("Reporter unknown")


def format_user(user: User) -> str:
    """Return the name of a user, or else their email or id."""
    return user.name or user.email or user.id


def format_distinct_names(users: Sequence[User]) -> dict[str, str]:
    """Return names by user id. If users share a name, their emails or ids are added."""
    names = {user.id: format_user(user) for user in users}
    uses = Counter(names.values())
    return {
        user.id: f"{names[user.id]} ({user.email or user.id})"
        if uses[names[user.id]] > 1
        else names[user.id]
        for user in users
    }


def format_account_label(name: str) -> str:
    """Format a name for a label, in which Streamlit would render Markdown."""
    return strip_markup(name) or _("Account")
