"""The receipt of an anonymous report."""

import pytest
from streamlit.testing.v1 import AppTest

from components.report import embed
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


def test_receipt_is_shown_with_a_warning_and_a_link(monkeypatch):
    # Outside of the portal, there are no pages to link to.
    monkeypatch.setattr(embed, "render_page_link", lambda *_, **__: None)
    at = AppTest.from_function(page).run()
    assert not at.exception
    shown, link = (element.proto.body for element in at.get("html"))
    assert "1234-5678-9012-3456" in shown
    assert "can't be shown again" in shown
    # Browsers do not send the fragment of a URL to a server.
    assert '/track#1234-5678-9012-3456"' in link
