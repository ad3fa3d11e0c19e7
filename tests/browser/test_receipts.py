"""Receipts of anonymous reports in the browser."""

import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import expect

from issue_portal.models.vocabulary import IssueState
from tests.browser.conftest import RECEIVED
from tests.browser.reviewing import reviewer_client


def test_receipt_survives_a_reload_until_another_report(new_person, words):
    visitor = new_person().opens().chooses("No answer").writes(words).presses("Send report")
    visitor.sees(RECEIVED)
    receipt = visitor.receipt()
    visitor.page.reload()
    visitor.sees(RECEIVED)
    assert visitor.receipt() == receipt
    assert receipt not in str(visitor.context.cookies())
    assert receipt not in visitor.page.url
    # The link to Track fills in the receipt, but not in the URL.
    visitor.page.get_by_role("link", name="Track it").click()
    visitor.sees(words).sees("We've received it.").goes_to("Report")
    assert receipt not in visitor.page.url
    visitor.presses("Report another problem").sees("Report a problem")
    visitor.settles()
    # The script that removes the report from the tab runs after the page is drawn.
    visitor.page.wait_for_function("() => sessionStorage.getItem('issue-portal-sent') === null")
    visitor.page.reload()
    visitor.sees("Report a problem").settles()
    visitor.sees_not(RECEIVED)


@pytest.mark.parametrize("elsewhere", ["Español", "Help"])
def test_receipt_is_shown_if_the_person_clicks_elsewhere_while_sending(
    new_person, portal, words, elsewhere
):
    person = new_person().opens().chooses("No answer").writes(words)
    with closing(sqlite3.connect(portal.data_dir / "issues.db")) as lock:
        lock.execute("BEGIN IMMEDIATE")
        person.presses("Send report").sees("Sending…")
        expect(person.page.get_by_test_id("stForm")).to_have_attribute("inert", "")
        if elsewhere == "Español":
            person.page.locator(".st-key-account_menu button").click()
        # The click stops the run that sends the report, but only after the API has responded.
        person.page.get_by_text(elsewhere, exact=True).first.click()
    person.sees("Your receipt" if elsewhere == "Help" else "Tu resguardo")
    assert len(person.receipt()) == len("1234-5678-9012-3456")


def test_receipt_is_removed_at_sign_out(new_person, words):
    person = new_person().opens("/sign_in").signs_in("member").goes_to("Report")
    person.chooses("No answer").writes(words).presses("Send report").sees("Your receipt")
    receipt = person.receipt()
    storage_script = "JSON.stringify({...sessionStorage})"
    person.waits_until(lambda: receipt in person.page.evaluate(storage_script))
    person.signs_out()
    person.waits_until(lambda: receipt not in person.page.evaluate(storage_script))
    person.goes_to("Report").sees("Report a problem").sees_not("Your receipt")


def test_receipt_in_browser_storage_is_not_shown_to_the_next_person(new_person, words):
    """Regression: a tab on another page kept the receipt in its storage after the sign-out."""
    tab = new_person().opens("/sign_in").signs_in("member").goes_to("Report")
    tab.chooses("No answer").writes(words).presses("Send report").sees("Your receipt")
    stored_script = "sessionStorage.getItem('issue-portal-sent')"
    tab.waits_until(lambda: tab.page.evaluate(stored_script))
    sent_report = tab.page.evaluate(stored_script)
    tab.opens("/help")
    tab.signs_out()
    tab.page.evaluate("value => sessionStorage.setItem('issue-portal-sent', value)", sent_report)
    tab.page.reload()
    tab.goes_to("Report").sees("Report a problem").sees_not("Your receipt")
    tab.page.evaluate("value => sessionStorage.setItem('issue-portal-sent', value)", sent_report)
    tab.opens("/sign_in").signs_in("reviewer").page.reload()
    tab.goes_to("Report").sees("Report a problem").sees_not("Your receipt")
    tab.waits_until(lambda: tab.page.evaluate(stored_script) is None)
    tab.sees_not("Your receipt")


def test_track_shows_state_dates_and_events(new_person, portal, words):
    visitor = new_person(timezone_id="UTC").opens().chooses("No answer").writes(words)
    visitor.presses("Send report").sees(RECEIVED)
    receipt = visitor.receipt()
    with reviewer_client(portal) as client:
        issue = next(issue for issue in client.iterate() if issue.description == words)
        visitor.waits_until_a_second_after(issue.created_at)
        client.update(issue, state=IssueState.CLOSED)
    visitor.goes_to("Track").page.get_by_role("textbox", name="Receipt").fill(receipt)
    visitor.presses("Show report").sees(f"Report #{issue.issue_number}")
    visitor.sees("The review is finished.")
    expect(visitor.page.locator(".timeline")).to_contain_text(f"{issue.created_at:%H:%M}")
    expect(visitor.page.locator(".timeline li")).to_have_count(2)
    visitor.sees("Moved to Closed")
