"""Reports to remote servers: what they require, and how the portal says so."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import RECEIVED
from tests.browser.remote_portal import RemotePortal, make_api_client, sends_report, start_portal
from tests.client.conftest import make_variant
from tests.servers import newer_api, original_api
from tests.servers.installation import make_portal_with_remote_api, make_variant_server


@pytest.mark.parametrize("remote", ["newer"], indirect=True)
def test_form_names_the_fields_that_the_server_requires(
    new_person, remote, words, request, tmp_path
):
    # Projects have names only in lists.
    with make_api_client(remote) as client:
        client.create(make_variant(remote.variant, remote.api).make_new_issue(f"{words} first"))
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
        visitor.sees("This server requires the project.").sees_not("(optional)")
        expect(thread).to_be_visible()
        expect(visitor.page.get_by_label("What happened?")).to_have_value(words)
        expect(visitor.page.get_by_label("Wrong answer")).to_be_checked()
        # The server reports one missing field at a time, and only in words.
        visitor.settles()
        project = visitor.page.get_by_role("combobox", name="Project")
        project.scroll_into_view_if_needed()  # Scrolling would close the list.
        project.click()
        visitor.page.get_by_role("option", name="Support").click()
        visitor.presses("Send report")
        visitor.sees("This server requires the conversation ID and the answer ID.")
        thread.fill("t1")
        visitor.page.get_by_role("textbox", name="Answer ID").fill("i1")
        visitor.presses("Send report").sees(RECEIVED)

        other = new_person(portal).opens().sees("This server requires these IDs")
        expect(other.page.get_by_role("textbox", name="Conversation ID")).to_be_visible()
        other.sees_not("This server requires the project.")
        other.chooses("Other").writes(words).presses("Send report")
        other.sees("This server requires the project.")
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
        member = new_person(portal).signed_in_as("member").opens("/my_issues")
        member.sees("The server refused access; contact your administrator.").sees("Try again")
    finally:
        portal.stop()


def test_missing_organisation_is_told_to_the_operator(
    new_person, newer_api_server, tmp_path, words
):
    portal = make_portal_with_remote_api(
        newer_api_server.url, tmp_path / "data", token=newer_api.TOKEN
    ).start()
    try:
        visitor = new_person(portal).opens().chooses("Other").writes(words).presses("Send report")
        visitor.sees("The portal isn't set up for this server yet; contact your administrator.")
        expect(visitor.page.get_by_label("What happened?")).to_have_value(words)
        visitor.waits_until(lambda: "set ISSUES_ORG" in portal.log)
    finally:
        portal.stop()


def test_base_url_may_contain_the_path_of_the_api(new_person, remote_api, tmp_path, words):
    api = remote_api("original")
    portal = make_portal_with_remote_api(
        f"{api.url}/api/v1", tmp_path / "data", token=original_api.TOKEN
    ).start()
    try:
        visitor = new_person(portal).opens().chooses("Other").writes(words)
        visitor.presses("Send report").sees(RECEIVED)
    finally:
        portal.stop()


def test_first_report_has_the_number_0_after_a_reload(new_person, tmp_path, words):
    """The numbers of some servers start at 0."""
    with make_variant_server("newer", tmp_path / "api") as api:
        portal = start_portal("newer", api, tmp_path / "data")
        try:
            visitor = new_person(portal).opens()
            sends_report(visitor, RemotePortal("newer", portal, api), words, by_name=False)
            visitor.sees("Report #0 received").page.reload()
            visitor.sees("Report #0 received")
        finally:
            portal.stop()


@pytest.mark.parametrize("remote", ["newer", "newer-strict"], indirect=True)
def test_report_with_a_thread_needs_no_text(new_person, remote):
    path = f"/?type=Other&thread=t1&interaction=i1&project={newer_api.PROJECT}"
    new_person(remote.portal).opens(path).presses("Send report").sees(RECEIVED)
