"""Pending changes and undo."""

import streamlit as st

from components.issues import undo
from components.issues.proposed_change import ProposedChange
from components.ui import messages
from issue_portal.client.errors import UnreachableError
from issue_portal.models.responses import Issue


def test_failed_change_is_shown_once_in_another_tab(monkeypatch):
    failures: list[str] = []
    monkeypatch.setattr(undo, "_identify_owner", lambda: "ann and her sign-in")
    monkeypatch.setattr(
        messages, "show_failure_on_next_run", lambda _error, failed: failures.append(failed)
    )
    monkeypatch.setattr(st, "session_state", {})

    def send():
        raise UnreachableError

    texts = {"doing": "Deleting.", "done": "Deleted.", "failed": "It could not be deleted."}
    undo.schedule_change(Issue(id="x"), ProposedChange(), send, lambda _error: False, **texts)
    (pending,) = undo._list_own_changes()
    pending.finish()

    # Another tab of the same sign-in has its own session state.
    monkeypatch.setattr(st, "session_state", {})
    have_all_succeeded = undo.send_pending()
    assert not have_all_succeeded
    assert failures == ["It could not be deleted."]
    # Nothing is pending now.
    assert undo.send_pending()
    assert len(failures) == 1
