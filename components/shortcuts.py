"""Keyboard shortcuts of the review page: what they do, and switching them off.

`assets/issue_list.js` listens for them. Streamlit's own (``shortcut=`` of a button, 1.67) cannot be
C or R, nor a sign.
"""

from typing import Final

import streamlit as st

from api.contract import IssueState
from components import issue_actions
from components.language import N_, _

_ON: Final = "shortcuts_on"
_HELP: Final = "shortcuts"
_OPENED: Final = "shortcuts_opened"

_WORDS: Final = {
    "j": N_("Next issue"),
    "k": N_("Previous issue"),
    "Enter": N_("Open the issue"),
    "x": N_("Select the issue"),
    "r": N_("Start review, or reopen"),
    "c": N_("Close issue"),
    "u": N_("Mark unread"),
    "z": N_("Undo"),
    "/": N_("Search"),
    "?": N_("This list"),
}


def keys() -> dict[str, str] | None:
    """The widgets to press or focus, by the key on the keyboard; None if switched off."""
    if not st.session_state.get(_ON, True):
        return None
    return {
        "r": issue_actions.MOVE_KEY.format(state=IssueState.IN_REVIEW.value),
        "c": issue_actions.MOVE_KEY.format(state=IssueState.CLOSED.value),
        "u": issue_actions.UNREAD_KEY,
        "z": "undo",
        "/": "q",
        "?": _HELP,
    }


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
    on = st.toggle(_("Use these shortcuts"), value=st.session_state.get(_ON, True))
    if on != st.session_state.get(_ON, True):
        st.session_state[_ON] = on
        _open(False)
        st.rerun()
