"""Sends a report exactly once, even if the page reruns or the person leaves the page."""

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

import streamlit as st

from components.report import draft_autosave
from components.report.submitted_report import SubmittedReport
from components.ui.i18n import _
from issue_portal.client.client import IssuesClient
from issue_portal.client.errors import IssuesError
from issue_portal.models.requests import NewIssue

FALLBACK_ID_KEY: Final = "fallback_draft_id"
"""Session key: an id to use while the browser has not sent the draft's id yet."""

SENDING_KEY: Final = "sending"


@dataclass
class ReportSending:
    """The report that this session sends, and the outcome.

    If the person changes the language or the page while a run sends the report, Streamlit stops
    that run as soon as the response arrives, and starts another run. This object keeps the outcome
    for the next run.
    """

    new: NewIssue | None = None
    sent: SubmittedReport | None = None
    error: IssuesError | None = None
    has_new_outcome: bool = False
    """Whether the report page still has to show the outcome."""

    _lock: Lock = field(default_factory=Lock)

    def send(self, client: IssuesClient, new: NewIssue, key: str) -> None:
        """Send the report with an idempotency key; store the outcome in ``sent`` or ``error``.

        Streamlit can stop a run only when the run calls a function of Streamlit. This method stores
        the response before the next such call, so the outcome is not lost.
        """
        with _render_spinner(), self._lock:
            self.new, self.error = new, None
            try:
                issue = client.create(new, idempotency_key=key)
                self.sent = SubmittedReport.from_response(new, issue)
            except IssuesError as error:
                self.error = error
            self.has_new_outcome = True

    def mark_outcome_shown(self) -> None:
        """Note that the report page has shown the outcome, and clear the error."""
        self.error, self.has_new_outcome = None, False

    def wait(self) -> None:
        """Wait while another run of this session sends the report."""
        if self._lock.locked():
            with _render_spinner(), self._lock:
                pass


def get_sending() -> ReportSending:
    """Return the report that this session sends or has sent."""
    sending: ReportSending = st.session_state.setdefault(SENDING_KEY, ReportSending())
    return sending


def make_idempotency_key(new: NewIssue) -> str:
    """Return an idempotency key: the same draft with the same content always gives the same key."""
    if FALLBACK_ID_KEY not in st.session_state:
        st.session_state[FALLBACK_ID_KEY] = str(uuid.uuid4())
    draft_id = draft_autosave.get_draft_id() or st.session_state[FALLBACK_ID_KEY]
    return hashlib.sha256(f"{draft_id} {new.model_dump_json()}".encode()).hexdigest()


@contextmanager
def _render_spinner() -> Iterator[None]:
    """Show that the report is being sent; meanwhile, `form_fields.js` disables the form."""
    with st.container(key="sending"), st.spinner(_("Sending…")):
        yield
