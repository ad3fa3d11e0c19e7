"""The report being written: counted as one types, kept in the browser tab until it is sent.

It is kept in the tab's session storage only: an unsent report never reaches the server.
"""

import streamlit as st

from api.contract import DESCRIPTION_LIMIT
from api.portal_token import Person
from components import backend, frontend, language
from components.language import _

_NAME = "report"


def keep(
    who: Person | None,
    *,
    text: str,
    choice: str,
    toggle: str,
    prefill: str,
    places: dict[str, str],
    hint: str,
) -> None:
    """Count and keep what is in the widgets with these keys, which are beside this element.

    It is shown again to the one who wrote it; what a visitor wrote goes along with a sign-in.
    ``prefill`` is the text that a link brought, ``places`` what it brought for the widgets with
    these keys: a draft of the same link takes their place. ``hint`` is shown beside the count.
    """
    frontend.element("draft")(
        key="draft",
        data={
            "name": _NAME,
            "owner": backend.current().keys.hash("draft", who.email).hex()[:16] if who else "",
            "limit": DESCRIPTION_LIMIT,
            "text": text,
            "choice": choice,
            "toggle": toggle,
            "prefill": prefill,
            "places": places,
            "hint": hint,
            "locale": language.tag(),
            "count": _("{count} of {limit} characters"),
            "over": _("{over} more than the {limit} characters that fit. Shorten it to send it."),
        },
    )


def identity() -> str:
    """What the tab calls this draft, through reloads: the same report has the same, once sent."""
    state = st.session_state.get("draft") or {}
    return str(state.get("id", ""))


def forget() -> None:
    """Drop what was kept: it was sent, or the person signed out."""
    frontend.element("draft")(key="draft_forget", data={"name": _NAME, "forget": True})
