"""The report that was just sent, stored in the browser tab so that a reload keeps the receipt.

The report stays in the tab's session storage until the person begins another report, signs out or
leaves the portal. If another person signs in, the report is removed from the tab.
"""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st
from pydantic import ValidationError

from components.report import draft_autosave, receipt
from components.ui import js_component
from issue_portal.core.portal_token import Person
from issue_portal.models.responses import Issue, User

_RESTORE_KEY = "submitted_report_restore"


def store_in_tab(sent: Issue, person: Person | None) -> None:
    """Store in the tab the number, receipt and time of the report that ``person`` sent."""
    stored = sent.model_dump(mode="json", include={"issue_number", "receipt", "created_at"})
    stored["by_name"] = sent.created_by is not None
    stored["owner"] = draft_autosave.hash_owner(person)
    js_component.mount(__file__, key="submitted_report_store", data={"sent": stored})


def restore_from_tab(on_restored: Callable[[Issue], None], person: Person | None) -> None:
    """Call ``on_restored`` with the report that the tab stores for ``person``, if any."""

    def handle_stored_report() -> None:
        if sent := _parse_stored(st.session_state[_RESTORE_KEY].stored_report):
            on_restored(sent)

    data = {"owner": draft_autosave.hash_owner(person)}
    js_component.mount(
        __file__, key=_RESTORE_KEY, data=data, on_stored_report_change=handle_stored_report
    )


def forget() -> None:
    """Remove the report from the tab."""
    js_component.mount(__file__, key="submitted_report_forget", data={"forget": True})


def _parse_stored(stored: Mapping[str, Any] | None) -> Issue | None:
    """Return the report that the browser sent, or None if the data is not a valid report."""
    try:
        sent = Issue.model_validate({**(stored or {}), "id": "", "created_by": None})
    except (TypeError, ValidationError):
        return None
    if stored and stored.get("by_name") is True:
        # The page only checks whether there is a reporter, so the id may be empty.
        return sent.model_copy(update={"created_by": User(id=""), "receipt": None})
    if sent.receipt is None:  # Some servers give no receipts.
        return sent if sent.issue_number else None
    return sent if receipt.parse_receipt(sent.receipt) else None
