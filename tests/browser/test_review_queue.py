"""The review queue: new issues, pages, scroll position, filters, counts."""

import re
from functools import partial

from playwright.sync_api import expect

from issue_portal.models.requests import NewIssue
from issue_portal.models.vocabulary import IssueState, IssueType, ResourceType
from tests.browser.reviewing import (
    chooses_tab,
    closes_popover,
    colleague_client,
    open_queue,
    opens_filters,
    opens_queue_menu,
    report_anonymously,
    sees_counts,
    sees_open,
)

# Returns where the first row begins, and how many rows are visible from top to bottom.
MEASURE_ROWS = """() => {
  const list = document.querySelector(".st-key-list");
  const end = Math.min(innerHeight, list.getBoundingClientRect().bottom);
  const root = [...list.querySelectorAll("*")].find((node) => node.shadowRoot)?.shadowRoot ?? list;
  const rows = [...root.querySelectorAll("li")].map((row) => row.getBoundingClientRect());
  return [rows[0].top, rows.filter(({ top, bottom }) => top >= 0 && bottom <= end).length];
}"""


def assert_rows_fit(person, *, first_row_at_most: int, rows_at_least: int) -> None:
    """Check how much of the window the rows of the queue have."""
    person.waits_until_drawn()
    top, count = person.page.evaluate(MEASURE_ROWS)
    assert top <= first_row_at_most
    assert count >= rows_at_least


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
    sees_open(reviewer, issues[2]).presses("Next")
    sees_open(reviewer, issues[1]).sees("21 of 22")
    expect(reviewer.page).to_have_url(re.compile(r"page=2"))
    expect(reviewer.row(words)).to_have_count(2)
    sees_open(reviewer.presses("Previous"), issues[2]).sees("20 of 22")
    expect(reviewer.row(words)).to_have_count(20)


def test_row_of_the_open_issue_stays_in_view(new_person, portal, words):
    issues = report_anonymously(portal, *(f"{words} {number:02}" for number in range(22)))
    phone_options = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
    phone = open_queue(lambda: new_person(**phone_options), words)
    assert_rows_fit(phone, first_row_at_most=200, rows_at_least=9)
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
    reviewer.page.set_viewport_size({"width": 1280, "height": 860})
    assert_rows_fit(reviewer, first_row_at_most=180, rows_at_least=14)
    reviewer.row(f"{words} 21").click()
    reviewer.page.keyboard.type("j" * 15)
    expect(reviewer.row(f"{words} 06")).to_have_attribute("aria-current", "true")
    expect(reviewer.row(f"{words} 06")).to_be_in_viewport()
    # The browser marks the row before the portal shows the issue.
    sees_open(reviewer, issues[6]).presses("Next")
    expect(reviewer.row(f"{words} 05")).to_have_attribute("aria-current", "true")
    expect(reviewer.row(f"{words} 05")).to_be_in_viewport(ratio=1)


def test_closing_opens_the_next_issue(new_person, portal, words):
    issues = report_anonymously(portal, *(f"{words} {number:02}" for number in range(20)))
    reviewer = open_queue(new_person, words, query="")
    # By keyboard, without a pause: two keys open the first issue, and one closes each.
    reviewer.page.keyboard.press("j")
    reviewer.page.keyboard.press("Enter")
    reviewer.page.keyboard.type("c" * 10)
    expect(reviewer.row(words)).to_have_count(10)
    sees_open(reviewer, issues[9])
    # By mouse: one click opens the first issue, and one closes each.
    reviewer.presses("Back to list")
    expect(reviewer.page.locator(".st-key-opened")).to_have_count(0)
    reviewer.row(f"{words} 09").click()
    for issue in reversed(issues[:10]):
        sees_open(reviewer, issue).presses("Close")
    expect(reviewer.row(words)).to_have_count(0)
    reviewer.sees("No matching issues")
    with colleague_client(portal) as other:
        assert {other.get(issue.id).state for issue in issues} == {IssueState.CLOSED}


def test_next_and_previous_work_after_an_issue_leaves_the_filter(new_person, portal, words):
    first, second, third = report_anonymously(
        portal, f"{words} one", f"{words} two", f"{words} three"
    )
    reviewer = open_queue(new_person, words, query="&state=NotReviewed")
    opens_queue_menu(reviewer).page.get_by_text("Open the next issue after closing one").click()
    reviewer.waits_until(lambda: reviewer.has_cookie("issue_portal_preferences"))
    closes_popover(reviewer).row("two").click()
    sees_open(reviewer, second).presses("Close").sees(f"#{second.issue_number} closed")
    expect(reviewer.row(words)).to_have_count(2)
    sees_open(reviewer, second).page.keyboard.press("j")
    sees_open(reviewer, first).page.keyboard.press("k")
    sees_open(reviewer, third).presses("Start review")
    reviewer.sees(f"#{third.issue_number} moved to In review")
    expect(reviewer.row(words)).to_have_count(1)
    sees_open(reviewer.presses("Next"), first)


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
    reviewer = new_person().signed_in_as("reviewer")
    reviewer.opens(f"/review?project=project-{words}&state=all")
    expect(reviewer.row(words)).to_have_count(3)
    sees_counts(reviewer, open=2, new=2, in_review=0, closed=1).sees("3 issues")
    reviewer.sees(f"Project: project-{words}")
    expect(reviewer.row(words).first).to_contain_text("three")
    reviewer.presses("Newest")
    expect(reviewer.row(words).first).to_contain_text("one")
    expect(reviewer.page).to_have_url(re.compile("order=ASC"))
    sees_counts(chooses_tab(reviewer, "Closed").sees("1 issue"), new=2)
    expect(reviewer.row(words)).to_have_count(1)
    # Issues that arrive later are counted only in the button "Show 1 new".
    chooses_tab(reviewer.presses("Oldest"), "All").sees("3 issues")
    expect(reviewer.page).not_to_have_url(re.compile("order="))
    top = reviewer.page.locator(".st-key-queue").bounding_box()["y"]
    reviewer.waits_until_a_second_after(third.created_at)
    with colleague_client(portal) as other:
        other.create(four)
    sees_counts(reviewer.sees("Show 1 new").sees("3 issues"), new=2, closed=1)
    assert reviewer.page.locator(".st-key-queue").bounding_box()["y"] == top
    reviewer.page.get_by_role("button", name="Show 1 new").click()
    sees_counts(reviewer.sees("4 issues"), open=3, new=3)
    # A chip removes its filter. The filter offers the projects of existing issues.
    reviewer.presses(f"Project: project-{words}")
    expect(reviewer.page.locator(".st-key-chips")).to_have_count(0)
    expect(reviewer.page).not_to_have_url(re.compile("project="))
    opens_filters(reviewer).picks("Project", f"project-{words}").sees("4 issues")
    closes_popover(reviewer).sees(f"Project: project-{words}")


def test_filter_chosen_in_the_popover_is_removed_by_its_chip_for_good(new_person, portal, words):
    report_anonymously(portal, words)
    reviewer = open_queue(new_person, words)
    page = reviewer.page
    page.locator(".st-key-filter_menu button").click()
    # A person who is faster than the portal keeps what was typed.
    field = page.get_by_role("combobox", name="Type of problem")
    field.fill("format")
    reviewer.settles()
    expect(field).to_have_value("format")
    expect(page.get_by_role("option")).to_have_text(["Poor formatting"])
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile("kind=Format"))
    # Values of the URL are in the filter when it opens, and removed ones are not.
    closes_popover(reviewer).page.reload()
    opens_filters(reviewer).picks("Type of problem", "No answer")
    expect(page).to_have_url(re.compile("kind=Format%2CNoAnswer"))
    closes_popover(reviewer).presses("Type of problem: Poor formatting +1")
    expect(page).not_to_have_url(re.compile("kind="))
    opens_filters(chooses_tab(reviewer, "New")).picks("Type of problem", "Other")
    expect(page).to_have_url(re.compile("kind=Other"))


def test_open_issue_shows_that_a_colleague_has_deleted_it(new_person, portal, words):
    first, second = report_anonymously(portal, f"{words} one", f"{words} two")
    reviewer = open_queue(new_person, words)
    reviewer.row("one").click()
    reviewer.sees("Mark unread")
    deleted = reviewer.page.get_by_text("Deleted by Colleague")
    with colleague_client(portal) as other:
        other.delete(first.id)
        expect(deleted).to_be_visible(timeout=20_000)
        expect(reviewer.row(words)).to_have_count(1)
        # An issue that the list does not contain.
        reviewer.opens(f"/review?state=Closed&issue={second.id}").sees("Mark unread")
        other.delete(second.id)
        expect(deleted).to_be_visible(timeout=20_000)
        reviewer.presses("Restore").sees(f"#{second.issue_number} restored").sees("Mark unread")
        assert other.get(second.id).state == IssueState.NOT_REVIEWED


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
    sees_open(reviewer.sees("Show 1 new"), issue)
