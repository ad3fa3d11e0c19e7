"""Formats issues for other programs: as JSON Lines with the fields of the API, or as CSV."""

import csv
import io
import json
import re
from datetime import UTC, datetime
from typing import Any

from issue_portal.models.responses import Issue, Project, ThreadData, User
from issue_portal.models.text_rules import is_blank

_BREAKS = {ord(c): f"\\u{ord(c):04x}" for c in "\u0085\u2028\u2029"}

_JSON_FIELDS: dict[str, Any] = {
    **dict.fromkeys(Issue.model_fields, True),
    "data": set(ThreadData.model_fields),
    "created_by": set(User.model_fields),
    "project": set(Project.model_fields),
}
"""The fields of a JSON line. Fields that only another server knows are left out."""

CSV_HEADER = (
    "id",
    "issue_number",
    "type",
    "state",
    "is_read",
    "description",
    "created_at",
    "updated_at",
    "reporter",
    "reporter_email",
    "thread_id",
    "reported_interaction_id",
    "project_id",
)


def format_json_line(issue: Issue) -> str:
    """Return one issue as a line of JSON, with the fields of the API that the server sent.

    ``created_by`` is null for an anonymous issue, and absent if the server did not say.
    """
    sent = issue.model_dump(mode="json", include=_JSON_FIELDS, exclude_unset=True)
    fields = {
        name: value
        for name, value in sent.items()
        if value is not None or name in ("created_by", "description")
    }
    return escape_line_breaks(json.dumps(fields, ensure_ascii=False)) + "\n"


def escape_line_breaks(document: str) -> str:
    """Escape the characters in a JSON document that some programs treat as line breaks."""
    return document.translate(_BREAKS)


def format_csv_header() -> str:
    """Return the header line of a CSV file."""
    return _format_row(CSV_HEADER)


def format_csv_line(issue: Issue) -> str:
    """Return one issue as a CSV line. No cell can run as a formula (OWASP: CSV injection)."""
    reporter, data, project = issue.created_by, issue.data, issue.project
    return _format_row(
        (
            issue.id,
            issue.issue_number,
            issue.type,
            issue.state,
            str(issue.is_read).lower(),
            issue.description,
            _format_time(issue.created_at),
            _format_time(issue.updated_at),
            reporter and reporter.name,
            reporter and reporter.email,
            data and data.thread_id,
            data and data.reported_interaction_id,
            project and project.id,
        )
    )


def _format_row(cells: tuple[object, ...]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(["" if cell is None else escape_formula(str(cell)) for cell in cells])
    return line.getvalue()


def _format_time(at: datetime | None) -> str | None:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


_FORMULA_STARTS = "=+@＝＋－＠﹢﹣﹦﹫−-"

_INNER_FORMULA = re.compile(
    rf"([;\t\r\n](?:[^\w{_FORMULA_STARTS}]|[\u115f\u1160\u3164\uffa0])*)(?=[{_FORMULA_STARTS}])"
)
"""A formula inside a cell, for programs that split cells at a character other than a comma."""


def escape_formula(cell: str) -> str:
    """Return a cell in which no part can run as a formula in a spreadsheet."""
    # A leading apostrophe turns a cell into text. Spreadsheets ignore blanks before a formula.
    first = next((c for c in cell if c.isprintable() and not is_blank(c)), "")
    risky = first in tuple(_FORMULA_STARTS) or cell.startswith(("\t", "\r", "\n"))
    cell = _INNER_FORMULA.sub(r"\1'", cell)
    return f"'{cell}" if risky else cell
