"""Steps for tests of reviewers: send reports, open the queue, make API clients."""

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


def open_queue(new_person, words, *, server=None, query=""):
    """Sign in as reviewer, search the queue for ``words``, and return the person.

    ``query`` has more URL parameters, such as ``&state=Closed``.
    """
    person = new_person(server) if server else new_person()
    person.signed_in_as("reviewer").opens(f"/review?q={words}{query}")
    expect(person.row(words).first).to_be_visible()
    return person


def member_client(portal):
    """Return an API client of the portal's account ``member``."""
    person = Person("member@example.com", "Morgan Member", Role.MEMBER)
    return portal.client(sign(person))


def reviewer_client(portal):
    """Return an API client of a reviewer."""
    return portal.client(portal.token("Robin", Role.ADMIN))
