"""The portal works with the original and the newer API, which both refuse unknown input."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import RECEIVED
from tests.servers import newer_api, original_api
from tests.servers.installation import Server, make_portal_with_remote_api

API_VARIANTS = {"original": original_api, "newer": newer_api}


@dataclass
class RemotePortal:
    """A portal with a remote API, and the variant of that API: original or newer."""

    variant: str
    portal: Server


@pytest.fixture(scope="module", params=API_VARIANTS)
def remote(request, tmp_path_factory) -> Iterator[RemotePortal]:
    module = API_VARIANTS[request.param]
    server = request.getfixturevalue(f"{request.param}_api_server")
    data_dir = tmp_path_factory.mktemp(request.param) / "data"
    portal = make_portal_with_remote_api(
        server.url,
        data_dir,
        token=module.TOKEN,
        tokens={"member": module.TOKEN, "reviewer": module.OTHER_TOKEN},
        **({"ISSUES_ORG": newer_api.ORG} if request.param == "newer" else {}),
    ).start()
    accounts = data_dir / "accounts.yaml"
    # The original variant has no `GET /me`, so the portal compares the email address of the account
    # with those of the reporters. Give the accounts the addresses that the API knows.
    if request.param == "original":
        text = accounts.read_text()
        text = text.replace("member@example.com", original_api.USER["email"])
        accounts.write_text(text.replace("reviewer@example.com", original_api.OTHER_USER["email"]))
    yield RemotePortal(request.param, portal)
    portal.stop()


def fills_in_references(person) -> None:
    """Fill in the conversation, answer and project IDs."""
    for name, value in (
        ("Conversation ID", "t1"),
        ("Answer ID", "i1"),
        ("Project", newer_api.PROJECT),
    ):
        person.page.get_by_role("textbox", name=name).fill(value)


def sends_report(person, remote, words: str, *, by_name: bool) -> None:
    """Fill in the form and send it."""
    person.chooses("Wrong answer").writes(words)
    if by_name:
        person.page.get_by_text("Report anonymously").click()
    if remote.variant == "newer":
        person.expands("Conversation details")
        fills_in_references(person)
    person.presses("Send report").sees(RECEIVED)


def test_portal_offers_no_tracking_if_the_server_gives_no_receipts(new_person, remote, words):
    visitor = new_person(remote.portal).opens().sees("You won't be able to track it.")
    visitor.sees_not("You'll get a receipt to track it.")
    sends_report(visitor, remote, words, by_name=False)
    visitor.sees("This server gives no receipt").sees_not("Your receipt")
    for page in ("Track", "Track it", "See it in My reports"):
        expect(visitor.page.get_by_role("link", name=page, exact=True)).to_have_count(0)
    visitor.page.reload()
    visitor.sees(RECEIVED).sees("This server gives no receipt")
    visitor.opens("/track").sees("this server gives no receipts")
    expect(visitor.page.get_by_role("textbox")).to_have_count(0)
    visitor.opens("/help").sees("this server gives no receipts").sees_not("enter your receipt")
    visitor.sees("Another server stores the reports.")


def test_member_reports_by_name_edits_and_withdraws(new_person, remote, words):
    other = new_person(remote.portal).opens("/sign_in").signs_in("reviewer").goes_to("Report")
    sends_report(other, remote, f"{words}, by another", by_name=True)
    member = new_person(remote.portal).opens("/sign_in").signs_in("member").goes_to("Report")
    sends_report(member, remote, f"{words}, unsigned", by_name=False)
    member.presses("Report another problem").sees("Report a problem")
    sends_report(member, remote, words, by_name=True)
    member.page.get_by_role("link", name="See it in My reports").click()
    expect(member.row(words)).to_have_count(1)

    member.page.get_by_role("searchbox", name="Search").fill("nobody wrote this")
    expect(member.row(words)).to_have_count(0)
    member.page.get_by_role("searchbox", name="Search").fill(words.upper())
    expect(member.row(words)).to_have_count(1)
    member.row(words).click()
    member.expands("Edit")
    member.page.get_by_label("What happened?").fill(f"{words}, second edition")
    member.presses("Save").sees("Saved").sees(f"{words}, second edition")
    member.presses("Withdraw")
    expect(member.row(words)).to_have_count(0)
    member.sees(" withdrawn")
    expect(member.row(words)).to_have_count(0)


def test_member_cannot_open_the_issue_of_another(new_person, remote, words):
    reviewer = new_person(remote.portal).opens("/sign_in").signs_in("reviewer").goes_to("Report")
    sends_report(reviewer, remote, words, by_name=True)
    reviewer.goes_to("My reports").row(words).click()
    reviewer.sees("We've received it.")
    link = reviewer.page.url.removeprefix(remote.portal.url)
    member = new_person(remote.portal).opens(link).signs_in("member")
    member.sees("This report isn't available.").sees_not(words)
    member.presses("Show my reports")
    expect(member.page.get_by_role("searchbox", name="Search")).to_be_visible()


def test_reviewer_works_through_the_queue(new_person, remote, words):
    visitor = new_person(remote.portal).opens()
    sends_report(visitor, remote, words, by_name=False)
    reviewer = new_person(remote.portal).opens("/sign_in").signs_in("reviewer").goes_to("Review")
    row = reviewer.row(words)
    search = reviewer.page.get_by_role("searchbox", name="Search")
    expect(row.locator(".text")).to_have_css("font-weight", "700")
    if remote.variant == "original":
        expect(search).to_have_count(0)
    else:
        search.fill("nobody wrote this")
        reviewer.sees("No matching issues")
        search.fill(words)
        expect(reviewer.page.locator("button[data-issue]")).to_have_count(1)
        reviewer.presses("Closed").sees("No matching issues").presses("Closed")
    row.click()
    reviewer.sees("From Anonymous")
    expect(row.locator(".text")).to_have_css("font-weight", "400")
    reviewer.presses("Start review")
    expect(row).to_contain_text("In review")
    reviewer.presses("Close issue")
    expect(row).to_contain_text("Closed")
    reviewer.presses("Mark unread")
    expect(row.locator(".text")).to_have_css("font-weight", "700")


def test_insights_explain_that_the_server_has_no_statistics(new_person, remote):
    reviewer = new_person(remote.portal).opens("/sign_in").signs_in("reviewer").opens("/insights")
    reviewer.sees("This server has no statistics.").sees_not("Try again")


@pytest.mark.parametrize("remote", ["newer"], indirect=True)
def test_form_names_the_fields_that_the_server_requires(
    new_person, remote, words, request, tmp_path
):
    # A new portal does not know yet which fields the server requires.
    portal = make_portal_with_remote_api(
        remote.portal.env["ISSUES_API_URL"],
        tmp_path / "data",
        token=newer_api.TOKEN,
        ISSUES_ORG=newer_api.ORG,
    ).start()
    try:
        visitor = new_person(portal).opens().chooses("Wrong answer").writes(words)
        thread = visitor.page.get_by_role("textbox", name="Conversation ID")
        expect(thread).to_be_hidden()
        visitor.sees("Conversation details (optional)").presses("Send report")
        visitor.sees("This server requires the conversation ID and the answer ID.")
        visitor.sees("This server requires the project ID.").sees_not("(optional)")
        expect(thread).to_be_visible()
        expect(visitor.page.get_by_label("What happened?")).to_have_value(words)
        expect(visitor.page.get_by_label("Wrong answer")).to_be_checked()
        fills_in_references(visitor)
        visitor.presses("Send report").sees(RECEIVED)

        other = new_person(portal).opens().sees("This server requires these IDs")
        expect(other.page.get_by_role("textbox", name="Conversation ID")).to_be_visible()
        other.sees_not("This server requires the project ID.")
    finally:
        portal.stop()


@pytest.mark.parametrize("remote", ["original"], indirect=True)
def test_form_shows_why_the_server_refuses_a_field(new_person, remote, words):
    visitor = new_person(remote.portal).opens("/?type=Other&project=p1").writes(words)
    visitor.presses("Send report").sees("The server didn't accept this: Extra inputs")
    project = visitor.page.get_by_role("textbox", name="Project")
    expect(project).to_have_value("p1")
    project.fill("")
    visitor.presses("Send report").sees(RECEIVED)


def test_account_without_a_token_gets_an_explanation(new_person, original_api_server, tmp_path):
    portal = make_portal_with_remote_api(
        original_api_server.url, tmp_path / "data", token=original_api.TOKEN
    ).start()
    try:
        member = new_person(portal).opens("/my_issues").signs_in("member")
        member.sees("ask your administrator to set it up for you").sees("Try again")
    finally:
        portal.stop()
