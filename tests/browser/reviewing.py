"""Steps of reviewers: issues to review, a colleague at the API, the queue."""

from playwright.sync_api import expect

from issue_portal.core.portal_token import Person
from issue_portal.models.requests import NewIssue, ThreadConfig
from issue_portal.models.vocabulary import IssueType, ResourceType, Role
from tests.servers.installation import sign


def report_anonymously(server, *texts, thread=""):
    """Send anonymous reports, in this order."""
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
    """Return an API client of another reviewer."""
    return server.client(server.token("Colleague", Role.ADMIN))


def queue(people, words, *, server=None, query=""):
    person = people(server) if server else people()
    person.opens(f"/review?q={words}{query}").signs_in("reviewer")
    expect(person.row(words).first).to_be_visible()
    return person


def member(portal):
    """Return an API client of the portal's first member."""
    person = Person("member@example.com", "Morgan Member", Role.MEMBER)
    return portal.client(sign(person))


def reviewer(portal):
    return portal.client(portal.token("Robin", Role.ADMIN))
