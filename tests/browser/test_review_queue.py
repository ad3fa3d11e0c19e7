"""The review queue: new issues, pages, scroll position, filters, counts."""

import re
from functools import partial

from playwright.sync_api import expect

from issue_portal.models.requests import NewIssue
from issue_portal.models.vocabulary import IssueState, IssueType, ResourceType
from tests.browser.reviewing import colleague_client, open_queue, report_anonymously


def test_new_issues_are_announced_and_shown_on_request(new_person, portal, words):
    _first, second = report_anonymously(portal, f"{words} one", f"{words} two")
    reviewer = open_queue(new_person, words)
    reviewer.row("one").click()
    reviewer.page.get_by_label("Select issue").first.check()
    reviewer.waits_until_a_second_after(second.created_at)
    report_anonymously(portal, f"{words} three", f"{words} four", f"{words} five")
    button = reviewer.page.get_by_role("button", name="Show 3 new")
    expect(button).to_be_visible(timeout=20_000)
    expect(reviewer.row(words)).to_have_count(2)
    expect(reviewer.row("one")).to_have_attribute("aria-current", "true")
    expect(reviewer.page.get_by_label("Select issue").first).to_be_checked()
    button.click()
    expect(reviewer.row(words)).to_have_count(5)
    expect(button).to_have_count(0)


def test_next_and_previous_issue_continue_on_the_neighbouring_page(new_person, portal, words):
    issues = report_anonymously(portal, *(f"{words} {number:02}" for number in range(22)))
    reviewer = open_queue(new_person, words)
    reviewer.row(f"{words} 02").click()
    reviewer.sees(f"Issue #{issues[2].issue_number}").presses("Next")
    reviewer.sees(f"Issue #{issues[1].issue_number}")
    expect(reviewer.page).to_have_url(re.compile(r"page=2"))
    expect(reviewer.row(words)).to_have_count(2)
    reviewer.presses("Previous").sees(f"Issue #{issues[2].issue_number}")
    expect(reviewer.row(words)).to_have_count(20)


def test_row_of_the_open_issue_stays_in_view(new_person, portal, words):
    issues = report_anonymously(portal, *(f"{words} {number:02}" for number in range(22)))
    phone_options = {"viewport": {"width": 390, "height": 700}, "has_touch": True}
    phone = new_person(**phone_options).signed_in_as("reviewer").opens(f"/review?q={words}")
    row = phone.row(f"{words} 08")
    row.click()
    expect(phone.page.get_by_role("button", name="Back to list")).to_be_in_viewport()
    phone.presses("Back to list")
    expect(row).to_be_in_viewport()
    phone.page.get_by_role("button", name="Page 2").click()
    expect(phone.row(words)).to_have_count(2)
    expect(phone.row(f"{words} 01")).to_be_in_viewport()
    phone.page.go_back()
    expect(phone.row(words)).to_have_count(20)

    reviewer = open_queue(new_person, words)
    reviewer.row(f"{words} 21").click()
    reviewer.page.keyboard.type("j" * 15)
    expect(reviewer.row(f"{words} 06")).to_have_attribute("aria-current", "true")
    expect(reviewer.row(f"{words} 06")).to_be_in_viewport()
    # The browser marks the row before the portal shows the issue.
    reviewer.sees(f"Issue #{issues[6].issue_number}").presses("Next")
    expect(reviewer.row(f"{words} 05")).to_have_attribute("aria-current", "true")
    expect(reviewer.row(f"{words} 05")).to_be_in_viewport(ratio=1)


def test_next_and_previous_work_after_an_issue_leaves_the_filter(new_person, portal, words):
    first, second, third = report_anonymously(
        portal, f"{words} one", f"{words} two", f"{words} three"
    )
    reviewer = open_queue(new_person, words, query="&state=NotReviewed")
    reviewer.row("two").click()
    reviewer.presses("Close").sees(f"#{second.issue_number} moved to Closed")
    expect(reviewer.row(words)).to_have_count(2)
    reviewer.page.keyboard.press("j")
    reviewer.sees(f"Issue #{first.issue_number}")
    reviewer.page.keyboard.press("k")
    reviewer.sees(f"Issue #{third.issue_number}").presses("Start review")
    reviewer.sees(f"#{third.issue_number} moved to In review")
    expect(reviewer.row(words)).to_have_count(1)
    reviewer.presses("Next").sees(f"Issue #{first.issue_number}")


def test_queue_has_counts_order_and_project_filter(new_person, portal, words):
    with colleague_client(portal) as other:
        *new, four = (
            NewIssue(
                description=f"{words} {name}",
                resource_type=ResourceType.THREAD,
                type=IssueType.OTHER,
                anonymous=False,
                project_id=f"project-{words}",
            )
            for name in ("one", "two", "three", "four")
        )
        first, _second, third = map(other.create, new)
        other.update(first, state=IssueState.CLOSED)
    reviewer = new_person().signed_in_as("reviewer").opens(f"/review?project=project-{words}")
    expect(reviewer.row(words)).to_have_count(3)
    reviewer.sees("2 new").sees("0 in review").sees("1 closed").sees("3 issues")
    reviewer.sees("More filters (1)")
    expect(reviewer.row(words).first).to_contain_text("three")
    reviewer.picks("Order", "Oldest first", multiple=False)
    expect(reviewer.row(words).first).to_contain_text("one")
    expect(reviewer.page).to_have_url(re.compile("order=ASC"))
    reviewer.presses("Closed").sees("1 issue").sees("2 new")
    expect(reviewer.row(words)).to_have_count(1)
    # Issues that arrive later are counted only in the button "Show 1 new".
    reviewer.presses("Clear filters").opens(f"/review?project=project-{words}").sees("3 issues")
    top = reviewer.page.locator(".st-key-queue").bounding_box()["y"]
    reviewer.waits_until_a_second_after(third.created_at)
    with colleague_client(portal) as other:
        other.create(four)
    reviewer.sees("Show 1 new").sees("3 issues").sees("2 new").sees("1 closed")
    assert reviewer.page.locator(".st-key-queue").bounding_box()["y"] == top
    reviewer.page.get_by_role("button", name="Show 1 new").click()
    reviewer.sees("4 issues").sees("3 new")
    # The filter offers the projects of existing issues.
    reviewer.presses("Clear filters").opens("/review").expands("More filters")
    reviewer.picks("Project", f"project-{words}").sees("4 issues").sees("More filters (1)")


def test_open_issue_disappears_if_a_colleague_deletes_it(new_person, portal, words):
    first, second = report_anonymously(portal, f"{words} one", f"{words} two")
    reviewer = open_queue(new_person, words)
    reviewer.row("one").click()
    reviewer.sees("Mark unread")
    gone = reviewer.page.get_by_text("This issue was deleted or doesn't exist.")
    with colleague_client(portal) as other:
        other.delete(first.id)
        expect(gone).to_be_visible(timeout=20_000)
        expect(reviewer.row(words)).to_have_count(1)
        # An issue that the list does not contain.
        reviewer.opens(f"/review?state=Closed&issue={second.id}").sees("Mark unread")
        other.delete(second.id)
        expect(gone).to_be_visible(timeout=20_000)


def test_issue_stays_open_if_the_browser_gets_its_url_late(new_person, portal, words):
    """Regression: a check for changes had the URL of before, and its rerun closed the issue."""
    _first, issue = report_anonymously(portal, f"{words} one", f"{words} two")
    reviewer = new_person().signed_in_as("reviewer")
    sent, held = [], []
    is_holding = False

    def connect(browser) -> None:
        server = browser.connect_to_server()
        browser.on_message(lambda message: (sent.append(message), server.send(message)))
        server.on_message(
            lambda message: (
                held.append(partial(browser.send, message)) if is_holding else browser.send(message)
            )
        )

    reviewer.page.route_web_socket("**/_stcore/stream", connect)
    reviewer.opens(f"/review?q={words}")
    expect(reviewer.row(words)).to_have_count(2)
    is_holding = True
    del sent[:]
    reviewer.row(f"{words} two").click()
    report_anonymously(portal, f"{words} three")
    reviewer.waits_until(lambda: len(sent) >= 3)  # The click, and two checks for changes.
    is_holding = False
    for send in held:
        send()
    reviewer.sees("Show 1 new").sees(f"Issue #{issue.issue_number}")
