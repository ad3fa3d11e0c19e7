"""Undo, and conflicts with changes by a colleague."""

import re

import pytest
from playwright.sync_api import expect

from issue_portal.client.errors import NotFoundError
from issue_portal.models.vocabulary import IssueState, IssueType
from tests.browser.conftest import report
from tests.browser.reviewing import (
    colleague_client,
    member_client,
    open_queue,
    report_anonymously,
    sees_open,
)
from tests.servers.installation import make_portal_server

# The notices begin with the number, unlike the entries of the history.
CLOSED = re.compile(r"#\d+ closed")
REOPENED = re.compile(r"#\d+ reopened")
STARTED = re.compile(r"#\d+ moved to In review")
UNDONE = re.compile("^Undone$")


def open_issue(new_person, words, issue, *, server=None):
    """Sign in as reviewer, open the issue, and return the person."""
    reviewer = open_queue(new_person, words, server=server)
    reviewer.row(words).click()
    return sees_open(reviewer, issue).sees("Mark unread")


def test_moves_and_changes_of_type_are_sent_at_once_and_can_be_undone(new_person, portal, words):
    (issue,) = report_anonymously(portal, words)
    reviewer = open_issue(new_person, words, issue)
    moved = f"#{issue.issue_number} closed"
    with colleague_client(portal) as other:
        reviewer.presses("Close").sees(moved)
        assert other.get(issue.id).state == IssueState.CLOSED
        expect(reviewer.row(words)).to_contain_text("Closed")
        reviewer.presses("Undo").sees(UNDONE).sees_not(moved)
        assert other.get(issue.id).state == IssueState.NOT_REVIEWED
        expect(reviewer.row(words)).to_contain_text("New")
        expect(reviewer.page.get_by_role("button", name="Start review")).to_be_enabled()

        reviewer.picks("Type", "Other", multiple=False)
        reviewer.sees(f"#{issue.issue_number} changed to Other")
        assert other.get(issue.id).type == IssueType.OTHER
        reviewer.presses("Undo").sees_not(re.compile(r"#\d+ changed to"))
        reviewer.waits_until(lambda: other.get(issue.id).type == IssueType.FORMAT)
        expect(reviewer.page.get_by_role("combobox", name="Type")).to_have_value("Poor formatting")


def test_notice_is_announced_and_does_not_move_the_page_or_the_focus(new_person, portal, words):
    (issue,) = report_anonymously(portal, words)
    reviewer = open_issue(new_person, words, issue)
    button = reviewer.page.locator(".st-key-move_to_Closed button")
    button.focus()
    heading = reviewer.page.locator(".st-key-opened h3")
    before = heading.bounding_box()
    reviewer.page.keyboard.press("Enter")
    status = reviewer.page.locator(".st-key-undo_notice").get_by_role("status")
    expect(status).to_have_text(f"#{issue.issue_number} closed")
    reviewer.waits_until_drawn()
    assert heading.bounding_box() == before
    expect(reviewer.page.get_by_role("button", name="Undo")).not_to_be_focused()
    # The notice remains while it has the focus.
    reviewer.page.get_by_role("button", name="Undo").focus()
    reviewer.page.keyboard.press("Enter")
    reviewer.sees(UNDONE).sees_not(CLOSED)
    expect(status).to_have_text("")
    # Without the focus, it goes away.
    reviewer.presses("Close").sees(CLOSED).sees_not(CLOSED)
    with colleague_client(portal) as other:
        assert other.get(issue.id).state == IssueState.CLOSED


def test_deletion_can_be_undone_and_opens_the_issue_again(new_person, portal, words):
    (issue,) = report_anonymously(portal, words)
    reviewer = open_issue(new_person, words, issue)
    reviewer.presses("Delete").sees(f"#{issue.issue_number} deleted")
    expect(reviewer.row(words)).to_have_count(0)
    with colleague_client(portal) as other:
        with pytest.raises(NotFoundError):
            other.get(issue.id)
        sees_open(reviewer.presses("Undo").sees(UNDONE), issue)
        expect(reviewer.row(words)).to_have_count(1)
        assert other.get(issue.id).state == IssueState.NOT_REVIEWED


def test_withdrawal_can_be_undone(new_person, portal, words):
    with member_client(portal) as client:
        issue = report(client, words)
        member = new_person().signed_in_as("member").opens(f"/my_issues?issue={issue.id}")
        member.presses("Withdraw").sees(f"#{issue.issue_number} withdrawn")
        expect(member.row(words)).to_have_count(0)
        with pytest.raises(NotFoundError):
            client.get(issue.id)
        member.presses("Undo").sees(UNDONE).sees("We've received it.")
        assert client.get(issue.id).state == IssueState.NOT_REVIEWED


def test_change_can_be_undone_after_a_reload_and_in_another_tab(new_person, portal, words):
    (issue,) = report_anonymously(portal, words)
    reviewer = open_issue(new_person, words, issue)
    reviewer.presses("Close").sees(CLOSED)
    reviewer.page.reload()
    reviewer.presses("Undo").sees(UNDONE)
    expect(reviewer.row(words)).to_contain_text("New")

    reviewer.presses("Start review").sees(STARTED)
    tab = reviewer.opens_tab(f"/review?q={words}").sees(STARTED)
    tab.presses("Undo").sees(UNDONE)
    expect(tab.row(words)).to_contain_text("New")
    reviewer.sees_not(STARTED)
    expect(reviewer.row(words)).to_contain_text("New")
    with colleague_client(portal) as other:
        assert other.get(issue.id).state == IssueState.NOT_REVIEWED


RELOAD_LATER = """seconds => {
  const notice = JSON.parse(localStorage.getItem("issue-portal-undo"));
  notice.expiresAt = Date.now() - seconds * 1000;
  localStorage.setItem("issue-portal-undo", JSON.stringify(notice));
  location.reload();
}"""
"""Reloads the page, as if it came this many seconds after the time of the notice."""


def test_time_to_undo_does_not_pass_while_a_slow_browser_reloads_the_page(
    new_person, portal, words
):
    """Regression: the notice was gone before the page was there."""
    (issue,) = report_anonymously(portal, words)
    reviewer = open_issue(new_person, words, issue)
    reviewer.presses("Close").sees(CLOSED)
    with reviewer.page.expect_navigation():
        reviewer.page.evaluate(RELOAD_LATER, 20)
    reviewer.presses("Undo").sees(UNDONE)
    with colleague_client(portal) as other:
        assert other.get(issue.id).state == IssueState.NOT_REVIEWED

    reviewer.presses("Close").sees(CLOSED)
    with reviewer.page.expect_navigation():
        reviewer.page.evaluate(RELOAD_LATER, 40)
    reviewer.waits_until_drawn().sees("Mark unread")
    expect(reviewer.page.locator(".notice")).to_be_attached()
    assert not reviewer.page.locator(".notice.shown").count()


def test_change_survives_a_killed_portal_and_can_be_undone_after_the_restart(new_person, tmp_path):
    server = make_portal_server(tmp_path / "data").start()
    try:
        (issue,) = report_anonymously(server, "Just before the end")
        reviewer = open_issue(new_person, "Just", issue, server=server)
        reviewer.presses("Close").sees(CLOSED)
        server.kill()
        # The portal's own message replaces Streamlit's.
        reviewer.sees("Can't reach the portal.")
        expect(reviewer.page.get_by_text("Connection error")).to_be_hidden()
        server.start()
        with colleague_client(server) as other:
            assert other.get(issue.id).state == IssueState.CLOSED
            reviewer.page.reload()
            reviewer.presses("Undo").sees(UNDONE)
            assert other.get(issue.id).state == IssueState.NOT_REVIEWED
    finally:
        server.stop()


def test_undo_pressed_while_the_portal_is_down_is_sent_after_the_restart(new_person, tmp_path):
    server = make_portal_server(tmp_path / "data").start()
    try:
        (issue,) = report_anonymously(server, "Just before the end")
        reviewer = open_issue(new_person, "Just", issue, server=server)
        reviewer.presses("Close").sees(CLOSED)
        server.kill()
        reviewer.sees("Can't reach the portal.").presses("Undo")
        server.start()
        reviewer.sees(UNDONE).sees_not(CLOSED)
        with colleague_client(server) as other:
            assert other.get(issue.id).state == IssueState.NOT_REVIEWED
    finally:
        server.stop()


def test_undo_does_not_overwrite_a_change_by_a_colleague(new_person, portal, words):
    (issue,) = report_anonymously(portal, words)
    reviewer = open_issue(lambda: new_person().ignores_changes(), words, issue)
    with colleague_client(portal) as other:
        reviewer.presses("Start review").sees(STARTED)
        other.update(other.get(issue.id), state=IssueState.CLOSED)
        reviewer.presses("Undo")
        reviewer.sees(
            f"Someone else has since changed #{issue.issue_number}, so your change wasn't undone."
        )
        expect(reviewer.row(words)).to_contain_text("Closed")
        assert other.get(issue.id).state == IssueState.CLOSED

        # That a colleague has read it is no reason to refuse.
        reviewer.presses("Reopen").sees(REOPENED)
        other.update(other.get(issue.id), is_read=False)
        reviewer.presses("Undo").sees(UNDONE)
        assert other.get(issue.id).state == IssueState.CLOSED


def test_next_person_does_not_see_the_notice(new_person, portal, words):
    (issue,) = report_anonymously(portal, words)
    reviewer = open_issue(new_person, words, issue)
    reviewer.presses("Close").sees(CLOSED)
    stored = reviewer.page.evaluate("localStorage['issue-portal-undo']")
    assert words not in stored
    tab = reviewer.opens_tab("/my_issues").sees(CLOSED)
    portal.sign_in_cookies.clear()  # The sign-out ends the shared sign-in.
    reviewer.signs_out()
    tab.sees_not(CLOSED)
    assert reviewer.page.evaluate("localStorage['issue-portal-undo']") is None
    # Another person, after a sign-in that ended without a sign-out.
    reviewer.page.evaluate("text => { localStorage['issue-portal-undo'] = text }", stored)
    reviewer.page.reload()
    reviewer.signs_in("member").goes_to("My reports")
    reviewer.waits_until(
        lambda: reviewer.page.evaluate("localStorage['issue-portal-undo']") is None
    ).sees_not(CLOSED)


def test_double_clicks_send_nothing_twice(new_person, portal, words):
    next_issue, issue = report_anonymously(portal, f"{words} next", f"{words} first")
    reviewer = open_queue(new_person, words)
    reviewer.row("first").click()
    page = sees_open(reviewer, issue).sees("Mark unread").page
    page.locator(".st-key-move_to_Closed button").dblclick()
    # The second click is not for the issue that the first click has opened.
    sees_open(reviewer.sees(CLOSED).sees_not("Version you saw"), next_issue)
    page.get_by_role("button", name="Undo").dblclick()
    reviewer.sees(UNDONE).sees_not(CLOSED).sees_not("Someone else has since changed")
    with colleague_client(portal) as other:
        states = [
            (change.old, change.new)
            for entry in other.history(issue.id).data
            for change in entry.changes
            if change.field == "state"
        ]
        assert other.get(next_issue.id).state == IssueState.NOT_REVIEWED
    assert states == [("NotReviewed", "Closed"), ("Closed", "NotReviewed")]


def test_change_of_a_colleague_is_shown_and_not_overwritten(new_person, portal, words):
    (issue,) = report_anonymously(portal, words)
    reviewer = open_issue(lambda: new_person().ignores_changes(), words, issue)
    with colleague_client(portal) as other:
        other.update(other.get(issue.id), state=IssueState.CLOSED, type=IssueType.OTHER)
        reviewer.presses("Start review").sees(f"Colleague just changed #{issue.issue_number}")
        conflict = reviewer.page.locator(".st-key-conflict")
        columns = conflict.get_by_test_id("stColumn")
        expect(columns).to_have_count(2)
        seen_version, current_version = columns.all()
        for column, *texts in (
            (seen_version, "Version you saw", "New", "Poor formatting"),
            (current_version, "Current version", "Closed", "Other"),
        ):
            for text in texts:
                expect(column).to_contain_text(text)
        reviewer.presses("Keep current").sees_not("Version you saw")
        assert other.get(issue.id).state == IssueState.CLOSED

        other.update(other.get(issue.id), type=IssueType.NO_ANSWER)
        reviewer.presses("Reopen")
        reviewer.presses("Move to In review anyway").sees(REOPENED)
        assert other.get(issue.id).state == IssueState.IN_REVIEW
        assert other.get(issue.id).type == IssueType.NO_ANSWER
