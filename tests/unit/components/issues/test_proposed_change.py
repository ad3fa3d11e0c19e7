"""A change that is not saved yet: its effect on an issue, and the name of its new value."""

import pytest

from components.issues.proposed_change import ProposedChange
from components.ui import i18n
from issue_portal.models.vocabulary import IssueState, IssueType
from tests.factories import make_issue


def test_change_keeps_other_fields():
    issue = make_issue(description="before", state=IssueState.IN_REVIEW)
    changed = ProposedChange(type=IssueType.FORMAT).apply_to(issue)
    assert changed == issue.model_copy(update={"type": IssueType.FORMAT})
    assert ProposedChange().apply_to(issue) == issue


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (ProposedChange(state=IssueState.CLOSED, type=IssueType.OTHER), "Closed"),
        (ProposedChange(type=IssueType.FORMAT), "Poor formatting"),
    ],
)
def test_change_is_named_after_its_state_or_type(monkeypatch, change, name):
    monkeypatch.setattr(i18n, "get_language", lambda: "en")
    assert change.format_value() == name
