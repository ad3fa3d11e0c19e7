"""Pages without a server: their content, and failures of the API."""

from unittest.mock import Mock

import pytest
from streamlit.testing.v1 import AppTest

from components import api_session, server_capabilities
from components.issues import auto_refresh
from components.ui import messages
from issue_portal.client import errors
from issue_portal.models.responses import Problem, ReceiptView
from tests.factories import REPORTED_AT, make_event
from tests.servers.processes import ROOT

RECEIPT = "1234-5678-9012-3456"
VIEW = ReceiptView(
    issue_number=7,
    type="Format",
    state="InReview",
    created_at=REPORTED_AT,
    updated_at=REPORTED_AT,
    description="<b>It broke</b>",
    history=(make_event("created"), make_event(state="InReview")),
)


@pytest.fixture
def visitor_client(monkeypatch, backend) -> Mock:
    """The API client of a visitor."""
    client = Mock()
    client.look_up_receipt.return_value = VIEW
    monkeypatch.setattr(api_session, "visitor_client", lambda **_: client)
    monkeypatch.setattr(api_session, "is_remote", lambda: False)
    monkeypatch.setattr(server_capabilities, "gives_receipts", lambda: True)
    return client


def read_html(at: AppTest) -> str:
    """Return the HTML on the page, with ' and " in place of their entities."""
    body = " ".join(element.proto.body for element in at.get("html"))
    return body.replace("&#x27;", "'").replace("&quot;", '"')


def track(entered: str) -> AppTest:
    at = AppTest.from_file(ROOT / "pages/track.py").run()
    assert not at.exception
    at.text_input[0].set_value(entered)
    at.button[0].click().run()
    assert not at.exception
    return at


def test_track_shows_the_state_of_a_report(visitor_client):
    at = track(RECEIPT)
    visitor_client.look_up_receipt.assert_called_once_with("1234567890123456")
    assert at.header[0].value == "Report #7"
    assert "&lt;b&gt;It broke&lt;/b&gt;" in read_html(at)
    assert "Moved to In review" in read_html(at)


def test_track_updates_well_within_the_limit_of_look_ups(visitor_client, monkeypatch):
    intervals = []
    monkeypatch.setattr(
        auto_refresh, "rerun_on_change", lambda *_, seconds, action: intervals.append(seconds)
    )
    track(RECEIPT)
    assert intervals == [30]


def test_track_does_not_send_an_invalid_receipt(visitor_client):
    at = track("1234")
    assert "16 digits" in read_html(at)
    visitor_client.look_up_receipt.assert_not_called()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (errors.NotFoundError(Problem(status=404)), "No report has this receipt"),
        (errors.UnreachableError(), "We couldn't look up your receipt."),
    ],
)
def test_track_shows_a_failure(visitor_client, error, expected):
    visitor_client.look_up_receipt.side_effect = error
    assert expected in read_html(track(RECEIPT))


@pytest.mark.parametrize("is_remote", [True, False])
def test_help_says_whether_another_server_stores_the_reports(
    visitor_client, monkeypatch, is_remote
):
    monkeypatch.setattr(api_session, "is_remote", lambda: is_remote)
    at = AppTest.from_file(ROOT / "pages/help.py").run()
    assert not at.exception
    text = " ".join(element.value for element in at.markdown)
    assert ("Another server stores the reports" in text) is is_remote
    assert "enter your receipt on Track" in text


def test_help_says_if_the_server_gives_no_receipts(visitor_client, monkeypatch):
    monkeypatch.setattr(server_capabilities, "gives_receipts", lambda: False)
    at = AppTest.from_file(ROOT / "pages/help.py").run()
    text = " ".join(element.value for element in at.markdown)
    assert "this server doesn't offer receipts" in text


def test_pages_are_in_the_language_of_the_browser(visitor_client, set_language):
    set_language("es")
    at = AppTest.from_file(ROOT / "pages/help.py").run()
    assert at.title[0].value == "Ayuda"


def test_crash_is_logged_but_not_shown(caplog):
    assert messages.render_crash(ValueError("a secret")) is True
    assert "a page failed" in caplog.text
