"""Edit conflicts: when there is one, and how the person resolves it."""

import pytest
from streamlit.testing.v1 import AppTest

from components import server_capabilities
from components.issues import edit_conflict, issue_history
from components.issues.edit_conflict import can_move, has_changed
from components.issues.proposed_change import ProposedChange
from issue_portal.client.errors import PreconditionFailedError, UnreachableError
from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import IssueState, IssueType
from tests.factories import make_event, make_issue, make_user


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, False),
        ({"is_read": True}, False),
        ({"state": "Closed"}, True),
        ({"type": "Format"}, True),
        ({"description": "other"}, True),
    ],
)
def test_conflict_if_text_or_type_or_state_changed(changes, expected):
    assert has_changed(make_issue(), make_issue(**changes)) is expected


def test_only_fields_that_both_versions_have_are_compared():
    partial = Issue.model_validate({"id": "issue_1", "state": "NotReviewed"})
    assert not has_changed(make_issue(description="text"), partial)
    assert has_changed(make_issue(state="Closed"), partial)


@pytest.mark.parametrize(
    ("state", "possible"),
    [
        (IssueState.NOT_REVIEWED, [IssueState.IN_REVIEW, IssueState.CLOSED]),
        (IssueState.IN_REVIEW, [IssueState.CLOSED]),
        (IssueState.CLOSED, [IssueState.IN_REVIEW]),
        (IssueState.DELETED, []),
        ("Parked", [IssueState.IN_REVIEW, IssueState.CLOSED]),
        (None, [IssueState.IN_REVIEW, IssueState.CLOSED]),
    ],
)
def test_issues_can_move_to_any_other_state(state, possible):
    issue = make_issue(state=state)
    assert [new for new in IssueState if can_move(issue, new)] == possible


@pytest.mark.parametrize("etag", [None, '"1"'])
def test_deletion_needs_the_version_that_the_person_saw(client, etag):
    seen = make_issue().model_copy(update={"etag": etag})
    client.get.return_value = make_issue(is_read=not seen.is_read)
    edit_conflict.delete_unless_changed(client, seen)
    client.delete.assert_called_once_with("issue_1", etag=etag)
    assert client.get.call_count == (etag is None)


def test_changed_issue_is_not_deleted(client):
    client.get.return_value = make_issue(state="Closed")
    with pytest.raises(PreconditionFailedError):
        edit_conflict.delete_unless_changed(client, make_issue())
    client.delete.assert_not_called()


@pytest.mark.parametrize(
    ("change", "field", "label"),
    [
        (ProposedChange(state=IssueState.CLOSED), "state", "Closed"),
        (ProposedChange(type=IssueType.FORMAT), "type", "Poor formatting"),
        (ProposedChange(description="new"), "description", "Unknown"),  # Never shown.
    ],
)
def test_change_applies_to_one_field(change, field, label):
    before = make_issue()
    after = change.apply_to(before)
    assert [
        name for name in type(before).model_fields if getattr(before, name) != getattr(after, name)
    ] == [field]
    assert change.format_value() == label


def page() -> None:
    import streamlit as st  # noqa: PLC0415 - the page of an AppTest

    from components.issues import edit_conflict  # noqa: PLC0415

    edit_conflict.render(lambda conflict: st.session_state.update(applied=conflict.change))


@pytest.fixture
def show(monkeypatch):
    """Render the conflict of a change with a current version that has ``current_values``."""

    def show(change: ProposedChange, *, me: str = "", events=(), **current_values) -> AppTest:
        monkeypatch.setattr(issue_history, "fetch", lambda _issue: tuple(events))
        monkeypatch.setattr(server_capabilities, "fetch_me", lambda: make_user(me) if me else None)
        at = AppTest.from_function(page)
        with monkeypatch.context() as patched:
            state: dict = {}
            patched.setattr(edit_conflict.st, "session_state", state)
            edit_conflict.remember_conflict(make_issue(), make_issue(**current_values), change)
        for name, value in state.items():
            at.session_state[name] = value
        return at.run()

    return show


CLOSE = ProposedChange(state=IssueState.CLOSED)


def test_no_warning_without_a_conflict():
    at = AppTest.from_function(page).run()
    assert not at.exception
    assert not at.warning


@pytest.mark.parametrize(
    ("me", "events", "expected"),
    [
        ("", [make_event(state="InReview")], "Ann just changed #7"),
        ("user_1", [make_event(state="InReview")], "You already changed #7"),
        ("", [make_event(is_read=True)], "Someone else just changed #7"),
        ("", [], "Someone else just changed #7"),
    ],
)
def test_warning_names_the_user_who_last_changed_text_or_type_or_state(show, me, events, expected):
    at = show(CLOSE, me=me, events=events, state="InReview")
    assert not at.exception
    assert at.warning[0].value.startswith(expected)


def test_editor_is_unknown_if_the_history_cannot_be_read(monkeypatch):
    def fail(_issue):
        raise UnreachableError

    monkeypatch.setattr(server_capabilities, "fetch_me", lambda: None)
    monkeypatch.setattr(issue_history, "fetch", fail)
    assert edit_conflict._find_editor(make_issue()) == "Someone else"


def test_change_can_be_applied_to_the_current_version(show):
    at = show(CLOSE, state="InReview")
    at.button(key="conflict_change").click().run()
    assert at.session_state["applied"] == CLOSE
    assert not at.warning


def test_current_version_can_be_kept_without_the_change(show):
    at = show(CLOSE, state="InReview")
    at.button(key="conflict_leave").click().run()
    assert "applied" not in at.session_state
    assert not at.warning


@pytest.mark.parametrize(
    ("change", "state", "is_offered"),
    [
        (CLOSE, "Closed", False),
        (ProposedChange(type=IssueType.FORMAT), "Closed", True),
        (ProposedChange(description="mine"), "InReview", False),
        (ProposedChange(description="mine"), "NotReviewed", True),
    ],
)
def test_change_is_offered_only_if_the_current_state_allows_it(show, change, state, is_offered):
    at = show(change, state=state, description="theirs")
    assert ("conflict_change" in {button.key for button in at.button}) is is_offered
