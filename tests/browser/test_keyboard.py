"""Keyboard shortcuts of the review queue."""

import re
from concurrent.futures import ThreadPoolExecutor

from playwright.sync_api import expect
from sqlalchemy import text

from issue_portal.models.vocabulary import IssueState, IssueType
from tests.browser.reviewing import colleague_client, open_queue, report_anonymously, sees_open

# Whether the page ignores this key: no script handles it as a shortcut.
PAGE_IGNORES_KEY = """key => {
  const press = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  return document.body.dispatchEvent(press);
}"""


def test_shortcuts_work_until_they_are_turned_off(new_person, portal, words):
    first, second, third = report_anonymously(
        portal, f"{words} one", f"{words} two", f"{words} three"
    )
    reviewer = open_queue(new_person, words)
    press = reviewer.page.keyboard.press
    press("/")
    expect(reviewer.page.get_by_role("searchbox", name="Search")).to_be_focused()
    press("j")  # In a text field, the key is typed.
    expect(reviewer.page.get_by_role("searchbox", name="Search")).to_have_value(f"{words}j")
    press("Backspace")
    press("Enter")  # The text field loses the focus.
    expect(reviewer.page.get_by_role("searchbox", name="Search")).not_to_be_focused()
    expect(reviewer.row(words)).to_have_count(3)
    expect(reviewer.page.get_by_role("searchbox", name="Search")).to_have_value(words)
    press("z")
    reviewer.sees("Nothing to undo")

    press("j")
    press("j")
    press("k")
    press("Enter")
    sees_open(reviewer, third)
    press("j")  # While an issue is open, the key opens the next issue.
    sees_open(reviewer, second)
    press("r")
    reviewer.sees(f"#{second.issue_number} moved to In review")
    expect(reviewer.row("two")).to_contain_text("In review")
    press("z")
    expect(reviewer.row("two")).to_contain_text("New")
    press("5")
    reviewer.sees(f"#{second.issue_number} changed to Other")
    expect(reviewer.row("two")).to_contain_text("Other")
    press("c")  # Opens the next issue, too.
    expect(reviewer.row("two")).to_contain_text("Closed")
    sees_open(reviewer, first)
    press("u")
    expect(reviewer.row("one").locator(".text")).to_have_css("font-weight", "650")
    expect(reviewer.page.locator(".st-key-opened")).to_have_count(0)
    press("n")  # Only this issue is unread.
    sees_open(reviewer, first)
    press("Escape")
    expect(reviewer.page.locator(".st-key-opened")).to_have_count(0)
    expect(reviewer.page).not_to_have_url(re.compile("issue="))
    reviewer.settles()
    press("x")
    reviewer.sees("1 selected")

    press("?")
    dialog = reviewer.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Keyboard shortcuts")
    dialog.get_by_text("Use these shortcuts").click()
    press("Escape")
    expect(dialog).to_have_count(0)
    # Wait until the shortcuts are off. Until then, the page handles this key even without an open
    # issue.
    reviewer.waits_until(lambda: reviewer.page.evaluate(PAGE_IGNORES_KEY, "u"))
    reviewer.row("one").click()
    sees_open(reviewer, first)
    press("?")
    press("c")
    # If the keys had an effect, the dialog would hide the row.
    reviewer.row("three").click()
    sees_open(reviewer, third)
    expect(reviewer.row("one")).to_contain_text("New")
    expect(dialog).to_have_count(0)
    with colleague_client(portal) as other:
        reviewer.waits_until(lambda: other.get(second.id).state == IssueState.CLOSED)
        assert other.get(second.id).type == IssueType.OTHER
        assert other.get(first.id).state == IssueState.NOT_REVIEWED


def test_fast_shortcuts_are_all_handled_once_and_in_order(new_person, portal, words):
    issues = report_anonymously(portal, *(f"{words} {number:02}" for number in range(23)))
    with colleague_client(portal) as other:
        other.update(issues[20], state=IssueState.CLOSED)
        reviewer = open_queue(new_person, words)
        reviewer.row(f"{words} 22").click()
        sees_open(reviewer, issues[22])
        # Close 22, 21, 20 (already closed: it stays open) and 3; each but 20 opens the next issue.
        # On the next page, close 2 and start to review 1. Return to 3.
        # Ten new reports that come in meanwhile are not in the list.
        with ThreadPoolExecutor() as pool:
            reports = pool.submit(
                report_anonymously, portal, *(f"{words} new {number}" for number in range(10))
            )
            reviewer.page.keyboard.type("ccc" + "j" * 17 + "ccrkk", delay=1000 / 15)
            reports.result()
        reviewer.sees("Show 10 new")
        reviewer.waits_until(lambda: other.get(issues[1].id).state == IssueState.IN_REVIEW)
        sees_open(reviewer, issues[3])
        expect(reviewer.page).not_to_have_url(re.compile("page=2"))
        states = {issue.id: other.get(issue.id).state for issue in issues}
    # Other keys turn the page, and go to another page of the portal.
    reviewer.page.keyboard.press("]")
    expect(reviewer.row(words)).to_have_count(3)
    expect(reviewer.page.locator(".st-key-opened")).to_have_count(0)
    reviewer.page.keyboard.press("[")
    expect(reviewer.row(words)).to_have_count(20)
    reviewer.settles()
    reviewer.page.keyboard.type("gt")
    expect(reviewer.page.get_by_role("heading", name="Track a report")).to_be_visible()
    closed = [issues[number].id for number in (22, 21, 3, 2)]
    assert {i for i in states if states[i] == IssueState.CLOSED} == {issues[20].id, *closed}
    assert {i for i in states if states[i] == IssueState.IN_REVIEW} == {issues[1].id}
    # Each key changed the state once, in the order of the keys.
    query = text("SELECT issue_id FROM history WHERE changes LIKE '%Closed%' ORDER BY rowid")
    with portal.database.read() as connection:
        assert [
            row.issue_id for row in connection.execute(query) if row.issue_id in closed
        ] == closed


# If a component's data changes during a call, Streamlit (1.67) calls the component again before it
# calls the cleanup function of the first call.
CALL_BEFORE_CLEANUP = """async () => {
  const path = "/_stcore/bidi-components/issue_portal.issue_list/issue_list.js";
  const { default: show } = await import(path);
  const host = document.body.appendChild(document.createElement("div"));
  const parentElement = host.attachShadow({ mode: "open" }).appendChild(host.cloneNode());
  const actions = ["close", "start"].map((name) => ({ name, label: name }));
  const bulk_menu = { actions, finished_action_count: 0, selected: "" };
  const shortcuts = { commands: { z: "undo" }, widgets: {} };
  const commandCounts = [];
  const call = () => show({
    data: [{ list: "a list", rows: [], bulk_menu, shortcuts }],
    parentElement,
    setStateValue: (_, commands) => commandCounts.push(commands.length),
  });
  const press = () => document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "z" }));
  const cleanUpFirst = call();
  const cleanUpSecond = call();
  cleanUpFirst();
  press();
  host.remove();
  cleanUpSecond();
  press();
  return commandCounts;
}"""


def test_shortcuts_work_until_the_list_is_removed(new_person):
    visitor = new_person().opens("/help")
    assert visitor.page.evaluate(CALL_BEFORE_CLEANUP) == [1]
