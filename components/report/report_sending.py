"""Sending a report: once, whatever else this browser session does meanwhile."""

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

import streamlit as st

from components.report import draft_autosave
from components.ui.i18n import _
from issue_portal.client.client import IssuesClient
from issue_portal.client.errors import IssuesError
from issue_portal.models.requests import NewIssue
from issue_portal.models.responses import Issue

REPORT_KEY = "report_key"

SENDING_KEY = "sending"


def make_idempotency_key(new: NewIssue) -> str:
    """What makes the report on screen one report, however often it is sent unchanged."""
    if REPORT_KEY not in st.session_state:
        st.session_state[REPORT_KEY] = str(uuid.uuid4())
    name = draft_autosave.get_draft_id() or st.session_state[REPORT_KEY]
    return hashlib.sha256(f"{name} {new.model_dump_json()}".encode()).hexdigest()


@dataclass
class ReportSending:
    """The report that is sent, and what came of it.

    Who changes the language meanwhile, or opens another page, has Streamlit begin another run, and
    the one that sends is broken off when the answer is here: what it brought is kept for the other.
    """

    new: NewIssue | None = None
    sent: Issue | None = None
    error: IssuesError | None = None
    untold: bool = False
    """Whether its page has still to show what came of it."""
    _under_way: Lock = field(default_factory=Lock)

    def send(self, client: IssuesClient, new: NewIssue, key: str) -> None:
        """Send it. Between the answer and its being kept, nothing here calls Streamlit."""
        with _render_spinner(), self._under_way:
            self.new, self.error = new, None
            try:
                self.sent = client.create(new, idempotency_key=key)
            except IssuesError as error:
                self.error = error
            self.untold = True

    def mark_told(self) -> None:
        """Note that its page has shown what came of it."""
        self.error, self.untold = None, False

    def wait(self) -> None:
        """Wait for what another run of this browser session sends, if it does."""
        if self._under_way.locked():
            with _render_spinner(), self._under_way:
                pass


@contextmanager
def _render_spinner() -> Iterator[None]:
    """Show that the report is being sent; meanwhile `draft_autosave.js` makes the form inert."""
    with st.container(key="sending"), st.spinner(_("Sending…")):
        yield


def get_sending() -> ReportSending:
    """The report of this browser session."""
    found: ReportSending = st.session_state.setdefault(SENDING_KEY, ReportSending())
    return found
