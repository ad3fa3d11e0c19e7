"""A list of issues, of which one can be opened."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from api.contract import Issue, IssueState
from components import frontend, labels, language
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


@dataclass(frozen=True)
class Several:
    """What can be done with several issues at once."""

    actions: Mapping[str, str]
    """Words by name."""

    total: int | None
    """How many issues the pages have together."""

    act: Callable[[str, list[str], bool], None]
    """Is called with an action's name, the ids that were picked, and whether all are meant."""


def show(
    issues: Sequence[Issue],
    *,
    key: str,
    label: str,
    unread: bool = False,
    about: Callable[[Issue], str],
    several: Several | None = None,
    shortcuts: Mapping[str, str] | None = None,
) -> None:
    """Show ``issues``; ``about`` is the small line under each, ``unread`` makes new ones bold.

    ``shortcuts`` are the keys of widgets to press or focus, by the key on the keyboard; j, k and x
    move and pick.
    """

    def follow() -> None:
        open_issue(st.session_state[key].opened)

    def act() -> None:
        asked = st.session_state[key].act
        if asked and several and asked["action"] in several.actions:
            several.act(asked["action"], [str(one) for one in asked["ids"]], bool(asked["all"]))

    rows = [
        {
            "id": issue.id,
            "name": str(issue.issue_number),
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
        data={
            "label": label,
            "unread": _("Unread:"),
            "rows": rows,
            "selected": opened(),
            "several": several and _several(several, len(rows)),
            "shortcuts": shortcuts and dict(shortcuts),
            "locale": language.tag(),
        },
        on_opened_change=follow,
        on_act_change=act,
    )


def _several(several: Several, shown: int) -> dict[str, Any]:
    total = several.total or shown
    everything = language.number(total)
    return {
        "label": _("Several at once"),
        "pick": _("Select issue"),
        "every": _("Select all on this page"),
        "none": labels.count(several.total),
        "some": _("{count} selected"),
        "all": _("Select all {count}").format(count=everything) if total > shown else "",
        "all_picked": _("All {count} selected").format(count=everything),
        "actions": [{"id": name, "words": words} for name, words in several.actions.items()],
    }


def _excerpt(text: str | None) -> str:
    return " ".join((text or _("(no text)"))[: EXCERPT * 2].split())[:EXCERPT]
