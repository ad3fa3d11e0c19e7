"""What a reviewer lives with: many issues, few keys, second thoughts and other reviewers."""

import csv
import json
import re
import sqlite3
import uuid

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from issue_portal.client.errors import NotFoundError
from issue_portal.models.requests import IssueQuery, NewIssue, ThreadConfig
from issue_portal.models.vocabulary import IssueState, IssueType, ResourceType, Role
from tests.servers.installation import portal_server


@pytest.fixture
def words() -> str:
    """A word that no other test writes."""
    return f"mark{uuid.uuid4().hex[:10]}"


def report(server, *texts, thread=""):
    """Anonymous reports, in this order."""
    with server.client(server.guest_token()) as client:
        return [
            client.create(
                NewIssue(
                    description=text,
                    resource_type=ResourceType.THREAD,
                    type=IssueType.FORMAT,
                    anonymous=True,
                    config=ThreadConfig(thread_id=thread, reported_interaction_id="a b")
                    if thread
                    else None,
                )
            )
            for text in texts
        ]


def colleague(server):
    """Another reviewer, at the API."""
    return server.client(server.token("Colleague", Role.ADMIN))


def queue(people, words, *, server=None, query=""):
    person = people(server) if server else people()
    person.opens(f"/review?q={words}{query}").signs_in("reviewer")
    expect(person.row(words).first).to_be_visible()
    return person


def test_change_waits_can_be_undone_and_is_made(people, portal, words):
    (issue,) = report(portal, words)
    reviewer = queue(people, words)
    reviewer.row(words).click()
    with colleague(portal) as other:
        reviewer.presses("Close issue").sees("Moving #")
        expect(reviewer.row(words)).to_contain_text("Closed")
        reviewer.presses("Undo").sees("Undone")
        expect(reviewer.row(words)).to_contain_text("New")
        assert other.get(issue.id).state == IssueState.NOT_REVIEWED
        assert len(other.history(issue.id).data) == 2  # Reported and read: nothing to undo.

        # Another tab, as the same one after a reload, shows it as made, and can undo it.
        tab = people()
        tab.context.add_cookies(reviewer.context.cookies())
        tab.opens(f"/review?q={words}")
        reviewer.presses("Start review").sees("Moving #")
        tab.row(words).click()
        tab.sees("Moving #")
        expect(tab.row(words)).to_contain_text("In review")
        tab.presses("Undo").sees("Undone")
        expect(tab.row(words)).to_contain_text("New")
        reviewer.sees_not("Moving #")
        expect(reviewer.row(words)).to_contain_text("New")

        reviewer.presses("Start review").sees("Moving #")
        reviewer.page.close()  # What was asked for is done all the same.
        tab.waits_until(lambda: other.get(issue.id).state == IssueState.IN_REVIEW)


def test_next_change_makes_the_one_before_and_deleting_can_be_undone(people, portal, words):
    first, second = report(portal, f"{words} one", f"{words} two")
    reviewer = queue(people, words)
    reviewer.row("one").click()
    reviewer.sees(f"Issue #{first.issue_number}").presses("Start review").sees("Moving #")
    reviewer.row("two").click()
    reviewer.sees(f"Issue #{second.issue_number}").presses("Delete")
    expect(reviewer.row("two")).to_have_count(0)
    with colleague(portal) as other:
        assert other.get(first.id).state == IssueState.IN_REVIEW
        reviewer.presses("Undo").sees("Undone")
        expect(reviewer.row("two")).to_have_count(1)
        reviewer.row("two").click()
        reviewer.presses("Delete").sees(f"#{second.issue_number} deleted")
        with pytest.raises(NotFoundError):
            other.get(second.id)


def test_what_another_reviewer_changed_is_shown_and_not_overwritten(people, portal, words):
    (issue,) = report(portal, words)
    reviewer = queue(people, words)
    reviewer.row(words).click()
    reviewer.sees("Mark unread")
    with colleague(portal) as other:
        other.update(other.get(issue.id), state=IssueState.CLOSED, type=IssueType.OTHER)
        reviewer.presses("Start review").sees(f"Colleague just changed #{issue.issue_number}")
        conflict = reviewer.page.locator(".st-key-conflict")
        seen, now = conflict.get_by_test_id("stColumn").all()
        for column, *shown in (
            (seen, "Version you saw", "New", "Poor formatting"),
            (now, "Current version", "Closed", "Other"),
        ):
            for text in shown:
                expect(column).to_contain_text(text)
        reviewer.presses("Keep current").sees_not("Version you saw")
        assert other.get(issue.id).state == IssueState.CLOSED

        other.update(other.get(issue.id), type=IssueType.NO_ANSWER)
        reviewer.presses("Reopen")
        reviewer.presses("Move to In review anyway")
        reviewer.waits_until(lambda: other.get(issue.id).state == IssueState.IN_REVIEW)
        assert other.get(issue.id).type == IssueType.NO_ANSWER


def test_conflict_while_a_change_waits_is_shown_wherever_one_is(people, portal, words):
    issue, _other = report(portal, f"{words} one", f"{words} two")
    reviewer = queue(people, words)
    reviewer.row("one").click()
    reviewer.sees(f"Issue #{issue.issue_number}").presses("Start review").sees("Moving #")
    with colleague(portal) as other:
        other.update(other.get(issue.id), state=IssueState.CLOSED)
        reviewer.row("two").click()
        reviewer.sees(f"Colleague just changed #{issue.issue_number}")
        reviewer.sees("Version you saw").sees("Current version").sees_not("We couldn't save")
        assert other.get(issue.id).state == IssueState.CLOSED
        reviewer.presses("Move to In review anyway").sees("Moving #")
        reviewer.sees_not("Version you saw")
        reviewer.waits_until(lambda: other.get(issue.id).state == IssueState.IN_REVIEW)


def test_queue_keeps_still_and_tells_what_is_new(people, portal, words):
    _one, two = report(portal, f"{words} one", f"{words} two")
    reviewer = queue(people, words)
    reviewer.row("one").click()
    reviewer.page.get_by_label("Select issue").first.check()
    reviewer.waits_for_the_second_after(two.created_at)
    report(portal, f"{words} three", f"{words} four", f"{words} five")
    button = reviewer.page.get_by_role("button", name="Show 3 new")
    expect(button).to_be_visible(timeout=20_000)
    expect(reviewer.row(words)).to_have_count(2)
    expect(reviewer.row("one")).to_have_attribute("aria-current", "true")
    expect(reviewer.page.get_by_label("Select issue").first).to_be_checked()
    button.click()
    expect(reviewer.row(words)).to_have_count(5)
    expect(button).to_have_count(0)


def test_several_at_once(people, portal, words):
    one, two, three = report(portal, f"{words} one", f"{words} two", f"{words} three")
    reviewer = queue(people, words)
    every = reviewer.page.get_by_label("Select all on this page")
    dialog = reviewer.page.get_by_role("dialog")
    for action, done in (
        ("Mark read", "3 issues marked as read"),
        ("Mark unread", "3 issues marked as unread"),
        ("Start review", "3 issues moved to In review"),
    ):
        every.check()
        reviewer.sees("3 selected").presses(action)
        if action == "Start review":
            # Asked first; whoever thinks better of it has the same selected still.
            dialog.get_by_text("Start reviewing 3 issues?").wait_for()
            dialog.get_by_role("button", name="Cancel").click()
            expect(dialog).to_have_count(0)
            reviewer.sees("3 selected").presses(action)
            dialog.get_by_role("button", name=action).click()
        reviewer.sees(done).sees_not("3 selected")
        expect(dialog).to_have_count(0)
        reviewer.settles()
    with colleague(portal) as other:
        states = {other.get(each.id).state for each in (one, two, three)}
        assert states == {IssueState.IN_REVIEW}

    with colleague(portal) as other:
        other.update(other.get(one.id), state=IssueState.CLOSED)
        every.check()
        other.delete(two.id)
    # What cannot be done is told, with the reason; the rest is done.
    reviewer.presses("Start review")
    dialog.get_by_role("button", name="Start review").click()
    reviewer.sees("1 issue moved to In review").sees("2 issues weren't changed:")
    expect(dialog).to_contain_text(f"#{one.issue_number}: Already closed.")
    expect(dialog).to_contain_text(f"#{two.issue_number}: Already deleted.")
    # Whoever works here meanwhile does not take it away.
    report(portal, f"{words} four")
    reviewer.sees("Show 1 new")
    expect(dialog).to_contain_text(f"#{one.issue_number}: Already closed.")
    dialog.get_by_role("button", name="Close", exact=True).last.click()
    expect(dialog).to_have_count(0)

    expect(reviewer.row(words)).to_have_count(2)
    every.check()
    reviewer.presses("Delete").sees("Delete 2 issues?")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    reviewer.sees("2 issues deleted").sees("No matching issues")
    # Of what is deleted, nothing is offered.
    reviewer.presses("Clear filters").opens(f"/review?q={words}&state=Deleted")
    expect(reviewer.row(words)).to_have_count(3)
    expect(reviewer.page.get_by_label("Select issue")).to_have_count(0)
    expect(every).to_have_count(0)


def test_all_pages_at_once(people, portal, words):
    issues = report(portal, *(f"{words} {number}" for number in range(23)))
    reviewer = queue(people, words)
    reviewer.page.get_by_label("Select all on this page").check()
    reviewer.presses("Select all 23").sees("All 23 selected")
    reviewer.presses("Close").sees("Close 23 issues?")
    reviewer.page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    reviewer.sees("23 issues closed")
    with colleague(portal) as other:
        query = IssueQuery(filter_by_text=words, states=(IssueState.CLOSED,), page_size=1)
        assert other.list(query).total_count == len(issues)


# Whether no script of the page takes this key for a shortcut.
KEY_IS_LEFT_TO_THE_PAGE = """key => {
  const press = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  return document.body.dispatchEvent(press);
}"""


def test_keyboard_alone(people, portal, words):
    one, two, three = report(portal, f"{words} one", f"{words} two", f"{words} three")
    reviewer = queue(people, words)
    press = reviewer.page.keyboard.press
    press("/")
    expect(reviewer.page.get_by_role("searchbox", name="Search")).to_be_focused()
    press("j")  # Is typed.
    expect(reviewer.page.get_by_role("searchbox", name="Search")).to_have_value(f"{words}j")
    press("Backspace")
    press("Enter")  # So the next keys are not typed.
    expect(reviewer.page.get_by_role("searchbox", name="Search")).not_to_be_focused()
    expect(reviewer.row(words)).to_have_count(3)
    expect(reviewer.page.get_by_role("searchbox", name="Search")).to_have_value(words)
    press("z")
    reviewer.sees("Nothing to undo")

    press("j")
    press("j")
    press("k")
    press("Enter")
    reviewer.sees(f"Issue #{three.issue_number}")
    press("j")  # With an issue open, the next one opens.
    reviewer.sees(f"Issue #{two.issue_number}")
    press("r")
    expect(reviewer.row("two")).to_contain_text("In review")
    press("z")
    expect(reviewer.row("two")).to_contain_text("New")
    press("c")
    expect(reviewer.row("two")).to_contain_text("Closed")
    press("j")
    reviewer.sees(f"Issue #{one.issue_number}")
    press("u")
    expect(reviewer.row("one").locator(".text")).to_have_css("font-weight", "700")
    reviewer.settles()
    press("x")
    reviewer.sees("1 selected")

    press("?")
    dialog = reviewer.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Keyboard shortcuts")
    dialog.get_by_text("Use these shortcuts").click()
    press("Escape")
    expect(dialog).to_have_count(0)
    # Without an open issue, this key does nothing in either case.
    reviewer.waits_until(lambda: reviewer.page.evaluate(KEY_IS_LEFT_TO_THE_PAGE, "u"))
    reviewer.row("one").click()
    reviewer.sees(f"Issue #{one.issue_number}")
    press("?")
    press("c")
    # Requests are handled in their order, and the dialog would hide the row.
    reviewer.row("three").click()
    reviewer.sees(f"Issue #{three.issue_number}")
    expect(reviewer.row("one")).to_contain_text("New")
    expect(dialog).to_have_count(0)
    with colleague(portal) as other:
        reviewer.waits_until(lambda: other.get(two.id).state == IssueState.CLOSED)
        assert other.get(one.id).state == IssueState.NOT_REVIEWED


def test_no_key_is_lost_however_fast_one_types(people, portal, words):
    issues = report(portal, *(f"{words} {number:02}" for number in range(23)))
    with colleague(portal) as other:
        other.update(issues[20], state=IssueState.CLOSED)
        reviewer = queue(people, words)
        reviewer.row(f"{words} 22").click()
        reviewer.sees(f"Issue #{issues[22].issue_number}")
        # Over the end of the page, and back.
        reviewer.page.keyboard.type("cjcjcj" + "j" * 16 + "cjcjrkk")
        reviewer.waits_until(lambda: other.get(issues[1].id).state == IssueState.IN_REVIEW)
        reviewer.sees(f"Issue #{issues[3].issue_number}")
        expect(reviewer.page).not_to_have_url(re.compile("page=2"))
        states = {issue.id: other.get(issue.id).state for issue in issues}
    closed = [issues[number].id for number in (22, 21, 3, 2)]
    assert {i for i in states if states[i] == IssueState.CLOSED} == {issues[20].id, *closed}
    assert {i for i in states if states[i] == IssueState.IN_REVIEW} == {issues[1].id}
    # In the order of the keys, and each once.
    order = text("SELECT issue_id FROM history WHERE changes LIKE '%Closed%' ORDER BY rowid")
    with portal.database.read() as connection:
        assert [
            row.issue_id for row in connection.execute(order) if row.issue_id in closed
        ] == closed


# If a component's data changes while Streamlit (1.67) calls it, it is called again; then what the
# call before returned is called, as if the component had gone.
OVERTAKEN = """async () => {
  const path = "/_stcore/bidi-components/issue_portal.issue_list/issue_list.js";
  const { default: show } = await import(path);
  const host = document.body.appendChild(document.createElement("div"));
  const parentElement = host.attachShadow({ mode: "open" }).appendChild(host.cloneNode());
  const several = { actions: [], done: 0, some: "" };
  const keys = { asks: { z: "undo" }, presses: {} };
  const asked = [];
  const call = () => show({
    data: { list: "a list", rows: [], several, keys },
    parentElement,
    setStateValue: (_, requests) => asked.push(requests.length),
  });
  const press = () => document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "z" }));
  const first = call();
  const second = call();
  first();
  press();
  host.remove();
  second();
  press();
  return asked;
}"""


def test_keys_are_heard_until_the_list_is_gone(people):
    visitor = people().opens("/help")
    assert visitor.page.evaluate(OVERTAKEN) == [1]


def test_next_and_previous_turn_the_page(people, portal, words):
    issues = report(portal, *(f"{words} {number:02}" for number in range(22)))
    reviewer = queue(people, words)
    reviewer.row(f"{words} 02").click()
    reviewer.sees(f"Issue #{issues[2].issue_number}").presses("Next")
    reviewer.sees(f"Issue #{issues[1].issue_number}")
    expect(reviewer.page).to_have_url(re.compile(r"page=2"))
    expect(reviewer.row(words)).to_have_count(2)
    reviewer.presses("Previous").sees(f"Issue #{issues[2].issue_number}")
    expect(reviewer.row(words)).to_have_count(20)


def test_one_sees_what_one_opened_and_comes_back_to_where_one_was(people, portal, words):
    report(portal, *(f"{words} {number:02}" for number in range(22)))
    look = {"viewport": {"width": 390, "height": 700}, "has_touch": True}
    phone = people(**look).opens(f"/review?q={words}").signs_in("reviewer")
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

    reviewer = queue(people, words)
    reviewer.row(f"{words} 21").click()
    reviewer.page.keyboard.type("j" * 15)
    expect(reviewer.row(f"{words} 06")).to_have_attribute("aria-current", "true")
    expect(reviewer.row(f"{words} 06")).to_be_in_viewport()
    reviewer.settles()  # The row is marked at once, the issue beside it comes later.
    reviewer.presses("Next")
    expect(reviewer.row(f"{words} 05")).to_have_attribute("aria-current", "true")
    expect(reviewer.row(f"{words} 05")).to_be_in_viewport(ratio=1)


def test_what_leaves_the_filter_keeps_its_place_for_next(people, portal, words):
    one, two, three = report(portal, f"{words} one", f"{words} two", f"{words} three")
    reviewer = queue(people, words, query="&state=NotReviewed")
    reviewer.row("two").click()
    reviewer.presses("Close issue").sees(f"#{two.issue_number} moved to Closed")
    expect(reviewer.row(words)).to_have_count(2)
    reviewer.page.keyboard.press("j")
    reviewer.sees(f"Issue #{one.issue_number}")
    reviewer.page.keyboard.press("k")
    reviewer.sees(f"Issue #{three.issue_number}").presses("Start review")
    reviewer.sees(f"#{three.issue_number} moved to In review")
    expect(reviewer.row(words)).to_have_count(1)
    reviewer.presses("Next").sees(f"Issue #{one.issue_number}")


def test_counts_order_and_project(people, portal, words):
    with colleague(portal) as other:
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
        one, _two, three = map(other.create, new)
        other.update(one, state=IssueState.CLOSED)
    reviewer = people().opens(f"/review?project=project-{words}").signs_in("reviewer")
    expect(reviewer.row(words)).to_have_count(3)
    reviewer.sees("2 new").sees("0 in review").sees("1 closed").sees("3 issues")
    reviewer.sees("More filters (1)")
    expect(reviewer.row(words).first).to_contain_text("three")
    reviewer.picks("Order", "Oldest first", several=False)
    expect(reviewer.row(words).first).to_contain_text("one")
    expect(reviewer.page).to_have_url(re.compile("order=ASC"))
    reviewer.presses("Closed").sees("1 issue").sees("2 new")
    expect(reviewer.row(words)).to_have_count(1)
    # What is new is told in a place of its own, and is in none of the other numbers.
    reviewer.presses("Clear filters").opens(f"/review?project=project-{words}").sees("3 issues")
    top = reviewer.page.locator(".st-key-queue").bounding_box()["y"]
    reviewer.waits_for_the_second_after(three.created_at)
    with colleague(portal) as other:
        other.create(four)
    reviewer.sees("Show 1 new").sees("3 issues").sees("2 new").sees("1 closed")
    assert reviewer.page.locator(".st-key-queue").bounding_box()["y"] == top
    reviewer.page.get_by_role("button", name="Show 1 new").click()
    reviewer.sees("4 issues").sees("3 new")
    # The projects that are there can be chosen.
    reviewer.presses("Clear filters").opens("/review").unfolds("More filters")
    reviewer.picks("Project", f"project-{words}").sees("4 issues").sees("More filters (1)")


def test_download_of_what_is_filtered(people, portal, words):
    report(portal, *(f"={words} {number}" for number in range(25)))
    report(portal, "another one")
    reviewer = queue(people, words)
    with reviewer.page.expect_download() as download:
        reviewer.page.get_by_role("link", name="Download CSV").click()
    # With the mark by which Excel knows the encoding.
    assert download.value.path().read_bytes().startswith(b"\xef\xbb\xbf")
    with download.value.path().open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [row["description"] for row in rows] == [f"'={words} {n}" for n in reversed(range(25))]
    with reviewer.page.expect_download() as download:
        reviewer.page.get_by_role("link", name="JSONL").click()
    with download.value.path().open() as file:
        lines = [json.loads(line) for line in file]
    assert [line["description"] for line in lines] == [f"={words} {n}" for n in reversed(range(25))]
    assert lines[0]["created_by"] is None


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_download_is_for_those_who_may(people, portal, words, form):
    report(portal, words)
    stranger = people().context.request
    assert stranger.get(f"{portal.url}/issues.{form}").status == 401
    member = people().opens("/sign_in").signs_in("member").context.request
    answer = member.get(f"{portal.url}/issues.{form}?filter_by_text={words}")
    assert answer.status == 200
    assert words not in answer.text()
    assert member.get(f"{portal.url}/issues.{form}?states=Deleted").status == 403
    assert member.get(f"{portal.url}/issues.{form}?states=Nonsense").status == 400
    for page in ("before=x", "last=1_0", "last=1&last=2", "first=1&after=x"):
        assert member.get(f"{portal.url}/issues.{form}?{page}&filter_by_text=x").status == 200
    assert member.get(f"{portal.url}/issues.xls").status == 404


def test_similar_issues_are_beside_the_opened_one(people, portal, words):
    _first, second, _other = report(
        portal,
        f"The {words} answer ignored paragraph seven of the warranty terms",
        f"An answer about {words} has ignored the warranty terms",
        f"Nothing at all in common but {words}",
    )
    reviewer = queue(people, words)
    reviewer.row("paragraph seven").click()
    reviewer.sees("Similar issues")
    similar = reviewer.page.locator(".st-key-similar button[data-issue]")
    expect(similar).to_have_count(1)
    similar.click()
    expect(reviewer.page.locator(".st-key-opened h3")).to_have_text(f"Issue #{second.issue_number}")


def test_link_into_the_chat_product(people, tmp_path):
    server = portal_server(
        tmp_path / "data", ISSUES_THREAD_URL="https://chat.example.com/t/{thread}?at={interaction}"
    ).start()
    try:
        report(server, "With a thread", thread="../x?y=1")
        reviewer = queue(people, "With", server=server)
        reviewer.row("With a thread").click()
        expect(reviewer.page.get_by_role("link", name="Open conversation")).to_have_attribute(
            "href", "https://chat.example.com/t/..%2Fx%3Fy%3D1?at=a%20b"
        )
    finally:
        server.stop()


def test_what_waits_is_made_when_the_portal_stops(people, tmp_path):
    server = portal_server(tmp_path / "data").start()
    try:
        (issue,) = report(server, "Started just before the end")
        reviewer = queue(people, "Started", server=server)
        reviewer.row("Started").click()
        reviewer.presses("Start review").sees("Moving #")
        server.stop()
        # What one reads meanwhile is not for programmers.
        reviewer.sees("Can't reach the portal.")
        expect(reviewer.page.get_by_text("Connection error")).to_be_attached()
        expect(reviewer.page.get_by_text("Connection error")).to_be_hidden()
        server.start()
        note = reviewer.page.get_by_text("Can't reach the portal.")
        expect(note).to_have_count(0, timeout=30_000)
        with colleague(server) as other:
            assert other.get(issue.id).state == IssueState.IN_REVIEW
    finally:
        server.stop()


def test_issue_can_be_read_when_nothing_can_be_written(people, tmp_path):
    server = portal_server(tmp_path / "data").start()
    try:
        report(server, "The last one that found room")
        reviewer = queue(people, "room", server=server)
        with sqlite3.connect(server.data_dir / "issues.db") as database:
            database.execute(
                "CREATE TRIGGER full BEFORE UPDATE ON issues"
                " BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END"
            )
        reviewer.row("room").click()
        expect(reviewer.page.locator(".st-key-opened .written")).to_have_text(
            "The last one that found room"
        )
        reviewer.presses("Start review").sees("couldn't save")
    finally:
        server.stop()


def test_opened_issue_that_another_reviewer_deletes_is_gone_by_itself(people, portal, words):
    one, _two = report(portal, f"{words} one", f"{words} two")
    reviewer = queue(people, words)
    reviewer.row("one").click()
    reviewer.sees("Mark unread")
    with colleague(portal) as other:
        other.delete(one.id)
    expect(reviewer.page.get_by_text("This issue was deleted or doesn't exist.")).to_be_visible(
        timeout=20_000
    )
    expect(reviewer.row(words)).to_have_count(1)


def test_insights_lead_to_the_queue(people, portal, words):
    with portal.client(portal.token("Morgan")) as client:
        # Only projects with the most issues have a bar.
        for text, project in (*[(f"{words} one", words)] * 3, (f"{words} two", "")):
            client.create(
                NewIssue(
                    description=text,
                    resource_type=ResourceType.THREAD,
                    type=IssueType.FORMAT,
                    anonymous=False,
                    project_id=project or None,
                )
            )
    reviewer = people().opens("/insights").signs_in("reviewer")
    page = reviewer.page
    page.get_by_role("radio", name="90 days").click()
    expect(page).to_have_url(re.compile("period=90"))
    chart = page.get_by_label("Number of issues by project", exact=True)
    chart.locator(f'path[aria-label*="{words}"]').click()
    expect(page.get_by_role("heading", name="Review", level=1)).to_be_visible()
    expect(reviewer.row(f"{words} one")).to_have_count(3)
    expect(reviewer.row(f"{words} two")).to_have_count(0)

    page.go_back()
    expect(page.get_by_role("radio", name="90 days")).to_be_checked()
    reviewer.sees("Select a bar or a table cell to see those still open.")
    # The table of each chart leads there, too: without a mouse, and for those who see no chart.
    page.get_by_text("Table", exact=True).first.click()
    table = page.locator(".st-key-by_state_table canvas").first
    expect(table).to_be_visible()
    reviewer.settles()
    table.click(position={"x": 40, "y": 50}, force=True)
    expect(page).to_have_url(re.compile("state=NotReviewed"))
    expect(reviewer.row(f"{words} two")).to_be_visible()
