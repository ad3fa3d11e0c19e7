"""Sends a report once, even if the session reruns or changes the page at the same time."""

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

import streamlit as st

from components.report import draft_autosave
from components.ui.i18n import _
from issue_portal.client.client import IssuesClient
from issue_portal.client.errors import IssuesError
from issue_portal.models.requests import NewIssue
from issue_portal.models.responses import Issue

REPORT_KEY: Final = "report_key"
SENDING_KEY: Final = "sending"


@dataclass
class ReportSending:
    """The report that this session sends, and the outcome.

    If the person changes the language or the page during sending, Streamlit starts another run and
    stops the sending one as soon as the response arrives. This object keeps the outcome for the
    other run.
    """

    new: NewIssue | None = None
    sent: Issue | None = None
    error: IssuesError | None = None
    is_unseen: bool = False
    """Whether the report page has yet to show the outcome."""
    _under_way: Lock = field(default_factory=Lock)

    def send(self, client: IssuesClient, new: NewIssue, key: str) -> None:
        """Send the report with an idempotency key; the outcome is in ``sent`` or ``error``.

        Nothing calls Streamlit between the response and keeping it, so no rerun can lose it.
        """
        with _render_spinner(), self._under_way:
            self.new, self.error = new, None
            try:
                self.sent = client.create(new, idempotency_key=key)
            except IssuesError as error:
                self.error = error
            self.is_unseen = True

    def mark_seen(self) -> None:
        """Note that the report page has shown the outcome, and drop the error."""
        self.error, self.is_unseen = None, False

    def wait(self) -> None:
        """Wait while another run of this session sends."""
        if self._under_way.locked():
            with _render_spinner(), self._under_way:
                pass


def get_sending() -> ReportSending:
    """Return the report that this session sends or has sent."""
    sending: ReportSending = st.session_state.setdefault(SENDING_KEY, ReportSending())
    return sending


def make_idempotency_key(new: NewIssue) -> str:
    """Return an idempotency key: the same draft with the same content always gives the same key."""
    if REPORT_KEY not in st.session_state:
        st.session_state[REPORT_KEY] = str(uuid.uuid4())
    draft_id = draft_autosave.get_draft_id() or st.session_state[REPORT_KEY]
    return hashlib.sha256(f"{draft_id} {new.model_dump_json()}".encode()).hexdigest()


@contextmanager
def _render_spinner() -> Iterator[None]:
    """Show that the report is being sent; `draft_autosave.js` disables the form until it is."""
    with st.container(key="sending"), st.spinner(_("Sending…")):
        yield
