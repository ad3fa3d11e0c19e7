"""Keyboard shortcuts of the review page: what they do, and switching them off.

`issue_list.js` listens for them. Streamlit's own (``shortcut=`` of a button, 1.67) cannot be
C or R, nor a sign.
"""

from collections.abc import Iterable
from typing import Final

import streamlit as st

from components import api_session
from components.issues import issue_actions, issue_list, review_queue, undo
from components.issues.review_queue import QueuePage
from components.ui import messages
from components.ui.i18n import N_, _
from issue_portal.client.errors import IssuesError
from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import IssueState

_ENABLED_KEY: Final = "shortcuts_on"
_HELP_KEY: Final = "shortcuts"
_HELP_OPEN_KEY: Final = "shortcuts_opened"
_STEPS_BY_NAME: Final = {"previous": -1, "next": 1}

_DESCRIPTIONS: Final = {
    "j": N_("Next issue"),
    "k": N_("Previous issue"),
    "Enter": N_("Open the issue"),
    "x": N_("Select the issue"),
    "r": N_("Start review, or reopen"),
    "c": N_("Close issue"),
    "u": N_("Mark unread"),
    "d": N_("Delete"),
    "z": N_("Undo"),
    "/": N_("Search"),
    "?": N_("This list"),
}


def build_shortcuts(found: QueuePage, shown: Iterable[Issue]) -> issue_list.Shortcuts | None:
    """What keys do in a page of the queue, with the issues as they are shown; None if switched off.

    Keys come in faster than pages are shown: what one did is what the next one meets.
    """
    if not st.session_state.get(_ENABLED_KEY, True):
        return None
    seen = {issue.id: issue for issue in shown}

    def act(asked: str) -> None:
        nonlocal found
        opened = issue_list.get_open_issue_id()
        if asked == "undo":
            undo.cancel_pending()
        elif opened is None:
            return
        elif asked in _STEPS_BY_NAME:
            found = review_queue.select_neighbour(found, opened, _STEPS_BY_NAME[asked])
        else:
            try:
                issue = seen.get(opened) or api_session.client().get(opened)
                review_queue.mark_read(issue)
                _act_on_issue(asked, issue)
            except IssuesError as error:
                messages.show_failure_next_run(error, doing=_("We could not save the change."))
            else:
                seen[opened] = undo.preview(issue)

    return issue_list.Shortcuts(
        asks={"r": "start", "c": "close", "u": "unread", "d": "delete", "z": "undo"},
        presses={"/": "q", "?": _HELP_KEY},
        act=act,
    )


def _act_on_issue(asked: str, issue: Issue) -> None:
    if asked == "start":
        issue_actions.move_to_state(issue, IssueState.IN_REVIEW)
    elif asked == "close":
        issue_actions.move_to_state(issue, IssueState.CLOSED)
    elif asked == "unread":
        issue_actions.mark_unread(issue)
    elif asked == "delete":
        issue_actions.delete(issue)


def render_help_button() -> None:
    """A button that lists them."""
    st.button(
        _("Keyboard"),
        icon=":material/keyboard:",
        type="tertiary",
        key=_HELP_KEY,
        on_click=_set_help_open,
        args=(True,),
    )
    # Kept, since a page that follows what others do may be run again while it is read.
    if st.session_state.get(_HELP_OPEN_KEY):
        st.dialog(_("Keyboard shortcuts"), on_dismiss=lambda: _set_help_open(False))(_render_help)()


def _set_help_open(opened: bool) -> None:
    st.session_state[_HELP_OPEN_KEY] = opened


def _render_help() -> None:
    rows = "".join(
        f"<dt><kbd>{key}</kbd></dt><dd>{_(words)}</dd>" for key, words in _DESCRIPTIONS.items()
    )
    st.html(f'<dl class="facts">{rows}</dl>')
    st.toggle(_("Use these shortcuts"), value=True, key=_ENABLED_KEY, persist_state="session")
