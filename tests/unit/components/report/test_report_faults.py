"""Faults that the portal finds in the input of the report form."""

import pytest

from components import server_capabilities
from components.report import report_state
from components.report.report_faults import find_faults, remember_refusal
from components.report.report_input import ReportInput
from components.ui import i18n
from issue_portal.client.errors import BadRequestError
from issue_portal.models.requests import ThreadConfig
from issue_portal.models.responses import FieldError, Problem
from issue_portal.models.vocabulary import IssueType
from tests.factories import make_new_issue

REPORT = ReportInput(
    type=IssueType.FORMAT,
    description="It is hard to read.",
    anonymous=True,
    thread="",
    interaction="",
    project="",
)


@pytest.fixture(autouse=True)
def _english(monkeypatch, backend):
    monkeypatch.setattr(report_state.st, "session_state", {})
    monkeypatch.setattr(i18n, "get_language", lambda: "en")
    monkeypatch.setattr(i18n, "_get_browser_tag", lambda: "en")


def find_fault_keys(**values):
    report = ReportInput(**vars(REPORT) | values)
    return [fault.widget_keys for fault in find_faults(report)]


@pytest.mark.parametrize(
    ("values", "keys"),
    [
        ({}, []),
        ({"type": None}, [("report_type",)]),
        ({"description": " "}, [("report_description",)]),
        ({"description": "x" * 10_001}, [("report_description",)]),
        ({"project": "x" * 201}, [("report_project",)]),
        ({"thread": "t", "interaction": "i"}, []),
        ({"anonymous": False}, []),
    ],
)
def test_fault_has_the_key_of_its_widget(values, keys):
    assert find_fault_keys(**values) == keys


def test_thread_without_interaction_is_a_fault_of_the_empty_field():
    ((*_, last),) = find_fault_keys(thread="t")
    assert last == "report_interaction"
    ((*_, last),) = find_fault_keys(interaction="i")
    assert last == "report_thread"


def test_text_is_optional_only_in_a_report_about_a_thread():
    assert find_fault_keys(description="", thread="t", interaction="i") == []
    assert find_fault_keys(description="", project="p") == [("report_description",)]
    server_capabilities.learn_from_refusal({"description"})
    assert find_fault_keys(description="", thread="t", interaction="i") == [("report_description",)]


def test_fields_that_the_server_has_required_are_faults_if_they_are_empty():
    server_capabilities.learn_from_refusal({"config", "project_id"})
    assert find_fault_keys() == [("report_interaction",), ("report_project",)]
    assert find_fault_keys(thread="t", interaction="i", project="p") == []


def refuse(message: str, *fields: FieldError) -> BadRequestError:
    return BadRequestError(Problem(status=400, detail=message, errors=fields))


@pytest.mark.parametrize(
    ("error", "widget_key", "required"),
    [
        (refuse("project_id is required"), "report_project", {"project_id"}),
        (refuse("A project must be given."), "report_project", {"project_id"}),
        (refuse("config: field required"), "report_interaction", {"config"}),
        (
            refuse("No", FieldError(field="project_id", message="x")),
            "report_project",
            {"project_id"},
        ),
        (refuse("The description is missing"), "report_description", set()),
    ],
)
def test_reason_is_shown_at_the_field_that_it_names(error, widget_key, required):
    assert remember_refusal(make_new_issue("x"), error)
    assert set(report_state.get_server_faults()) == {widget_key}
    assert server_capabilities.get_capabilities().required_fields == required


def test_refused_value_is_not_a_required_field():
    new = make_new_issue(
        "x", config=ThreadConfig(thread_id="t", reported_interaction_id="i"), project_id="p"
    )
    assert remember_refusal(new, refuse("There is no such project."))
    assert "no such project" in report_state.get_server_faults()["report_project"]
    assert not server_capabilities.get_capabilities().required_fields


def test_field_in_a_message_about_something_else_does_not_become_required():
    assert remember_refusal(make_new_issue("x"), refuse("This project is read-only for you."))
    assert "read-only" in report_state.get_server_faults()["report_project"]
    assert not server_capabilities.get_capabilities().required_fields


def test_reason_about_no_field_is_not_remembered():
    assert not remember_refusal(make_new_issue("x"), refuse("Out of office."))
    other_field = refuse("x", FieldError(field="x-org", message="missing"))
    assert not remember_refusal(make_new_issue("x"), other_field)
