"""Sending a report: its idempotency key, and its outcome."""

from contextlib import nullcontext
from unittest.mock import Mock

import pytest
import streamlit as st

from components.report import draft_autosave, report_sending
from components.report.report_sending import ReportSending, make_idempotency_key
from issue_portal.client.errors import UnreachableError
from issue_portal.models.responses import Issue
from tests.factories import make_issue, make_new_issue


@pytest.fixture(autouse=True)
def session(monkeypatch) -> dict:
    state: dict = {}
    monkeypatch.setattr(st, "session_state", state)
    monkeypatch.setattr(report_sending, "_render_spinner", nullcontext)
    return state


def set_draft(monkeypatch, draft_id: str) -> None:
    monkeypatch.setattr(draft_autosave, "get_draft_id", lambda: draft_id)


def test_same_draft_and_content_give_the_same_key_in_every_session(monkeypatch, session):
    set_draft(monkeypatch, "draft-1")
    key = make_idempotency_key(make_new_issue("x"))
    session.clear()
    assert make_idempotency_key(make_new_issue("x")) == key
    assert len(key) >= 32
    assert "draft-1" not in key


def test_other_content_or_another_draft_gives_another_key(monkeypatch):
    set_draft(monkeypatch, "draft-1")
    key = make_idempotency_key(make_new_issue("x"))
    assert make_idempotency_key(make_new_issue("y")) != key
    assert make_idempotency_key(make_new_issue("x", anonymous=True)) != key
    set_draft(monkeypatch, "draft-2")
    assert make_idempotency_key(make_new_issue("x")) != key


def test_key_without_a_draft_id_depends_on_the_session(monkeypatch, session):
    set_draft(monkeypatch, "")
    key = make_idempotency_key(make_new_issue("x"))
    assert make_idempotency_key(make_new_issue("x")) == key
    session.clear()
    assert make_idempotency_key(make_new_issue("x")) != key


def test_outcome_is_new_until_the_page_has_shown_it():
    client = Mock()
    client.create.return_value = make_issue(issue_number=0)
    sending = ReportSending()
    sending.send(client, new := make_new_issue(), "key")
    client.create.assert_called_once_with(new, idempotency_key="key")
    assert (sending.sent.number, sending.error, sending.has_new_outcome) == (0, None, True)
    sending.mark_outcome_shown()
    assert (sending.sent.number, sending.has_new_outcome) == (0, False)


@pytest.mark.parametrize("anonymous", [True, False])
def test_report_is_as_anonymous_as_it_was_sent(anonymous):
    """Newer servers do not say in their response who reported the issue."""
    client = Mock()
    client.create.return_value = Issue(id="1", issue_number=3)
    sending = ReportSending()
    sending.send(client, make_new_issue(anonymous=anonymous), "key")
    assert sending.sent.is_anonymous is anonymous


def test_error_is_kept_until_the_next_attempt():
    client = Mock()
    client.create.side_effect = failure = UnreachableError("down")
    sending = ReportSending()
    sending.send(client, make_new_issue(), "key")
    assert (sending.sent, sending.error, sending.has_new_outcome) == (None, failure, True)
    client.create.side_effect = [make_issue()]
    sending.send(client, make_new_issue(), "key")
    assert sending.error is None
    assert sending.sent.number == 7
