"""A list of issues, of which one can be opened, and what is asked for in it by mouse and keys."""

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import streamlit as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from components.ui import i18n, js_component, labels, local_time, query_params
from components.ui.i18n import _
from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import IssueState

_EXCERPT_LENGTH: Final = 160
_OPEN_ISSUE: Final = "issue"
_LISTS_KEY: Final = "issue_lists"


def get_open_issue_id() -> str | None:
    """The id of the issue that is open: it is in the URL, where anything can be."""
    issue_id = query_params.read(_OPEN_ISSUE)
    return issue_id if re.fullmatch(r"issue_\w{1,64}", issue_id) else None


def open_issue(issue_id: str | None) -> None:
    """Open an issue, or close the one that is open."""
    query_params.change(**{_OPEN_ISSUE: issue_id or ""})


@dataclass(frozen=True)
class BulkMenu:
    """What can be done with several issues at once."""

    actions: Mapping[str, str]
    """Words by name."""

    total: int | None
    """How many issues the pages have together."""

    done: int
    """How often it was done: what was picked for it is let go then."""

    act: Callable[[str, list[str], bool], None]
    """Is called with an action's name, the ids that were picked, and whether all are meant."""


@dataclass(frozen=True)
class Shortcuts:
    """What keys do, beside j, k and x, which move and pick."""

    asks: Mapping[str, str]
    """Names of what is asked for, by the key on the keyboard."""

    presses: Mapping[str, str]
    """The keys of widgets to press or focus."""

    act: Callable[[str], None]
    """Is called with what is asked for, also "next" and "previous" where the list ends."""


class _KeyPress(BaseModel):
    """What was asked for in the browser; it comes from there, where it can be anything."""

    number: int
    session: str
    do: str
    issue: str | None = None
    """The one that was open then, "" for none; None if only the server can know that."""


_KEY_PRESSES: Final = TypeAdapter(list[_KeyPress])


@dataclass
class _ListState:
    """What is known of the list with some key."""

    session: str = field(default_factory=lambda: uuid.uuid4().hex)
    """Requests were meant for this one: those of before a restart may have been done."""

    done: int = 0
    """The number of the last request that was done."""

    after: dict[str, str] = field(default_factory=dict)
    """What the URL said after that."""

    act: Callable[[str], None] | None = None


def handle_key_presses() -> None:
    """Do what was asked for in the lists of the page, in that order and each once; comes first.

    Not in callbacks: the next key breaks off a run (Streamlit 1.67), and a run that was broken off
    is followed by one that does the rest.
    """
    for key, known in _get_lists().items():
        for request in _read_key_presses(key):
            if request.session != known.session or request.number <= known.done:
                continue
            known.done = request.number
            # The URL of this run may be that of before: what is open is told with each request.
            here = known.after if request.issue is None else {_OPEN_ISSUE: request.issue}
            query_params.change(**here)
            if known.act:
                known.act(request.do)
            known.after = {name: query_params.read(name) for name in (_OPEN_ISSUE, "page")}
    query_params.write_url()


def render(
    issues: Sequence[Issue],
    *,
    key: str,
    label: str,
    about: Callable[[Issue], str],
    unread: bool = False,
    page: str = "",
    several: BulkMenu | None = None,
    keys: Shortcuts | None = None,
) -> None:
    """Show ``issues``; ``about`` is the small line under each, ``unread`` makes new ones bold.

    ``page`` tells one page of a list from another.
    """

    def act() -> None:
        asked = st.session_state[key].act
        if asked and several and asked["action"] in several.actions:
            several.act(asked["action"], [str(one) for one in asked["ids"]], bool(asked["all"]))

    rows = [
        {
            "id": issue.id,
            "name": str(issue.issue_number),
            "text": _format_excerpt(issue.description),
            "about": about(issue),
            "state": labels.format_state(issue.state),
            "colour": labels.STATE_COLOURS.get(str(issue.state), "gray"),
            "when": local_time.format_short_moment(issue.created_at),
            "unread": unread and not issue.is_read and issue.state != IssueState.DELETED,
            "fixed": issue.state == IssueState.DELETED,
        }
        for issue in issues
    ]
    known = _get_lists().setdefault(key, _ListState())
    known.act = keys.act if keys else None
    js_component.mount(
        __file__,
        key=key,
        data={
            "list": key,
            "session": known.session,
            "done": known.done,
            "label": label,
            "unread": _("Unread:"),
            "rows": rows,
            "page": page,
            "selected": get_open_issue_id(),
            "several": several and _describe_bulk_menu(several, len(rows)),
            "keys": keys and {"asks": dict(keys.asks), "presses": dict(keys.presses)},
            "locale": i18n.get_locale_tag(),
        },
        on_act_change=act,
    )


def _get_lists() -> dict[str, _ListState]:
    lists: dict[str, _ListState] = st.session_state.setdefault(_LISTS_KEY, {})
    return lists


def _read_key_presses(key: str) -> list[_KeyPress]:
    try:
        return _KEY_PRESSES.validate_python((st.session_state.get(key) or {}).get("asked") or [])
    except ValidationError:
        return []


def _describe_bulk_menu(several: BulkMenu, shown: int) -> dict[str, Any]:
    total = several.total or shown
    everything = i18n.format_number(total)
    return {
        "label": _("Several at once"),
        "pick": _("Select issue"),
        "every": _("Select all on this page"),
        "none": labels.format_count(several.total),
        "some": _("{count} selected"),
        "all": _("Select all {count}").format(count=everything) if total > shown else "",
        "all_picked": _("All {count} selected").format(count=everything),
        "actions": [{"id": name, "words": words} for name, words in several.actions.items()],
        "done": several.done,
    }


def _format_excerpt(text: str | None) -> str:
    return " ".join((text or _("(no text)"))[: _EXCERPT_LENGTH * 2].split())[:_EXCERPT_LENGTH]
