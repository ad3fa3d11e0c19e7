"""The report being written: counted as one types, kept in the browser tab until it is sent.

It is kept in the tab's session storage only: an unsent report never reaches the server.
"""

import streamlit as st

from api.contract import DESCRIPTION_LIMIT
from components import frontend

_NAME = "report"


def keep(*, text: str, choice: str, toggle: str, prefill: str) -> None:
    """Count and keep what is in the widgets with these keys, which are beside this element.

    ``prefill`` is the text that a link brought: a draft of the same link takes its place.
    """
    frontend.element("draft")(
        key="draft",
        data={
            "name": _NAME,
            "limit": DESCRIPTION_LIMIT,
            "text": text,
            "choice": choice,
            "toggle": toggle,
            "prefill": prefill,
        },
    )


def identity() -> str:
    """What the tab calls this draft, through reloads: the same report has the same, once sent."""
    state = st.session_state.get("draft") or {}
    return str(state.get("id", ""))


def forget() -> None:
    """Drop what was kept: it was sent, or the person signed out."""
    frontend.element("draft")(key="draft_forget", data={"name": _NAME, "forget": True})
