"""Problem documents of validation errors: they name the fields and repeat no input."""

import pytest
from pydantic import ValidationError

from issue_portal.core.problems import convert_validation_error
from issue_portal.models.requests import IssueQuery, NewIssue

VALID = {"description": "x", "resource_type": "Thread", "type": "Other", "anonymous": True}


def convert(model, data):
    with pytest.raises(ValidationError) as failure:
        model.model_validate(data)
    return convert_validation_error(failure.value)


def test_problem_names_each_field_and_repeats_no_input():
    problem = convert(NewIssue, VALID | {"type": "private words", "config": {"thread_id": "t"}})
    assert problem.status == 400
    assert problem.errors.keys() == {"type", "config.reported_interaction_id"}
    assert "private words" not in f"{problem.detail} {problem.errors}"


def test_error_of_a_body_that_is_no_object_names_the_body():
    assert convert(NewIssue, []).errors.keys() == {"body"}


def test_messages_of_our_validators_have_no_pydantic_prefix():
    problem = convert(NewIssue, VALID | {"description": "a\x00"})
    assert not problem.errors["description"].startswith("Value error")


def test_number_of_named_errors_is_limited():
    problem = convert(IssueQuery, {f"x{number}": "1" for number in range(200)})
    assert len(problem.errors) == 100
    assert problem.detail.count(";") == 2
