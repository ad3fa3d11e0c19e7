"""The report that was just sent, stored in the browser tab so that a reload keeps the receipt.

The report stays in the tab's session storage until the person begins another report, signs out or
leaves the portal. If another person signs in, the report is removed from the tab.
"""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st
from pydantic import BaseModel, ConfigDict, StrictBool, ValidationError

from components.report import draft_autosave, receipt
from components.ui import js_component
from issue_portal.core.portal_token import Person
from issue_portal.models.requests import NewIssue
from issue_portal.models.responses import Issue, TolerantTimestamp

_RESTORE_KEY = "submitted_report_restore"


class SubmittedReport(BaseModel):
    """The report that was just sent, as its sender sees it."""

    model_config = ConfigDict(frozen=True)

    number: int | None = None
    """None if the server did not send it."""

    is_anonymous: StrictBool
    """As it was sent: not every server says in its response who reported the issue."""

    receipt: str | None = None
    sent_at: TolerantTimestamp | None = None

    @classmethod
    def from_response(cls, new: NewIssue, issue: Issue) -> "SubmittedReport":
        """Return the report ``new``, for which the server responded with ``issue``."""
        return cls(
            number=issue.issue_number,
            is_anonymous=new.anonymous,
            receipt=issue.receipt if new.anonymous else None,
            sent_at=issue.created_at,
        )


def store_in_tab(sent: SubmittedReport, person: Person | None) -> None:
    """Store in the tab the report that ``person`` sent."""
    stored = sent.model_dump(mode="json") | {"owner": draft_autosave.hash_owner(person)}
    js_component.mount(__file__, key="submitted_report_store", data={"sent": stored})


def restore_from_tab(on_restored: Callable[[SubmittedReport], None], person: Person | None) -> None:
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


def _parse_stored(stored: Mapping[str, Any] | None) -> SubmittedReport | None:
    """Return the report that the browser sent, or None if the data is not a valid report."""
    try:
        sent = SubmittedReport.model_validate(stored)
    except ValidationError:
        return None
    if sent.receipt is None:  # Some servers give no receipts.
        return sent if sent.number is not None else None
    return sent if sent.is_anonymous and receipt.parse_receipt(sent.receipt) else None
