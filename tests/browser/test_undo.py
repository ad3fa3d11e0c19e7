"""Undo, and conflicts with changes by a colleague."""

import pytest
from playwright.sync_api import expect

from issue_portal.client.errors import NotFoundError
from issue_portal.models.vocabulary import IssueState, IssueType
from tests.browser.reviewing import colleague_client, open_queue, report_anonymously
from tests.servers.installation import make_portal_server


def test_pending_change_can_be_undone_in_any_tab_and_is_sent_if_the_tab_closes(
    new_person, portal, words
):
    (issue,) = report_anonymously(portal, words)
    reviewer = open_queue(new_person, words)
    reviewer.row(words).click()
    with colleague_client(portal) as other:
        reviewer.presses("Close issue").sees("Moving #")
        expect(reviewer.row(words)).to_contain_text("Closed")
        reviewer.presses("Undo").sees("Undone")
        expect(reviewer.row(words)).to_contain_text("New")
        assert other.get(issue.id).state == IssueState.NOT_REVIEWED
        assert (
            len(other.history(issue.id).data) == 2
        )  # Created and read. The change was never sent.

        # A second tab shows the pending change as made, and can undo it.
        tab = new_person()
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
        reviewer.page.close()  # The portal still sends the change.
        tab.waits_until(lambda: other.get(issue.id).state == IssueState.IN_REVIEW)


def test_next_change_sends_the_pending_one_and_deletion_can_be_undone(new_person, portal, words):
    first, second = report_anonymously(portal, f"{words} one", f"{words} two")
    reviewer = open_queue(new_person, words)
    reviewer.row("one").click()
    reviewer.sees(f"Issue #{first.issue_number}").presses("Start review").sees("Moving #")
    reviewer.row("two").click()
    reviewer.sees(f"Issue #{second.issue_number}").presses("Delete")
    expect(reviewer.row("two")).to_have_count(0)
    with colleague_client(portal) as other:
        assert other.get(first.id).state == IssueState.IN_REVIEW
        reviewer.presses("Undo").sees("Undone")
        expect(reviewer.row("two")).to_have_count(1)
        reviewer.row("two").click()
        reviewer.presses("Delete").sees(f"#{second.issue_number} deleted")
        with pytest.raises(NotFoundError):
            other.get(second.id)


def test_change_of_a_colleague_is_shown_and_not_overwritten(new_person, portal, words):
    (issue,) = report_anonymously(portal, words)
    reviewer = open_queue(new_person, words)
    reviewer.row(words).click()
    reviewer.sees("Mark unread")
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
        reviewer.presses("Move to In review anyway")
        reviewer.waits_until(lambda: other.get(issue.id).state == IssueState.IN_REVIEW)
        assert other.get(issue.id).type == IssueType.NO_ANSWER


def test_conflict_of_a_pending_change_is_shown_while_another_issue_is_open(
    new_person, portal, words
):
    issue, _other = report_anonymously(portal, f"{words} one", f"{words} two")
    reviewer = open_queue(new_person, words)
    reviewer.row("one").click()
    reviewer.sees(f"Issue #{issue.issue_number}").presses("Start review").sees("Moving #")
    with colleague_client(portal) as other:
        other.update(other.get(issue.id), state=IssueState.CLOSED)
        reviewer.row("two").click()
        reviewer.sees(f"Colleague just changed #{issue.issue_number}")
        reviewer.sees("Version you saw").sees("Current version").sees_not("We couldn't save")
        assert other.get(issue.id).state == IssueState.CLOSED
        reviewer.presses("Move to In review anyway").sees("Moving #")
        reviewer.sees_not("Version you saw")
        reviewer.waits_until(lambda: other.get(issue.id).state == IssueState.IN_REVIEW)


def test_pending_change_is_sent_when_the_portal_stops(new_person, tmp_path):
    server = make_portal_server(tmp_path / "data").start()
    try:
        (issue,) = report_anonymously(server, "Started just before the end")
        reviewer = open_queue(new_person, "Started", server=server)
        reviewer.row("Started").click()
        reviewer.presses("Start review").sees("Moving #")
        server.stop()
        # The portal's own message hides Streamlit's.
        reviewer.sees("Can't reach the portal.")
        expect(reviewer.page.get_by_text("Connection error")).to_be_attached()
        expect(reviewer.page.get_by_text("Connection error")).to_be_hidden()
        server.start()
        notice = reviewer.page.get_by_text("Can't reach the portal.")
        expect(notice).to_have_count(0, timeout=30_000)
        with colleague_client(server) as other:
            assert other.get(issue.id).state == IssueState.IN_REVIEW
    finally:
        server.stop()
