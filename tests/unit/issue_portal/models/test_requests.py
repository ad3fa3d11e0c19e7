"""Requests: strict fields, query parameters, and reports without hidden characters."""

import pytest
from pydantic import ValidationError

from issue_portal.models.requests import (
    BulkChange,
    BulkRequest,
    IssueQuery,
    IssueUpdate,
    NewIssue,
    StatsQuery,
)
from issue_portal.models.vocabulary import IssueState, IssueType
from tests.factories import make_new_issue


@pytest.mark.parametrize("value", ["yes", 1, None])
def test_anonymous_must_be_a_boolean(value):
    with pytest.raises(ValidationError):
        make_new_issue(anonymous=value)


def test_unknown_field_is_an_error():
    with pytest.raises(ValidationError, match="anonymus"):
        make_new_issue(anonymus=True)


def test_error_message_does_not_contain_the_text():
    with pytest.raises(ValidationError) as failure:
        make_new_issue("private words\x00")
    assert "private words" not in str(failure.value)


def test_hidden_marks_are_removed_from_all_texts():
    config = {"thread_id": "t\u200b", "reported_interaction_id": "i"}
    new = make_new_issue("x\U000e0041", project_id="p\u2060", config=config)
    stripped = new.strip_hidden_marks()
    assert (stripped.description, stripped.project_id, stripped.config.thread_id) == ("x", "p", "t")
    with pytest.raises(ValidationError):
        make_new_issue("\u2800").strip_hidden_marks()


def test_changes_contain_only_the_sent_fields_in_a_fixed_order():
    update = IssueUpdate(is_read=False, type="Other")
    assert list(update.changes().items()) == [("type", IssueType.OTHER), ("is_read", False)]
    assert IssueUpdate().changes() == {}


def test_a_change_is_sent_without_the_fields_that_were_not_set():
    assert IssueUpdate(description=None).model_dump(mode="json") == {"description": None}
    request = BulkRequest(ids=("a",), change=BulkChange(state=IssueState.CLOSED))
    assert request.model_dump_json() == '{"ids":["a"],"change":{"state":"Closed"}}'


@pytest.mark.parametrize("model", [BulkChange, IssueUpdate])
@pytest.mark.parametrize("field", ["is_read", "state", "type", "delete"])
def test_null_is_an_error_although_the_field_may_be_absent(model, field):
    with pytest.raises(ValidationError) as failure:
        model.model_validate({field: None})
    assert failure.value.errors()[0]["loc"] == (field,)


def test_query_parameters_contain_only_the_set_fields():
    query = IssueQuery(
        states=(IssueState.CLOSED, IssueState.IN_REVIEW), total_count=False, projects=()
    )
    assert query.to_params() == {"states": "Closed,InReview", "total_count": "false"}
    assert IssueQuery().to_params() == {}


def test_list_parameter_accepts_commas_or_repetition():
    assert IssueQuery(states="Closed,InReview") == IssueQuery(states=["Closed", "InReview"])
    assert IssueQuery(created_by=["a,b", "c"]).created_by == ("a", "b", "c")


def test_number_of_errors_in_a_too_long_list_is_limited():
    with pytest.raises(ValidationError) as failure:
        IssueQuery(type=",".join(["Nothing"] * 5_000))
    assert failure.value.error_count() <= 101


@pytest.mark.parametrize("name", ["Europe/Madrid", "UTC"])
def test_known_time_zone_is_accepted(name):
    assert StatsQuery(timezone=name).timezone == name


@pytest.mark.parametrize("name", ["Mars/Base", "../etc/passwd", "", "/etc/localtime", "a\x00"])
def test_unknown_time_zone_is_refused(name):
    with pytest.raises(ValidationError, match="time zone"):
        StatsQuery(timezone=name)


def test_new_issue_has_the_fields_of_the_contract():
    assert NewIssue.model_fields.keys() == {
        "description",
        "resource_type",
        "type",
        "anonymous",
        "project_id",
        "config",
    }


def test_body_of_a_report_is_written_like_in_earlier_versions():
    """The server compares its hash with the hash of a report sent before an upgrade."""
    assert make_new_issue("x").model_dump_json() == (
        '{"description":"x","resource_type":"Thread","type":"Other","anonymous":false,'
        '"project_id":null,"config":null}'
    )
