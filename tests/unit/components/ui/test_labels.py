"""Labels of types, states, roles and events, also of unknown ones."""

import pytest

from components.ui import labels
from issue_portal.core.accounts import LONGEST_PASSWORD, SHORTEST_PASSWORD, PasswordFault
from issue_portal.models.vocabulary import IssueState, IssueType, Role
from tests.factories import make_event


@pytest.mark.parametrize("value", list(IssueType))
def test_every_type_has_a_name_and_an_explanation(value):
    assert value == IssueType.OTHER or labels.format_type(value) != value
    assert labels.explain_type(value)


@pytest.mark.parametrize("value", list(IssueState))
def test_every_state_has_a_name_an_explanation_and_a_dot(value):
    assert labels.format_state(value)
    assert labels.explain_state(value)
    assert labels.get_state_class(value) != "other"


@pytest.mark.parametrize("value", list(Role))
def test_every_role_has_a_name(value):
    assert labels.format_role(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("Parked", "Parked"), ("**Urgent**", "Urgent"), ("[x](y)", "x  y"), ("", "Unknown")],
)
def test_unknown_value_is_shown_without_markup(value, expected):
    assert labels.format_type(value) == expected
    assert labels.format_state(value) == expected
    assert labels.explain_state(value) == ""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (IssueState.NOT_REVIEWED, IssueState.IN_REVIEW, "Start review"),
        (IssueState.CLOSED, IssueState.IN_REVIEW, "Reopen"),
        (IssueState.IN_REVIEW, IssueState.CLOSED, "Close"),
        ("Parked", IssueState.CLOSED, "Close"),
    ],
)
def test_label_of_a_move_depends_on_both_states(old, new, expected):
    assert labels.describe_move(old, new)[0] == expected


@pytest.mark.parametrize(
    ("count", "expected"),
    [(None, ""), (0, "0 issues"), (1, "1 issue"), (1234, "1,234 issues")],
)
def test_count_has_the_plural_form_and_separators(count, expected):
    assert labels.format_count(count) == expected


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (make_event("created"), "Reported"),
        (make_event("deleted"), "Deleted"),
        (make_event("restored", state="NotReviewed"), "Restored"),
        (make_event(state="Closed"), "Moved to Closed"),
        (make_event(type="Format"), "Type changed to Poor formatting"),
        (make_event(is_read=True), "Read"),
        (make_event(is_read=False), "Marked as unread"),
        (make_event(description="new"), "Text edited"),
        (make_event(priority="high"), "Changed"),
        (make_event(), "Changed"),
        (make_event(state="InReview", is_read=True), "Moved to In review, Read"),
    ],
)
def test_event_is_described(event, expected):
    assert labels.describe_event(event) == expected


@pytest.mark.parametrize("fault", list(PasswordFault))
def test_every_fault_of_a_password_is_explained(fault):
    text = labels.explain_password_fault(fault)
    assert "{" not in text
    if fault is PasswordFault.TOO_SHORT:
        assert str(SHORTEST_PASSWORD) in text
    if fault is PasswordFault.TOO_LONG:
        assert str(LONGEST_PASSWORD) in text


def test_labels_are_in_the_language_of_the_browser(set_language):
    set_language("es-MX")
    assert labels.format_state(IssueState.CLOSED) != "Closed"
    assert labels.format_count(2).startswith("2 ")
