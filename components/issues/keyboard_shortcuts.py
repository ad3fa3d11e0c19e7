"""Keyboard shortcuts of the review page: what they do, and switching them off.

`issue_list.js` listens for them. Streamlit's own (``shortcut=`` of a button, 1.67) cannot be
C or R, nor a sign.
"""

from collections.abc import Iterable
from typing import Final

import streamlit as st

from components import api_session
from components.issues import issue_actions, issue_list, review_queue, undo
from components.issues.review_queue import Queue
from components.ui import messages
from components.ui.i18n import N_, _
from issue_portal.client.errors import IssuesError
from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import IssueState

_ON: Final = "shortcuts_on"
_HELP: Final = "shortcuts"
_OPENED: Final = "shortcuts_opened"
_STEPS: Final = {"previous": -1, "next": 1}

_WORDS: Final = {
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


def keys(found: Queue, shown: Iterable[Issue]) -> issue_list.Keys | None:
    """What keys do in a page of the queue, with the issues as they are shown; None if switched off.

    Keys come in faster than pages are shown: what one did is what the next one meets.
    """
    if not st.session_state.get(_ON, True):
        return None
    seen = {issue.id: issue for issue in shown}

    def act(asked: str) -> None:
        nonlocal found
        opened = issue_list.opened()
        if asked == "undo":
            undo.undo()
        elif opened is None:
            return
        elif asked in _STEPS:
            found = review_queue.to_neighbour(found, opened, _STEPS[asked])
        else:
            try:
                issue = seen.get(opened) or api_session.client().get(opened)
                review_queue.mark_read(issue)
                _do(asked, issue)
            except IssuesError as error:
                messages.next_run_failure(error, doing=_("We could not save the change."))
            else:
                seen[opened] = undo.as_shown(issue)

    return issue_list.Keys(
        asks={"r": "start", "c": "close", "u": "unread", "d": "delete", "z": "undo"},
        presses={"/": "q", "?": _HELP},
        act=act,
    )


def _do(asked: str, issue: Issue) -> None:
    if asked == "start":
        issue_actions.move(issue, IssueState.IN_REVIEW)
    elif asked == "close":
        issue_actions.move(issue, IssueState.CLOSED)
    elif asked == "unread":
        issue_actions.mark_unread(issue)
    elif asked == "delete":
        issue_actions.delete(issue)


def help_button() -> None:
    """A button that lists them."""
    st.button(
        _("Keyboard"),
        icon=":material/keyboard:",
        type="tertiary",
        key=_HELP,
        on_click=_open,
        args=(True,),
    )
    # Kept, since a page that follows what others do may be run again while it is read.
    if st.session_state.get(_OPENED):
        st.dialog(_("Keyboard shortcuts"), on_dismiss=lambda: _open(False))(_help)()


def _open(opened: bool) -> None:
    st.session_state[_OPENED] = opened


def _help() -> None:
    rows = "".join(f"<dt><kbd>{key}</kbd></dt><dd>{_(words)}</dd>" for key, words in _WORDS.items())
    st.html(f'<dl class="facts">{rows}</dl>')
    st.toggle(_("Use these shortcuts"), value=True, key=_ON, persist_state="session")
