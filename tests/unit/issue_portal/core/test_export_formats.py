"""Issues as JSON Lines and CSV: one line each, and no formulas."""

import csv
import io
import json

import pytest

from issue_portal.core import export_formats
from issue_portal.models.responses import Issue
from tests.factories import make_issue, make_user


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("plain", "plain"),
        ("a=1", "a=1"),
        ("=1+1", "'=1+1"),
        (" \u00a0=1", "' \u00a0=1"),
        ("\u200b@a", "'\u200b@a"),
        ("＝1", "'＝1"),
        ("\tplain", "'\tplain"),
        # Some programs split cells at semicolons, tabs and line breaks.
        ("a;=1", "a;'=1"),
        ("a\n=1", "a\n'=1"),
        ("a; +1\t-2", "a; '+1\t'-2"),
        ("a, -1", "a, -1"),
    ],
)
def test_no_part_of_a_cell_is_a_formula(cell, expected):
    assert export_formats.escape_formula(cell) == expected


@pytest.mark.parametrize(
    "fields",
    [
        {"created_by": None, "description": None},
        {"issue_number": 0, "state": "Parked"},
        {"created_by": {"id": "user_1", "name": "Ann"}},
    ],
)
def test_json_line_has_the_fields_that_the_server_sent(fields):
    """Absent is not null: the server did not say who reported the issue, or nobody is named."""
    answer = {"id": "1"} | fields
    assert json.loads(export_formats.format_json_line(Issue.model_validate(answer))) == answer


def test_json_line_is_one_line_for_every_program():
    text = "one\u2028two\u2029three\u0085four\nfive"
    line = export_formats.format_json_line(make_issue(description=text))
    assert line.splitlines() == [line.removesuffix("\n")]
    assert json.loads(line)["description"] == text


def test_json_line_omits_empty_fields_except_the_reporter():
    fields = json.loads(export_formats.format_json_line(make_issue(created_by=None)))
    assert [name for name, value in fields.items() if value is None] == ["created_by"]


def test_csv_row_has_a_cell_for_each_column():
    user = make_user(name="=Ann", email="ann@example.com")
    text = export_formats.format_csv_header() + export_formats.format_csv_line(
        make_issue(created_by=user, is_read=True)
    )
    [row] = csv.DictReader(io.StringIO(text, newline=""))
    assert tuple(row) == export_formats.CSV_HEADER
    assert (row["reporter"], row["reporter_email"]) == ("'=Ann", "ann@example.com")
    assert (row["is_read"], row["thread_id"]) == ("true", "")
    assert row["created_at"] == "2026-11-24T06:15:00Z"


def test_csv_row_of_an_anonymous_report_has_no_reporter():
    text = export_formats.format_csv_header() + export_formats.format_csv_line(
        make_issue(created_by=None)
    )
    [row] = csv.DictReader(io.StringIO(text, newline=""))
    assert (row["reporter"], row["reporter_email"]) == ("", "")
