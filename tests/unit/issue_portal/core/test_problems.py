"""Problem documents of validation errors: they name the fields and repeat no input."""

import pytest
from pydantic import ValidationError

from issue_portal.core.problems import convert_validation_error
from issue_portal.models.requests import IssueQuery, IssueUpdate, NewIssue

VALID = {"description": "x", "resource_type": "Thread", "type": "Other", "anonymous": True}


def convert(model, data):
    with pytest.raises(ValidationError) as failure:
        model.model_validate(data)
    return convert_validation_error(failure.value, "query" if model is IssueQuery else "body")


def test_problem_names_each_field_and_repeats_no_input():
    problem = convert(NewIssue, VALID | {"type": "private words", "config": {"thread_id": "t"}})
    assert problem.status == 400
    assert [fault.field for fault in problem.errors] == ["type", "config.reported_interaction_id"]
    assert "private words" not in f"{problem.detail} {problem.errors}"


def test_error_of_a_body_that_is_no_object_names_the_body():
    assert [fault.field for fault in convert(NewIssue, []).errors] == ["body"]


def test_messages_of_our_validators_have_no_pydantic_prefix():
    problem = convert(NewIssue, VALID | {"description": "a\x00"})
    assert not problem.errors[0].message.startswith("Value error")


def test_number_of_named_errors_is_limited():
    problem = convert(IssueQuery, {f"x{number}": "1" for number in range(200)})
    assert len(problem.errors) == 100
    assert problem.detail.count(";") == 2


@pytest.mark.parametrize(
    ("model", "data", "code"),
    [
        (IssueUpdate, {"state": "Lost", "type": 1}, "invalid_type"),
        (IssueUpdate, {"state": "Lost", "is_read": 1}, "invalid_state"),
        (NewIssue, VALID | {"config": {"thread_id": ""}, "project_id": ""}, "invalid_body"),
        (NewIssue, VALID | {"config": {"thread_id": ""}}, "invalid_config"),
        (NewIssue, [], "invalid_body"),
        (IssueQuery, {"type": "Wrong"}, "invalid_parameter"),
    ],
)
def test_code_follows_the_first_field_at_fault(model, data, code):
    assert convert(model, data).code == code


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"description": "x" * 10_001}, "description", "too_long"),
        ({"description": ""}, "description", "too_short"),
        ({"description": "a\x00"}, "description", "invalid"),
        ({"anonymus": True}, "anonymus", "unknown"),
        ({"config": {"thread_id": "t"}}, "config.reported_interaction_id", "missing"),
    ],
)
def test_code_of_a_field_is_the_reason(change, field, code):
    (fault,) = convert(NewIssue, VALID | change).errors
    assert (fault.field, fault.code) == (field, code)


@pytest.mark.parametrize("text", ["", "a\x00", 5])
def test_error_of_an_optional_description_names_the_field(text):
    assert {fault.field for fault in convert(IssueUpdate, {"description": text}).errors} == {
        "description"
    }
