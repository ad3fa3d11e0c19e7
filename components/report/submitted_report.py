"""The report that was just sent, kept in the browser tab so that a reload loses no receipt.

The tab's session storage keeps it until the person begins another report, signs out or leaves the
portal. It is hidden from another person who signs in in that tab.
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


def keep_in_tab(sent: Issue, person: Person | None) -> None:
    """Keep in the tab what the page shows of a report that ``person`` has sent."""
    kept = sent.model_dump(mode="json", include={"issue_number", "receipt", "created_at"})
    kept["by_name"] = sent.created_by is not None
    kept["owner"] = draft_autosave.hash_owner(person)
    js_component.mount(__file__, key="sent_keep", data={"sent": kept})


def restore_from_tab(on_restored: Callable[[Issue], None], person: Person | None) -> None:
    """Call ``on_restored`` with the report that the tab keeps for ``person``, if any."""

    def handle_kept() -> None:
        if sent := _parse_kept(st.session_state[_RESTORE_KEY].found):
            on_restored(sent)

    data = {"owner": draft_autosave.hash_owner(person)}
    js_component.mount(__file__, key=_RESTORE_KEY, data=data, on_found_change=handle_kept)


def forget() -> None:
    """Remove the report from the tab."""
    js_component.mount(__file__, key="sent_forget", data={"forget": True})


def _parse_kept(kept: Mapping[str, Any] | None) -> Issue | None:
    """Return a report from the browser, which can send anything, or None if it is invalid."""
    try:
        sent = Issue.model_validate({**(kept or {}), "id": "", "created_by": None})
    except (TypeError, ValidationError):
        return None
    if kept and kept.get("by_name") is True:
        return sent.model_copy(update={"created_by": User(id=""), "receipt": None})
    if sent.receipt is None:  # Some servers give no receipts.
        return sent if sent.issue_number else None
    return sent if receipt.parse_receipt(sent.receipt) else None
