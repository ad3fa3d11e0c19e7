"""The receipt of an anonymous report."""

import pytest
from streamlit.testing.v1 import AppTest

from components.report.receipt import parse_receipt


@pytest.mark.parametrize(
    ("entered", "expected"),
    [
        ("1234-5678-9012-3456", "1234567890123456"),
        (" 1234 5678 9012 3456 ", "1234567890123456"),
        ("1234567890123456", "1234567890123456"),
        ("1234-5678-9012-345", None),
        ("1234-5678-9012-34567", None),
        ("1234-5678-9012-345x", None),
        ("\u0661" * 16, None),
        ("", None),
    ],
)
def test_receipt_has_16_digits_and_optional_separators(entered, expected):
    assert parse_receipt(entered) == expected


def page() -> None:
    from components.report import receipt  # noqa: PLC0415 - the page of an AppTest

    receipt.render("1234-5678-9012-3456", 7, None)


def test_receipt_is_shown_with_a_warning():
    at = AppTest.from_function(page).run()
    assert not at.exception
    assert at.code[0].value == "1234-5678-9012-3456"
    assert "only way" in at.warning[0].value
