"""The input of the report form, and the report that is sent."""

import pytest
from pydantic import ValidationError

from components.report.report_input import ReportInput
from issue_portal.models.vocabulary import DESCRIPTION_LIMIT, IssueType

INPUT = ReportInput(IssueType.OTHER, "It broke off.", True, "", "", "")
MARK = "\u200b"
"""An invisible character."""


def make_input(**values) -> ReportInput:
    return ReportInput(**vars(INPUT) | values)


def test_empty_fields_are_left_out_of_the_report():
    new = make_input().to_new_issue()
    assert (new.project_id, new.config) == (None, None)
    new = make_input(thread="t", interaction="i", project="p").to_new_issue()
    assert (new.project_id, new.config.thread_id) == ("p", "t")


def test_no_report_is_made_without_a_type():
    assert make_input(type=None, description="").to_new_issue() is None


def test_thread_without_an_interaction_raises_an_error():
    with pytest.raises(ValidationError, match="reported_interaction_id"):
        make_input(thread="t").to_new_issue()


def test_invisible_characters_stay_only_in_a_report_by_name():
    marked = dict.fromkeys(("description", "thread", "interaction", "project"), f"x{MARK}")
    stripped = make_input(**marked).strip_hidden_marks()
    assert {getattr(stripped, name) for name in marked} == {"x"}
    by_name = make_input(**marked, anonymous=False)
    assert by_name.strip_hidden_marks() is by_name


def test_invisible_characters_stay_in_a_text_over_the_limit():
    overlong = make_input(description=MARK * (DESCRIPTION_LIMIT + 1))
    assert overlong.strip_hidden_marks() is overlong
