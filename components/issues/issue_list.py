"""A list of issues, and the commands and bulk actions that the browser sends from it."""

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
_ID_LIMIT: Final = 128
_OPEN_ISSUE: Final = "issue"
_LISTS_KEY: Final = "issue_lists"


@dataclass(frozen=True)
class BulkMenu:
    """The actions that a list offers for all selected issues."""

    actions: Mapping[str, str]
    """Labels by name."""

    total: int | None
    """Number of issues on all pages."""

    finished_action_count: int
    """Number of actions applied so far. The list clears its selection when this changes."""

    on_action: Callable[[str, list[str], bool], None]
    """Called with the action's name, the selected ids, and whether all pages are selected."""


@dataclass(frozen=True)
class ListView:
    """How a list is drawn, and what the browser needs to show an act before it is confirmed."""

    is_compact: bool = False
    advances: bool = False
    """Whether closing an issue opens the next one."""

    listed_states: Sequence[IssueState] = ()
    """The states of the list; an issue that gets another state leaves it."""

    newer_count: int = 0
    """Number of issues that a button above the rows brings into the list."""


@dataclass(frozen=True)
class Shortcuts:
    """The keyboard shortcuts of a list, besides j and k (move), n (unread) and x (select)."""

    commands: Mapping[str, str]
    """Names of commands by keyboard key."""

    widgets: Mapping[str, str]
    """Streamlit keys of the widgets to click or focus, by keyboard key."""

    pages: Mapping[str, str]
    """Last parts of the addresses of pages, by the keyboard key that follows g."""

    on_command: Callable[[str], None]
    """Called with each command, and with "next" or "previous" at either end of the list."""


class _ListCommand(BaseModel):
    """A command from the browser; validated, because the browser can send anything."""

    number: int
    session: str
    command: str
    issue: str | None = None
    """Id of the open issue; "" if none is open, None if earlier commands decide which one is."""


_DEFAULT_VIEW: Final = ListView()
_LIST_COMMANDS: Final = TypeAdapter(list[_ListCommand])


@dataclass
class _ListState:
    """State of one list in this session."""

    session: str = field(default_factory=lambda: uuid.uuid4().hex)
    """Identifies this state, so that commands sent before a restart are not run again."""

    last_number: int = 0
    """Number of the last command that was run."""

    parameters: dict[str, str] = field(default_factory=dict)
    """Query parameters after the last command."""

    on_command: Callable[[str], None] | None = None


def get_open_issue_id() -> str | None:
    """Return the id of the open issue; None if the URL has none. Ids are opaque."""
    issue_id = query_params.read(_OPEN_ISSUE)
    return issue_id if 0 < len(issue_id) <= _ID_LIMIT else None


def open_issue(issue_id: str | None) -> None:
    """Open an issue; None closes the open issue."""
    query_params.change(**{_OPEN_ISSUE: issue_id or ""})


def handle_commands() -> None:
    """Run the commands from the lists of the page, each once and in order.

    A page calls this function before it renders anything. Callbacks would lose commands: a key
    press stops the current run (Streamlit 1.67), and with it the callbacks that it has not reached.
    Here, the next run handles the commands that are left.
    """
    for key, state in _get_lists().items():
        for sent in _read_commands(key):
            if sent.session != state.session or sent.number <= state.last_number:
                continue
            state.last_number = sent.number
            # The URL of this run may be outdated, so each command says which issue was open.
            current = state.parameters if sent.issue is None else {_OPEN_ISSUE: sent.issue}
            query_params.change(**current)
            if state.on_command:
                state.on_command(sent.command)
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
    view: ListView = _DEFAULT_VIEW,
) -> None:
    """Render a list of issues: state, number, text, details and age in one line each.

    ``unread`` makes unread issues bold. ``page`` identifies the page of the list: when it changes,
    the browser scrolls to the top of the list.
    """
    state = _get_lists().setdefault(key, _ListState())
    state.on_command = shortcuts.on_command if shortcuts else None
    js_component.mount(
        __file__,
        key=key,
        data={
            "list": key,
            "session": state.session,
            "last_handled": state.last_number,
            "label": label,
            "unread_label": _("Unread:"),
            "rows": [_describe_row(issue, format_details(issue), unread) for issue in issues],
            "page": page,
            "open_issue": get_open_issue_id(),
            "bulk_menu": bulk_menu and _describe_bulk_menu(bulk_menu, len(issues)),
            "shortcuts": shortcuts
            and {
                "commands": dict(shortcuts.commands),
                "widgets": dict(shortcuts.widgets),
                "pages": dict(shortcuts.pages),
            },
            "is_compact": view.is_compact,
            "advances": view.advances,
            "listed_states": [state.value for state in view.listed_states],
            "newer": labels.format_show_newer_label(view.newer_count) if view.newer_count else "",
            "locale": i18n.get_locale_tag(),
        },
        on_bulk_action_change=partial(_handle_bulk_action, key, bulk_menu),
    )


def _handle_bulk_action(key: str, menu: BulkMenu | None) -> None:
    action = st.session_state[key].bulk_action
    if action and menu and action["name"] in menu.actions:
        ids = [str(issue_id) for issue_id in action["ids"]]
        menu.on_action(action["name"], ids, bool(action["all_pages"]))


def _describe_row(issue: Issue, details: str, unread: bool) -> dict[str, Any]:
    """Return the data from which list_rows.js creates a row."""
    is_deleted = issue.state == IssueState.DELETED
    return {
        "id": issue.id,
        "number": "" if issue.issue_number is None else str(issue.issue_number),
        "text": _format_excerpt(issue.description),
        "details": details,
        "state": labels.format_state(issue.state) if issue.state else "",
        "state_value": str(issue.state or ""),
        "colour": labels.get_state_class(issue.state),
        "created": issue.created_at and issue.created_at.timestamp(),
        "when": local_time.format_moment(issue.created_at),
        "unread": unread and not issue.is_read and not is_deleted,
        "is_deleted": is_deleted,
    }


def _describe_bulk_menu(menu: BulkMenu, row_count: int) -> dict[str, Any]:
    """Return the data from which bulk_bar.js creates the bar of bulk actions."""
    total = menu.total or row_count
    number = i18n.format_number(total)
    return {
        "label": _("Bulk actions"),
        "more": _("More actions"),
        "select_issue": _("Select issue"),
        "select_page": _("Select all on this page"),
        "select_all_pages": (
            _("Select all {count}").format(count=number) if total > row_count else ""
        ),
        "total": labels.format_count(menu.total),
        "selected": _("{count} selected"),
        "all_pages_selected": _("All {count} selected").format(count=number),
        "actions": [{"name": name, "label": label} for name, label in menu.actions.items()],
        "finished_action_count": menu.finished_action_count,
    }


def _format_excerpt(text: str | None) -> str:
    return " ".join((text or _("(no text)"))[: _EXCERPT_LENGTH * 2].split())[:_EXCERPT_LENGTH]


def _get_lists() -> dict[str, _ListState]:
    lists: dict[str, _ListState] = st.session_state.setdefault(_LISTS_KEY, {})
    return lists


def _read_commands(key: str) -> list[_ListCommand]:
    sent = (st.session_state.get(key) or {}).get("commands") or []
    try:
        return _LIST_COMMANDS.validate_python(sent)
    except ValidationError:
        return []
