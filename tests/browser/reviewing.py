"""Steps for tests of reviewers: send reports, open the queue, make API clients."""

import re

from playwright.sync_api import expect

from issue_portal.core.portal_token import Person
from issue_portal.models.requests import NewIssue, ThreadConfig
from issue_portal.models.vocabulary import IssueType, ResourceType, Role
from tests.servers.installation import sign


def report_anonymously(server, *texts, thread_id=""):
    """Send an anonymous report for each text, in this order; return the issues.

    If ``thread_id`` is given, all reports are about the answer "a b" in this conversation.
    """
    with server.client(server.visitor_token()) as client:
        return [
            client.create(
                NewIssue(
                    description=text,
                    resource_type=ResourceType.THREAD,
                    type=IssueType.FORMAT,
                    anonymous=True,
                    config=ThreadConfig(thread_id=thread_id, reported_interaction_id="a b")
                    if thread_id
                    else None,
                )
            )
            for text in texts
        ]


def colleague_client(server):
    """Return an API client of another reviewer."""
    return server.client(server.token("Colleague", Role.ADMIN))


def open_queue(new_person, words, *, server=None, query="&state=all"):
    """Sign in as reviewer, search the queue for ``words``, and return the person.

    ``query`` has more URL parameters; by default, the tab "All" is open.
    """
    person = new_person(server) if server else new_person()
    person.signed_in_as("reviewer").opens(f"/review?q={words}{query}")
    expect(person.row(words).first).to_be_visible()
    return person


def sees_open(person, issue):
    """Wait until the issue is open."""
    heading = person.page.locator(".st-key-issue_summary h3")
    expect(heading).to_have_text(f"#{issue.issue_number}")
    return person


def chooses_tab(person, name):
    """Choose a tab of the queue; a number may follow its name."""
    tab = person.page.get_by_role("radio", name=re.compile(rf"^{name}( [\d,]+)?$"))
    tab.click()
    expect(tab).to_be_checked()
    return person


def sees_counts(person, **counts):
    """Wait until the tabs show these numbers: ``open``, ``new``, ``in_review``, ``closed``."""
    for name, count in counts.items():
        label = f"{name.replace('_', ' ').capitalize()} {count}"
        expect(person.page.get_by_role("radio", name=label, exact=True)).to_be_visible()
    return person


def opens_filters(person):
    """Open the popover with the filters."""
    return _open_popover(person, "filter_menu")


def opens_queue_menu(person):
    """Open the popover with downloads, preferences and shortcuts."""
    return _open_popover(person, "queue_menu")


def _open_popover(person, key):
    person.settles()
    person.page.locator(f".st-key-{key} button").click()
    expect(person.page.get_by_test_id("stPopoverBody")).to_be_visible()
    person.settles()
    return person


def closes_popover(person):
    """Close the popover, and wait until it is gone: it stops the shortcuts."""
    person.page.keyboard.press("Escape")
    expect(person.page.get_by_test_id("stPopoverBody")).to_have_count(0)
    return person


def selects_all(person):
    """Select all issues of the page."""
    person.page.get_by_label("Select all on this page").check()
    return person


def presses_in_bar(person, name):
    """Press a button of the bar above the rows; some are in its menu."""
    bar = person.page.locator(".st-key-queue .bulk-bar")
    button = bar.get_by_role("button", name=name, exact=True)
    if not button.is_visible():
        bar.locator("summary").click()
    button.click()
    return person


def member_client(portal):
    """Return an API client of the portal's account ``member``."""
    person = Person("member@example.com", "Morgan Member", Role.MEMBER)
    return portal.client(sign(person))


def reviewer_client(portal):
    """Return an API client of a reviewer."""
    return portal.client(portal.token("Robin", Role.ADMIN))
