"""The portal works with the original and the newer API.

Each story runs on one strict and one lenient server. `tests/client` runs all calls on all of them.
"""

import re
from contextlib import suppress

import pytest
from playwright.sync_api import Error, Locator, expect

from tests.browser.conftest import RECEIVED
from tests.browser.remote_portal import RemotePortal, make_api_client, sends_report, start_portal
from tests.browser.reviewing import (
    chooses_tab,
    closes_popover,
    opens_queue_menu,
    presses_in_bar,
    sees_open,
)
from tests.client.conftest import make_variant
from tests.servers.call_log import Call


@pytest.mark.parametrize("remote", ["original-ignoring", "newer-strict"], indirect=True)
def test_portal_offers_no_tracking_if_the_server_gives_no_receipts(new_person, remote, words):
    visitor = new_person(remote.portal).opens().sees("You won't be able to track it.")
    visitor.sees_not("You'll get a receipt to track it.")
    sends_report(visitor, remote, words, by_name=False)
    visitor.sees("this server doesn't offer receipts").sees_not("Your receipt")
    for page in ("Track", "Track it", "See it in My reports"):
        expect(visitor.page.get_by_role("link", name=page, exact=True)).to_have_count(0)
    visitor.page.reload()
    visitor.sees(RECEIVED).sees("this server doesn't offer receipts")
    visitor.opens("/track").sees("this server doesn't offer receipts")
    expect(visitor.page.get_by_role("textbox")).to_have_count(0)
    visitor.goes_to("Help").sees("this server doesn't offer receipts").sees_not(
        "enter your receipt"
    )
    visitor.sees("Another server stores the reports.")


@pytest.mark.parametrize("remote", ["original", "newer-strict"], indirect=True)
def test_member_reports_by_name_edits_and_withdraws(new_person, remote, words):
    other = new_person(remote.portal).signed_in_as("reviewer").opens()
    sends_report(other, remote, f"{words}, by another", by_name=True)
    other.goes_to("My reports").row(words).click()
    other.sees("We've received it.")
    link = other.page.url.removeprefix(remote.portal.url)
    member = new_person(remote.portal).signed_in_as("member").opens(link)
    member.sees("This report isn't available.").sees_not(words)
    member.presses("Show my reports").sees_not("This report isn't available.")
    # A person without reports has a hint instead of the list and its search.
    list_or_hint = member.page.locator(".st-key-my_issues, .st-key-placeholder_no_reports")
    expect(list_or_hint).to_be_visible()

    sends_report(member.goes_to("Report"), remote, f"{words}, unsigned", by_name=False)
    member.presses("Report another problem").sees("Report a problem")
    sends_report(member, remote, words, by_name=True)
    member.page.get_by_role("link", name="See it in My reports").click()
    expect(member.row(words)).to_have_count(1)

    member.settles()
    member.page.get_by_role("searchbox", name="Search").fill("nobody wrote this")
    expect(member.row(words)).to_have_count(0)
    member.page.get_by_role("searchbox", name="Search").fill(words.upper())
    expect(member.row(words)).to_have_count(1)
    member.row(words).click()
    member.waits_until_drawn().presses("Edit")
    text = member.page.get_by_label("What happened?")
    text.fill(f"{words}, second edition")
    member.presses("Save")
    if remote.variant == "newer":
        member.sees("Saved").sees(f"{words}, second edition")
    else:
        member.sees(
            "We couldn't save your change, but your text is safe. description is not allowed"
        )
        expect(text).to_have_value(f"{words}, second edition")
        member.presses("Cancel")
        expect(text).to_have_count(0)
    member.presses("Withdraw").sees("This can't be undone.").presses("Cancel")
    expect(member.page.get_by_role("dialog")).to_have_count(0)
    member.settles()
    member.presses("Withdraw")
    member.page.get_by_role("dialog").get_by_role("button", name="Withdraw").click()
    member.sees(" withdrawn")
    expect(member.row(words)).to_have_count(0)


@pytest.mark.parametrize("remote", ["original-ignoring", "newer"], indirect=True)
def test_reviewer_works_through_the_queue(new_person, remote, words):
    several = f"several{words}"
    with make_api_client(remote) as client:
        for number in range(2):
            new = make_variant(remote.variant, remote.api).make_new_issue(f"{several} {number}")
            client.create(new)
    visitor = new_person(remote.portal).opens()
    sends_report(visitor, remote, f"one {words}", by_name=False)
    reviewer = new_person(remote.portal).signed_in_as("reviewer").opens("/review?state=all")
    row = reviewer.row(f"one {words}")
    search = reviewer.page.get_by_role("searchbox", name="Search")
    expect(row.locator(".text")).to_have_css("font-weight", "650")
    if remote.variant == "original":
        expect(search).to_have_count(0)
    else:
        reviewer.settles()
        search.fill("nobody wrote this")
        reviewer.sees("No matching issues")
        search.fill(f"one {words}")
        expect(reviewer.page.locator("button[data-issue]")).to_have_count(1)
        chooses_tab(reviewer, "Closed").sees("No matching issues")
        chooses_tab(reviewer, "All")
    row.click()
    reviewer.sees("From Anonymous")
    expect(row.locator(".text")).to_have_css("font-weight", "400")
    reviewer.presses("Start review")
    expect(row).to_contain_text("In review")
    reviewer.presses("Undo").sees("Undone")
    expect(row).to_contain_text("New")
    reviewer.presses("Close")
    expect(row).to_contain_text("Closed")
    reviewer.settles()  # The next issue is open, if there is one.
    row.click()
    expect(row).to_have_attribute("aria-current", "true")
    reviewer.sees("Reopen").presses("Mark unread")
    expect(row.locator(".text")).to_have_css("font-weight", "650")

    if remote.variant == "newer":
        search.fill(several)
        expect(row).to_have_count(0)
    opens_queue_menu(reviewer)
    with reviewer.page.expect_download() as download:
        reviewer.page.get_by_role("link", name="Download CSV").click()
    assert f"{several} 1" in download.value.path().read_text(encoding="utf-8")
    closes_popover(reviewer)
    for number in range(2):
        item = reviewer.page.get_by_role("listitem").filter(has_text=f"{several} {number}")
        item.get_by_role("checkbox").check()
    presses_in_bar(reviewer, "Close").sees("Close 2 issues?")
    reviewer.page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    reviewer.sees("2 issues closed")
    for number in range(2):
        expect(reviewer.row(f"{several} {number}")).to_contain_text("Closed")
    reviewer.goes_to("Insights").sees("Insights aren't available on this server.").sees_not(
        "Try again"
    )


@pytest.mark.parametrize("remote", ["newer-strict"], indirect=True)
def test_reviewer_sees_the_names_of_reporters_and_projects(new_person, remote, words):
    with make_api_client(remote) as client:
        for text, is_anonymous in (("by name", False), ("unsigned", True)):
            report = make_variant(remote.variant, remote.api).make_new_issue(
                f"{words} {text}", anonymous=is_anonymous
            )
            client.create(report)
    reviewer = new_person(remote.portal).signed_in_as("reviewer").opens("/review")
    expect(reviewer.row(f"{words} by name")).to_contain_text("Sasha · Other")
    expect(reviewer.row(f"{words} unsigned")).to_contain_text("Anonymous · Other")
    reviewer.row(f"{words} by name").click()
    reviewer.sees("From Sasha").sees("Support")
    reviewer.page.reload()
    reviewer.sees("From Sasha").sees("Support")


@pytest.mark.parametrize("remote", ["newer"], indirect=True)
def test_issues_in_unknown_states_are_listed_counted_and_closed(new_person, remote, words):
    with make_api_client(remote) as client:
        client.create(make_variant(remote.variant, remote.api).make_new_issue(f"Park {words}"))
    reviewer = new_person(remote.portal).signed_in_as("reviewer").opens("/review?state=all")
    parked = reviewer.row(f"Park {words}")
    show_newer = reviewer.page.get_by_role("button", name=re.compile("^Show .* new$"))

    def shows_parked() -> bool:
        """The portal looks for unknown states meanwhile: the list has them now or as newer."""
        if show_newer.count():
            with suppress(Error):  # The button has disappeared.
                show_newer.click(timeout=1000)
        return parked.count() > 0

    reviewer.waits_until(shows_parked)
    expect(parked).to_contain_text("Parked")
    # Only the tab "All" has them, so it lists more issues than the other tabs together.
    page = reviewer.page
    tabs = [page.get_by_role("radio", name=re.compile(rf"^{tab} \d")) for tab in ("Open", "Closed")]
    by_tab = [read_number(tab) for tab in tabs]
    assert read_number(page.locator(".bulk-bar .count")) > sum(by_tab)
    parked.click()
    reviewer.presses("Close")
    expect(parked).to_contain_text("Closed")


def read_number(element: Locator) -> int:
    """Return the number in the name or text of an element."""
    expect(element).to_be_visible()
    return int(re.search(r"\d+", element.aria_snapshot())[0])


@pytest.mark.parametrize("remote", ["original"], indirect=True)
def test_issue_is_marked_as_read_once(new_person, remote, words):
    """Some servers do not send `is_read` with a single issue."""
    with make_api_client(remote) as client:
        issue = client.create(make_variant(remote.variant, remote.api).make_new_issue(words))
    reviewer = new_person(remote.portal).signed_in_as("reviewer").opens("/review")
    remote.api.clear_calls()
    reviewer.row(words).click()
    expect(reviewer.row(words).locator(".text")).to_have_css("font-weight", "400")
    sees_open(reviewer, issue).sees("From Sasha Patel")
    # The response has no type either: the page knows it from the list.
    expect(reviewer.page.get_by_role("combobox", name="Type")).to_have_value("Other")
    polls = "GET /issue?page=1&page_size=20"
    reviewer.waits_until(lambda: [str(call) for call in remote.api.calls].count(polls) >= 3)
    assert [call.method for call in remote.api.calls].count("PUT") == 1


def test_opening_an_issue_takes_few_rounds_of_calls(new_person, remote_api, tmp_path, words):
    """With independent calls at the same time, a slow connection is slow only twice."""
    api = remote_api("newer", latency=500)
    # The checks for changes would count as rounds.
    portal = start_portal("newer", api, tmp_path / "data", ISSUES_POLL_SECONDS="5")
    remote = RemotePortal("newer", portal, api)
    try:
        with make_api_client(remote) as client:
            for number in range(3):
                new = make_variant("newer", api).make_new_issue(f"{words} {number}")
                client.create(new)
        reviewer = new_person(portal).signed_in_as("reviewer").opens("/review")
        reviewer.row(f"{words} 0").click()
        reviewer.sees("From Sasha").settles()
        api.clear_calls()
        reviewer.row(f"{words} 1").click()
        expect(reviewer.page.locator(".st-key-opened .written")).to_contain_text(f"{words} 1")
        reviewer.settles()
        calls = [call for call in api.calls if call.responded_at]
        assert count_rounds(calls) <= 3
        assert len(calls) <= 12
        api.clear_calls()
        reviewer.waits_until(lambda: len(api.calls) == 2)
        assert not api.calls[0].overlaps(api.calls[1])  # Each poll sends one call.
    finally:
        portal.stop()


def count_rounds(calls: list[Call]) -> int:
    """Return the length of the longest chain in which each call waits for the one before."""
    rounds, responded_at = 0, 0.0
    for call in sorted(calls, key=lambda call: call.responded_at):
        if call.received_at >= responded_at:
            rounds, responded_at = rounds + 1, call.responded_at
    return rounds
