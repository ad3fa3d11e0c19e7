"""The issues that a session has seen, and what it remembers of them."""

import pytest

from components.issues import known_issues
from issue_portal.models.responses import Issue
from tests.factories import make_issue


@pytest.fixture(autouse=True)
def session(monkeypatch) -> None:
    monkeypatch.setattr(known_issues.st, "session_state", {})


def test_response_with_few_fields_keeps_what_a_list_has_shown():
    known_issues.remember_all([make_issue(is_read=True)])
    answer = Issue.model_validate({"id": "issue_1", "state": "Closed"})
    issue = known_issues.remember(answer)
    assert (issue.state, issue.is_read) == ("Closed", True)
    assert issue.created_by == make_issue().created_by
    assert known_issues.get("issue_1") == issue


def test_deleted_issue_is_forgotten():
    known_issues.remember(make_issue())
    known_issues.forget("issue_1")
    assert known_issues.get("issue_1") is None


def test_issues_that_were_not_seen_for_long_are_forgotten(monkeypatch):
    monkeypatch.setattr(known_issues, "_LIMIT", 2)
    known_issues.remember_all([make_issue("a"), make_issue("b"), make_issue("a"), make_issue("c")])
    assert known_issues.get("b") is None
    assert known_issues.get("a")
