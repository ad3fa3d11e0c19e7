"""Bulk actions of reviewers."""

from playwright.sync_api import expect

from issue_portal.models.requests import IssueQuery
from issue_portal.models.vocabulary import IssueState
from tests.browser.reviewing import (
    colleague_client,
    open_queue,
    presses_in_bar,
    report_anonymously,
    sees_open,
    selects_all,
)


def test_bulk_actions_change_selected_issues_and_explain_refusals(new_person, portal, words):
    first, second, third = report_anonymously(
        portal, f"{words} one", f"{words} two", f"{words} three"
    )
    reviewer = open_queue(new_person, words)
    select_all = reviewer.page.get_by_label("Select all on this page")
    dialog = reviewer.page.get_by_role("dialog")
    bar = reviewer.page.locator(".bulk-bar")
    for action, message in (
        ("Mark read", "3 issues marked as read"),
        ("Mark unread", "3 issues marked as unread"),
        ("Start review", "3 issues moved to In review"),
    ):
        presses_in_bar(selects_all(reviewer).sees("3 selected"), action)
        if action == "Start review":
            # This action needs a confirmation. Cancel keeps the selection.
            dialog.get_by_text("Start reviewing 3 issues?").wait_for()
            dialog.get_by_role("button", name="Cancel").click()
            expect(dialog).to_have_count(0)
            presses_in_bar(reviewer.sees("3 selected"), action)
            dialog.get_by_role("button", name=action).click()
        reviewer.sees(message).sees_not("3 selected")
        expect(dialog).to_have_count(0)
        reviewer.settles()
    with colleague_client(portal) as other:
        states = {other.get(issue.id).state for issue in (first, second, third)}
        assert states == {IssueState.IN_REVIEW}
        # What would change none of the selected issues is not offered.
        selects_all(reviewer)
        expect(bar.get_by_role("button", name="Start review")).to_be_disabled()
        expect(bar.get_by_role("button", name="Close")).to_be_enabled()

        other.update(other.get(first.id), state=IssueState.CLOSED)
        other.update(other.get(second.id), state=IssueState.NOT_REVIEWED)
        expect(reviewer.row("one")).to_contain_text("Closed")
        expect(reviewer.row("two")).to_contain_text("New")
        presses_in_bar(selects_all(reviewer), "Start review").sees("Start reviewing 3 issues?")
        other.delete(second.id)
    # A dialog lists the issues that could not be changed, with the reason.
    dialog.get_by_role("button", name="Start review").click()
    reviewer.sees("1 issue moved to In review").sees("2 issues weren't changed:")
    expect(dialog).to_contain_text(f"#{first.issue_number}: Already closed.")
    expect(dialog).to_contain_text(f"#{second.issue_number}: Already deleted.")
    # The dialog stays open when the page refreshes.
    report_anonymously(portal, f"{words} four")
    reviewer.sees("Show 1 new")
    expect(dialog).to_contain_text(f"#{first.issue_number}: Already closed.")
    dialog.get_by_role("button", name="Close", exact=True).last.click()
    expect(dialog).to_have_count(0)

    expect(reviewer.row(words)).to_have_count(2)
    presses_in_bar(selects_all(reviewer), "Delete").sees("Delete 2 issues?")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    reviewer.sees("2 issues deleted").sees("No matching issues")
    # Deleted issues cannot be selected, but restored.
    reviewer.opens(f"/review?q={words}&state=Deleted")
    expect(reviewer.row(words)).to_have_count(3)
    expect(reviewer.page.get_by_label("Select issue")).to_have_count(0)
    expect(select_all).to_have_count(0)
    reviewer.row("three").click()
    sees_open(reviewer, third).sees("Deleted by Robin Reviewer").presses("Restore")
    reviewer.sees(f"#{third.issue_number} restored")
    expect(reviewer.row(words)).to_have_count(2)
    with colleague_client(portal) as other:
        assert other.get(third.id).state == IssueState.IN_REVIEW


def test_bulk_actions_change_the_issues_of_all_pages(new_person, portal, words):
    issues = report_anonymously(portal, *(f"{words} {number}" for number in range(23)))
    reviewer = open_queue(new_person, words)
    presses_in_bar(selects_all(reviewer), "Select all 23").sees("All 23 selected")
    presses_in_bar(reviewer, "Close").sees("Close 23 issues?")
    reviewer.page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    reviewer.sees("23 issues closed")
    with colleague_client(portal) as other:
        query = IssueQuery(filter_by_text=words, states=(IssueState.CLOSED,), page_size=1)
        assert other.list(query).total_count == len(issues)


def test_bulk_deletion_and_read_marks_can_be_undone(new_person, portal, words):
    issues = report_anonymously(portal, f"{words} one", f"{words} two")
    reviewer = open_queue(new_person, words)
    with colleague_client(portal) as other:
        presses_in_bar(selects_all(reviewer), "Mark read").sees("2 issues marked as read")
        assert all(other.get(issue.id).is_read for issue in issues)
        reviewer.presses("Undo").sees("Undone").sees_not("2 issues marked as read")
        assert not any(other.get(issue.id).is_read for issue in issues)

        presses_in_bar(selects_all(reviewer), "Delete").sees("You can undo this for ten seconds.")
        dialog = reviewer.page.get_by_role("dialog")
        dialog.get_by_role("button", name="Delete", exact=True).click()
        reviewer.sees("2 issues deleted").sees("No matching issues")
        reviewer.presses("Undo")
        expect(reviewer.row(words)).to_have_count(2)
        assert {other.get(issue.id).state for issue in issues} == {IssueState.NOT_REVIEWED}
