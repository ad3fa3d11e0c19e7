"""A list of issues, of which one can be opened."""

import re
from collections.abc import Callable, Sequence

import streamlit as st

from api.contract import Issue, IssueState
from components import frontend, labels
from components.language import _

EXCERPT = 160
_OPENED = "issue"


def opened() -> str | None:
    """The id of the issue that is open: it is in the URL, where anything can be."""
    issue_id = st.query_params.get(_OPENED, "")
    return issue_id if re.fullmatch(r"issue_\w{1,64}", issue_id) else None


def open_issue(issue_id: str | None) -> None:
    """Open an issue, or close the one that is open."""
    if issue_id:
        st.query_params[_OPENED] = issue_id
    else:
        st.query_params.pop(_OPENED, None)


def show(
    issues: Sequence[Issue],
    *,
    key: str,
    label: str,
    unread: bool = False,
    about: Callable[[Issue], str],
) -> None:
    """Show ``issues``; ``about`` is the small line under each, ``unread`` makes new ones bold."""

    def follow() -> None:
        open_issue(st.session_state[key].opened)

    rows = [
        {
            "id": issue.id,
            "text": _excerpt(issue.description),
            "about": about(issue),
            "state": labels.state(issue.state),
            "colour": labels.STATE_COLOURS.get(str(issue.state), "gray"),
            "when": labels.day(issue.created_at),
            "unread": unread and not issue.is_read and issue.state != IssueState.DELETED,
        }
        for issue in issues
    ]
    frontend.element("issue_list")(
        key=key,
        data={"label": label, "unread": _("Unread:"), "rows": rows, "selected": opened()},
        on_opened_change=follow,
    )


def _excerpt(text: str | None) -> str:
    return " ".join((text or _("(no text)"))[: EXCERPT * 2].split())[:EXCERPT]
