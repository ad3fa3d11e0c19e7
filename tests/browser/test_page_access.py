"""Pages that each role can open, and the sign-in of an embedded page."""

import uuid
from pathlib import Path

from playwright.sync_api import expect

from issue_portal.models.vocabulary import IssueType
from tests.browser.conftest import report
from tests.servers.processes import ROOT


def test_embedded_page_links_to_the_sign_in_page_in_a_new_tab(new_person):
    visitor = new_person().opens("/my_issues?embed=true").sees("Sign in to see this page.")
    expect(visitor.page.get_by_label("Username")).to_have_count(0)
    link = visitor.page.get_by_role("link", name="Sign in")
    expect(link).to_have_attribute("href", f"{visitor.server.url}/sign_in")
    expect(link).to_have_attribute("target", "_blank")


EXPECTED_TEXTS = {
    "/": ("Report a problem",) * 3,
    "/track": ("Track a report",) * 3,
    "/help": ("Help",) * 3,
    "/not_found": ("There's no page at this address.",) * 3,
    "/account": ("Sign in to see this page.", "API tokens", "API tokens"),
    # A user is sent to the account page.
    "/sign_in": ("Sign in", "Your account", "Your account"),
    "/my_issues": ("Sign in to see this page.", "In review", "In review"),
    "/review": ("Sign in to see this page.", "This page is for reviewers.", "Newest"),
    "/insights": ("Sign in to see this page.", "This page is for reviewers.", "Reported per day"),
}
"""Text that a visitor, a member and a reviewer see on each page, by path."""


def test_each_role_sees_only_its_pages(new_person, portal):
    files = {f"/{file.stem}" for file in (ROOT / "pages").glob("[a-z]*.py")}
    assert files == EXPECTED_TEXTS.keys() - {"/"} | {"/report"}
    words = f"Private text {uuid.uuid4().hex}"
    with portal.client(portal.token("Somebody")) as client:
        issue = report(client, words, IssueType.OTHER)
    visitor, member, reviewer = new_person(), new_person(), new_person()
    member.signed_in_as("member")
    reviewer.signed_in_as("reviewer")
    for path, texts in EXPECTED_TEXTS.items():
        # Of the people who see the same, one opens the page.
        people = dict(zip(texts, (visitor, member, reviewer), strict=True))
        for text, person in people.items():
            if path == "/not_found":
                person.causes("status of 404")
            person.opens(path).sees(text)
    for path in (f"/review?issue={issue.id}", f"/my_issues?issue={issue.id}", f"/review?q={words}"):
        for person in (visitor, member):
            person.opens(path).sees_not(words)
    reviewer.opens(f"/review?issue={issue.id}").sees(words)
    # Streamlit imports pandas for some data. That delays the first visit, and takes 70 MB.
    libraries = Path(f"/proc/{portal.process.pid}/maps")
    assert not libraries.exists() or "/pandas/" not in libraries.read_text()
