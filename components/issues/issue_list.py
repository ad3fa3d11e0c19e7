"""A list of issues: opens them, and carries out the actions and key presses in it."""

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
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


@dataclass(frozen=True)
class BulkMenu:
    """The actions that a list offers for several issues at once."""

    actions: Mapping[str, str]
    """Labels by name."""

    total: int | None
    """Number of issues on all pages."""

    done_count: int
    """Number of actions done so far: when it changes, the selection is cleared."""

    on_action: Callable[[str, list[str], bool], None]
    """Called with the action's name, the selected ids, and whether all pages are selected."""


@dataclass(frozen=True)
class Shortcuts:
    """The keyboard shortcuts of a list, beside j, k and x, which move and select."""

    commands: Mapping[str, str]
    """Names of commands by key of the keyboard."""

    widgets: Mapping[str, str]
    """Keys of widgets to press or focus, by key of the keyboard."""

    on_command: Callable[[str], None]
    """Called with a command, and with "next" or "previous" at the end of the list."""


class _KeyPress(BaseModel):
    """A command from the browser, which can send anything."""

    number: int
    session: str
    do: str
    issue: str | None = None
    """Id of the issue that was open, "" for none; None if the browser does not know it."""


_KEY_PRESSES: Final = TypeAdapter(list[_KeyPress])


@dataclass
class _ListState:
    """State of one list in this session."""

    session: str = field(default_factory=lambda: uuid.uuid4().hex)
    """Identifies this state: commands sent before a restart may have been carried out."""

    last_number: int = 0
    """Number of the last command that was carried out."""

    parameters: dict[str, str] = field(default_factory=dict)
    """Query parameters after that command."""

    on_command: Callable[[str], None] | None = None


def get_open_issue_id() -> str | None:
    """Return the id of the open issue; the URL can contain anything else, which is ignored."""
    issue_id = query_params.read(_OPEN_ISSUE)
    return issue_id if re.fullmatch(r"issue_\w{1,64}", issue_id) else None


def open_issue(issue_id: str | None) -> None:
    """Open an issue; None closes the open one."""
    query_params.change(**{_OPEN_ISSUE: issue_id or ""})


def handle_key_presses() -> None:
    """Carry out the commands from the lists of the page, each once and in order.

    Call it before anything else of the page. Callbacks are no substitute: the next key press stops
    a run (Streamlit 1.67), and the following run has to carry out the rest.
    """
    for key, state in _get_lists().items():
        for press in _read_key_presses(key):
            if press.session != state.session or press.number <= state.last_number:
                continue
            state.last_number = press.number
            # The URL of this run may be outdated, so each command says which issue was open.
            current = state.parameters if press.issue is None else {_OPEN_ISSUE: press.issue}
            query_params.change(**current)
            if state.on_command:
                state.on_command(press.do)
            state.parameters = {name: query_params.read(name) for name in (_OPEN_ISSUE, "page")}
    query_params.write_url()


def render(
    issues: Sequence[Issue],
    *,
    key: str,
    label: str,
    format_details: Callable[[Issue], str],
    unread: bool = False,
    page: str = "",
    bulk_menu: BulkMenu | None = None,
    shortcuts: Shortcuts | None = None,
) -> None:
    """Render a list of issues, with their details in a small line below each.

    ``unread`` makes unread issues bold. ``page`` identifies the page of the list: a new
    page scrolls to its top.
    """
    state = _get_lists().setdefault(key, _ListState())
    state.on_command = shortcuts.on_command if shortcuts else None
    js_component.mount(
        __file__,
        key=key,
        data={
            "list": key,
            "session": state.session,
            "done": state.last_number,
            "label": label,
            "unread": _("Unread:"),
            "rows": [_describe_row(issue, format_details(issue), unread) for issue in issues],
            "page": page,
            "selected": get_open_issue_id(),
            "several": bulk_menu and _describe_bulk_menu(bulk_menu, len(issues)),
            "keys": shortcuts
            and {"asks": dict(shortcuts.commands), "presses": dict(shortcuts.widgets)},
            "locale": i18n.get_locale_tag(),
        },
        on_act_change=partial(_handle_action, key, bulk_menu),
    )


def _handle_action(key: str, menu: BulkMenu | None) -> None:
    request = st.session_state[key].act
    if request and menu and request["action"] in menu.actions:
        ids = [str(issue_id) for issue_id in request["ids"]]
        menu.on_action(request["action"], ids, bool(request["all"]))


def _describe_row(issue: Issue, details: str, unread: bool) -> dict[str, Any]:
    """Return a row for the script in the browser."""
    is_deleted = issue.state == IssueState.DELETED
    return {
        "id": issue.id,
        "name": str(issue.issue_number),
        "text": _format_excerpt(issue.description),
        "about": details,
        "state": labels.format_state(issue.state),
        "colour": labels.STATE_COLOURS.get(str(issue.state), "gray"),
        "when": local_time.format_short_moment(issue.created_at),
        "unread": unread and not issue.is_read and not is_deleted,
        "fixed": is_deleted,
    }


def _describe_bulk_menu(menu: BulkMenu, row_count: int) -> dict[str, Any]:
    """Return a menu for the script in the browser."""
    total = menu.total or row_count
    number = i18n.format_number(total)
    return {
        "label": _("Bulk actions"),
        "pick": _("Select issue"),
        "every": _("Select all on this page"),
        "none": labels.format_count(menu.total),
        "some": _("{count} selected"),
        "all": _("Select all {count}").format(count=number) if total > row_count else "",
        "all_picked": _("All {count} selected").format(count=number),
        "actions": [{"id": name, "words": label} for name, label in menu.actions.items()],
        "done": menu.done_count,
    }


def _format_excerpt(text: str | None) -> str:
    return " ".join((text or _("(no text)"))[: _EXCERPT_LENGTH * 2].split())[:_EXCERPT_LENGTH]


def _get_lists() -> dict[str, _ListState]:
    lists: dict[str, _ListState] = st.session_state.setdefault(_LISTS_KEY, {})
    return lists


def _read_key_presses(key: str) -> list[_KeyPress]:
    try:
        return _KEY_PRESSES.validate_python((st.session_state.get(key) or {}).get("asked") or [])
    except ValidationError:
        return []
