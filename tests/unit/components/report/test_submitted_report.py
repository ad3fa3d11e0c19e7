"""The report that the browser tab keeps after it was sent."""

import pytest

from components.report.submitted_report import SubmittedReport, _parse_stored

ANONYMOUS = {"number": 7, "is_anonymous": True, "receipt": "1234-5678-9012-3456", "owner": "x"}


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (ANONYMOUS, SubmittedReport(**ANONYMOUS)),
        # The first report of some servers has the number 0.
        ({"number": 0, "is_anonymous": True}, SubmittedReport(number=0, is_anonymous=True)),
        ({"number": 7, "is_anonymous": False}, SubmittedReport(number=7, is_anonymous=False)),
        (ANONYMOUS | {"is_anonymous": False}, None),
        (ANONYMOUS | {"receipt": "1234"}, None),
        (ANONYMOUS | {"is_anonymous": "yes"}, None),
        ({"is_anonymous": True}, None),
        (None, None),
        ("x", None),
    ],
)
def test_only_valid_reports_are_restored(stored, expected):
    assert _parse_stored(stored) == expected
