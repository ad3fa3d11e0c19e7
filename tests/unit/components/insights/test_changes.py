"""Changes against an earlier period."""

import pytest

from components.insights.changes import format_change, format_change_of_share

VERSUS = "vs previous 30 days"


@pytest.mark.parametrize(
    ("value", "earlier", "expected"),
    [
        (180, 120, "+50%"),
        (60, 120, "−50%"),
        (0, 7, "−100%"),
        (7, 7, "No change"),
        (0, 0, "No change"),
        (9, 0, "+9"),
        (1001, 1000, "About the same"),
        (1_200_000, 0, "+1.2M"),
    ],
)
def test_change_of_a_count(value, earlier, expected):
    assert format_change(value, earlier, VERSUS) == f"{expected} {VERSUS}"


def test_without_an_earlier_period_there_is_no_change():
    assert format_change(180, 120, "") == ""


@pytest.mark.parametrize(
    ("share", "earlier", "expected"),
    [(0.32, 0.35, "−3 points"), (0.01, 0, "+1 point"), (0.321, 0.323, "No change")],
)
def test_change_of_a_share_is_in_points(share, earlier, expected):
    assert format_change_of_share(share, earlier, VERSUS) == f"{expected} {VERSUS}"
