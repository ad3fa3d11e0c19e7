"""Faults that the portal finds in the input of the report form."""

import pytest

from components.report.report_faults import find_faults
from components.report.report_input import ReportInput
from components.ui import i18n
from issue_portal.models.vocabulary import IssueType

REPORT = ReportInput(
    type=IssueType.FORMAT,
    description="It is hard to read.",
    anonymous=True,
    thread="",
    interaction="",
    project="",
)


@pytest.fixture(autouse=True)
def _english(monkeypatch):
    monkeypatch.setattr(i18n, "get_language", lambda: "en")
    monkeypatch.setattr(i18n, "_get_browser_tag", lambda: "en")


def find_fault_keys(is_signed_in: bool = False, **values):
    report = ReportInput(**vars(REPORT) | values)
    return [fault.widget_keys for fault in find_faults(report, is_signed_in=is_signed_in)]


@pytest.mark.parametrize(
    ("values", "keys"),
    [
        ({}, []),
        ({"type": None}, [("report_type",)]),
        ({"description": " "}, [("report_description",)]),
        ({"description": "x" * 10_001}, [("report_description",)]),
        ({"project": "x" * 201}, [("report_project",)]),
        ({"thread": "t", "interaction": "i"}, []),
        ({"anonymous": False}, [("report_anonymous",)]),
    ],
)
def test_fault_has_the_key_of_its_widget(values, keys):
    assert find_fault_keys(**values) == keys


def test_thread_without_interaction_is_a_fault_of_the_empty_field():
    ((*_, last),) = find_fault_keys(thread="t")
    assert last == "report_interaction"
    ((*_, last),) = find_fault_keys(interaction="i")
    assert last == "report_thread"


def test_report_by_name_of_a_signed_in_person_has_no_fault():
    assert not find_fault_keys(is_signed_in=True, anonymous=False)
