"""Keyboard shortcuts of the review page: their commands, their help, and a switch to disable them.

`list_shortcuts.js` listens for the keys. Streamlit's own shortcuts (``shortcut=`` of a button,
1.67) cannot be C, R or a punctuation mark.
"""

from collections.abc import Iterable
from typing import Final

import streamlit as st

from components import api_session
from components.issues import edit_conflict, issue_actions, issue_list, review_queue, undo_notice
from components.issues.review_queue import QueuePage
from components.ui import messages
from components.ui.i18n import N_, _
from issue_portal.client.errors import IssuesError
from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import IssueState, IssueType

_ENABLED_KEY: Final = "shortcuts_enabled"
_HELP_OPEN_KEY: Final = "shortcuts_help_open"

_STEPS: Final = {"previous": -1, "next": 1}
_PAGE_STEPS: Final = {"page_back": -1, "page_on": 1}
_PAGES: Final = {"r": "review", "i": "insights", "t": "track"}
_TYPES: Final = {str(number): issue_type for number, issue_type in enumerate(IssueType, 1)}

_DESCRIPTIONS: Final = {
    "j": N_("Next issue"),
    "k": N_("Previous issue"),
    "n": N_("Next unread issue"),
    "Enter": N_("Open issue"),
    "Esc": N_("Back to list"),
    "[ ]": N_("Previous or next page"),
    "x": N_("Select issue"),
    "r": N_("Start review or reopen"),
    "c": N_("Close issue"),
    "1–5": N_("Change the type"),
    "u": N_("Mark unread"),
    "d": N_("Delete"),
    "z": N_("Undo"),
    "/": N_("Search"),
    "g r, g i, g t": N_("Go to Review, Insights or Track"),
    "?": N_("Show shortcuts"),
}


def are_enabled() -> bool:
    """Return whether the person uses the shortcuts."""
    return bool(st.session_state.get(_ENABLED_KEY, True))


def build_shortcuts(queue: QueuePage, shown: Iterable[Issue]) -> issue_list.Shortcuts | None:
    """Return the shortcuts for a page of the queue, or None if they are disabled.

    ``shown`` are the issues as they are on screen. Commands can arrive faster than pages are
    rendered, so each command starts from the result of the previous command.
    """
    if not are_enabled():
        return None
    issues_by_id = {issue.id: issue for issue in shown}

    def handle_command(command: str) -> None:
        nonlocal queue
        issue_id = issue_list.get_open_issue_id()
        if command == "undo":
            undo_notice.undo_latest()
            issues_by_id.clear()  # They are outdated.
        elif command == "newer":
            review_queue.show_newer()
        elif command == "help":
            _set_help_open(True)
        elif command == "leave":
            issue_list.open_issue(None)
        elif command in _PAGE_STEPS:
            review_queue.turn_page(queue, _PAGE_STEPS[command])
        elif issue_id is None or command == "open":
            return  # The page loads the issue.
        elif command in _STEPS:
            queue = review_queue.open_neighbour(queue, issue_id, _STEPS[command])
        else:
            try:
                issue = issues_by_id.get(issue_id) or api_session.client().get(issue_id)
                issues_by_id[issue_id] = _act_on_issue(command, _mark_read(issue))
                if command == "close" and issues_by_id[issue_id].state == IssueState.CLOSED:
                    queue = review_queue.advance(queue, issue_id)
            except IssuesError as error:
                messages.show_failure_on_next_run(error, failed=_("We couldn't save your change."))

    return issue_list.Shortcuts(
        commands={
            "r": "start",
            "c": "close",
            "u": "unread",
            "d": "delete",
            "z": "undo",
            "?": "help",
            "Escape": "leave",
            "[": "page_back",
            "]": "page_on",
            **{key: f"type_{value}" for key, value in _TYPES.items()},
        },
        widgets={"/": "q"},
        pages=_PAGES,
        on_command=handle_command,
    )


def render_help_button() -> None:
    """Render a button that opens the list of shortcuts."""
    st.button(
        _("Shortcuts"),
        icon=":material/keyboard:",
        type="tertiary",
        key="shortcuts_help",
        on_click=_set_help_open,
        args=(True,),
    )


def render_help() -> None:
    """Render the list of shortcuts while it is open."""
    # A rerun, for example with new data, closes the dialog unless it is rendered again.
    if st.session_state.get(_HELP_OPEN_KEY):
        st.dialog(_("Keyboard shortcuts"), on_dismiss=lambda: _set_help_open(False))(_render_help)()


def _mark_read(issue: Issue) -> Issue:
    """Mark an issue as read; return it with its new tag, unless somebody else has changed it."""
    read = review_queue.mark_read(issue)
    return issue if edit_conflict.has_changed(issue, read) else read


def _act_on_issue(command: str, issue: Issue) -> Issue:
    """Apply a command to an issue; return the issue as it is then."""
    if command == "start":
        return issue_actions.move_to_state(issue, IssueState.IN_REVIEW)
    if command == "close":
        return issue_actions.move_to_state(issue, IssueState.CLOSED)
    if command.startswith("type_"):
        return issue_actions.change_type(issue, IssueType(command.removeprefix("type_")))
    if command == "unread":
        issue_actions.mark_unread(issue)
    elif command == "delete":
        issue_actions.delete(issue)
    return issue


def _set_help_open(is_open: bool) -> None:
    st.session_state[_HELP_OPEN_KEY] = is_open


def _render_help() -> None:
    rows = "".join(
        f"<dt>{_format_keys(keys)}</dt><dd>{_(description)}</dd>"
        for keys, description in _DESCRIPTIONS.items()
    )
    st.html(f'<dl class="facts">{rows}</dl>')
    st.toggle(_("Use these shortcuts"), value=True, key=_ENABLED_KEY, persist_state="session")


def _format_keys(keys: str) -> str:
    """Return each key in a box of its own; a comma stays between the boxes."""
    boxes = (f"<kbd>{key.removesuffix(',')}</kbd>{',' * key.endswith(',')}" for key in keys.split())
    return " ".join(boxes)
