"""The report that was just sent: kept in the browser tab, so that a reload loses no receipt.

It is kept in the tab's session storage only, until another report is begun, the person signs out or
the tab goes elsewhere; nobody else who signs in there is shown it.
"""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st
from pydantic import ValidationError

from components.report import draft_autosave, receipt
from components.ui import js_component
from issue_portal.core.portal_token import Person
from issue_portal.models.responses import Issue, User

_RESTORE_KEY = "sent_look"


def keep_in_tab(sent: Issue, who: Person | None) -> None:
    """Have the tab keep what the page shows of the report, for ``who`` has sent it."""
    shown = sent.model_dump(mode="json", include={"issue_number", "receipt", "created_at"})
    shown["by_name"] = sent.created_by is not None
    shown["owner"] = draft_autosave.hash_owner(who)
    js_component.mount(__file__, key="sent_keep", data={"sent": shown})


def restore_from_tab(found: Callable[[Issue], None], who: Person | None) -> None:
    """Call ``found`` with the report that the tab has kept for ``who`` through a reload, if any."""

    def read() -> None:
        sent = _parse_kept(st.session_state[_RESTORE_KEY].found)
        if sent:
            found(sent)

    data = {"owner": draft_autosave.hash_owner(who)}
    js_component.mount(__file__, key=_RESTORE_KEY, data=data, on_found_change=read)


def forget() -> None:
    """Have the tab forget it."""
    js_component.mount(__file__, key="sent_forget", data={"forget": True})


def _parse_kept(kept: Mapping[str, Any] | None) -> Issue | None:
    """It comes from the browser, where it can be anything."""
    try:
        sent = Issue.model_validate({**(kept or {}), "id": "", "created_by": None})
    except (TypeError, ValidationError):
        return None
    if kept and kept.get("by_name") is True:
        return sent.model_copy(update={"created_by": User(id=""), "receipt": None})
    if sent.receipt is None:  # Not every server gives one.
        return sent if sent.issue_number else None
    return sent if receipt.parse_receipt(sent.receipt) else None
