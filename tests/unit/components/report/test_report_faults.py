"""Faults of the input of the report form."""

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


def find_keys(is_signed_in: bool = False, **values):
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
def test_fault_names_its_widget(values, keys):
    assert find_keys(**values) == keys


def test_thread_without_interaction_is_a_fault_of_the_empty_field():
    ((*_, last),) = find_keys(thread="t")
    assert last == "report_interaction"
    ((*_, last),) = find_keys(interaction="i")
    assert last == "report_thread"


def test_report_by_name_is_complete_once_its_person_has_signed_in():
    assert not find_keys(is_signed_in=True, anonymous=False)


def test_invisible_characters_stay_only_in_a_report_by_name():
    marked = ReportInput(**vars(REPORT) | {"description": "hard\u200b to read"})
    assert marked.strip_marks().description == "hard to read"
    by_name = ReportInput(**vars(marked) | {"anonymous": False})
    assert by_name.strip_marks() == by_name
