"""Changes that wait so that they can be undone."""

import streamlit as st

from api.contract import Issue
from api.errors import Unreachable
from components import held, notices


def test_change_that_could_not_be_made_is_told_in_whatever_tab_is_left(monkeypatch):
    told: list[str] = []
    monkeypatch.setattr(held, "_whose", lambda: "ann and her sign-in")
    monkeypatch.setattr(notices, "next_run_failure", lambda _error, doing: told.append(doing))
    monkeypatch.setattr(st, "session_state", {})

    def make():
        raise Unreachable

    texts = {"doing": "Deleting.", "done": "Deleted.", "failed": "It could not be deleted."}
    held.hold(Issue(id="x"), {}, make, lambda _error: False, **texts)
    (waiting,) = held._of_this_sign_in()
    waiting.finish()

    monkeypatch.setattr(st, "session_state", {})
    assert not held.finish()
    assert told == ["It could not be deleted."]
    assert held.finish()
    assert len(told) == 1
