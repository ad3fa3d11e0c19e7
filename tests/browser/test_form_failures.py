"""Invalid input and failures in the report form: no text is lost, no report is stored twice."""

import signal
import socket
import sqlite3
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, closing
from functools import partial

import httpx
import pytest
from playwright.sync_api import WebSocketRoute, expect

from issue_portal.models.requests import IssueQuery
from issue_portal.models.text_rules import strip_hidden_marks
from issue_portal.models.vocabulary import IssueType, Role
from tests.browser.conftest import RECEIVED
from tests.browser.report_links import expect_references
from tests.servers.installation import make_api_server, make_portal_server


def issues_with(server, words):
    """Return all issues that contain ``words``."""
    with server.client(server.token("Counter", Role.ADMIN)) as client:
        return list(client.iterate(IssueQuery(filter_by_text=words)))


def test_missing_input_is_reported_at_its_field(new_person):
    visitor = new_person().opens().reports_by_name().presses("Sign in and send")
    # Errors are shown before the sign-in, and the first faulty field gets the focus.
    visitor.sees("Choose what went wrong.").sees("Tell us what happened.")
    expect(visitor.page.get_by_role("radio", name="No answer")).to_be_focused()
    visitor.reports_anonymously()
    # An error disappears when its field is corrected.
    visitor.chooses("No answer")
    expect(visitor.page.get_by_text("Choose what went wrong.")).to_be_hidden()
    visitor.writes("  \n ").presses("Send report")
    visitor.sees_not("Choose what went wrong.").sees("Tell us what happened.")
    text = visitor.page.get_by_label("What happened?")
    expect(text).to_be_focused()
    expect(text).to_have_attribute("aria-invalid", "true")
    expect(text).to_have_accessible_error_message("Tell us what happened.")
    visitor.writes("It broke off.")
    expect(visitor.page.get_by_text("Tell us what happened.")).to_be_hidden()
    expect(text).not_to_have_attribute("aria-invalid", "true")
    visitor.expands("Conversation details")
    thread = visitor.page.get_by_role("textbox", name="Conversation ID")
    thread.fill("x" * 201)
    visitor.presses("Send report").sees("This ID is too long. Use at most 200 characters.")
    visitor.sees("Enter both the conversation ID and the answer ID, or neither.")
    thread.fill("")
    for message in ("This ID is too long", "Enter both the conversation ID"):
        expect(visitor.page.get_by_text(message)).to_be_hidden()
    text.press("Control+Enter")
    visitor.sees(RECEIVED)


def test_text_over_the_limit_is_refused_by_the_portal_and_kept(new_person):
    visitor = new_person().opens().chooses("No answer").writes("x" * 20_000)
    visitor.sees("10,000 characters over the 10,000 limit")
    visitor.presses("Send report").sees("Shorten your text by 10,000 characters")
    expect(visitor.page.get_by_label("What happened?")).to_have_value("x" * 20_000)
    visitor.writes("x" * 10_000).sees("10,000 of 10,000 characters")
    visitor.presses("Send report").sees(RECEIVED)


def test_text_too_large_for_the_connection_stays_in_the_browser(new_person):
    visitor = new_person().opens().chooses("No answer").writes("x" * 300_000)
    visitor.sees("290,000 characters over the 10,000 limit").presses("Send report")
    area = visitor.page.get_by_label("What happened?")
    expect(area).to_be_focused()
    expect(area).to_have_value("x" * 300_000)
    visitor.writes("It broke off.").presses("Send report").sees(RECEIVED)


@pytest.mark.parametrize("text", ["a", "🙂 👩‍👩‍👧 שלום \u202egnitirw desrever"])
def test_text_is_shown_as_written(new_person, words, text):
    text = f"{text} {words}" if len(text) > 1 else text
    visible_text = strip_hidden_marks(text)
    visitor = new_person().opens().chooses("No answer").writes(text).presses("Send report")
    visitor.sees(RECEIVED)
    receipt = visitor.receipt()
    visitor.opens("/track")
    visitor.page.get_by_role("textbox", name="Receipt").fill(receipt)
    visitor.presses("Show report")
    expect(visitor.page.locator(".written")).to_have_text(visible_text)
    expect(visitor.page.locator(".written *")).to_have_count(0)
    if len(text) > 1:
        reviewer = new_person().signed_in_as("reviewer").opens(f"/review?q={words.split()[-1]}")
        expect(reviewer.row(words).locator(".text")).to_have_text(visible_text)


def test_double_click_on_send_creates_one_issue(new_person, portal, words):
    visitor = new_person().opens().chooses("No answer").writes(words)
    visitor.page.get_by_role("button", name="Send report").dblclick()
    visitor.sees(RECEIVED)
    assert len(issues_with(portal, words)) == 1


@pytest.mark.parametrize("lost", ["request", "response"])
def test_report_with_a_lost_request_or_response_is_stored_once(new_person, portal, words, lost):
    visitor = new_person()
    connections: list[WebSocketRoute] = []
    broken: list[WebSocketRoute] = []

    def connect(tab: WebSocketRoute) -> None:
        server = tab.connect_to_server()
        connections.append(tab)

        def forward(kind: str, send: Callable, message: str | bytes) -> None:
            if not (tab in broken and kind == lost):
                send(message)

        tab.on_message(partial(forward, "request", server.send))
        server.on_message(partial(forward, "response", tab.send))

    visitor.page.route_web_socket("**/_stcore/stream", connect)
    visitor.opens("/?type=Other").writes(words).waits_for_autosave()
    broken.extend(connections)  # They stay broken: Streamlit cannot draw the end of a page alone.
    visitor.presses("Send report")
    if lost == "response":
        visitor.waits_until(lambda: issues_with(portal, words))
    visitor.page.reload()
    expect(visitor.page.get_by_label("What happened?")).to_have_value(words)
    visitor.presses("Send report").sees(RECEIVED)
    assert len(issues_with(portal, words)) == 1


def test_report_is_stored_once_if_the_page_is_reloaded_while_sending(new_person, portal, words):
    visitor = new_person().opens("/?type=Other").writes(words)
    visitor.waits_for_autosave()
    with closing(sqlite3.connect(portal.data_dir / "issues.db")) as lock:
        lock.execute("BEGIN IMMEDIATE")
        visitor.presses("Send report").sees("Sending…").page.reload()
        expect(visitor.page.get_by_label("What happened?")).to_have_value(words)
    visitor.presses("Send report").sees(RECEIVED)
    assert len(issues_with(portal, words)) == 1


def test_draft_survives_reload_and_other_pages_and_is_sent_after_the_sign_in(
    new_person, portal, words
):
    member = new_person().opens().chooses("No answer").writes(words)
    member.waits_for_autosave()
    member.page.reload()
    expect(member.page.get_by_label("What happened?")).to_have_value(words)
    expect(member.page.get_by_label("No answer")).to_be_checked()
    member.reports_by_name().goes_to("Track").page.reload()
    member.goes_to("Report")
    expect(member.page.get_by_label("What happened?")).to_have_value(words)
    member.expects_identity(by_name=True).reports_anonymously().reports_by_name()
    member.presses("Sign in and send").sees("Your report will be sent as soon as")
    member.tries("member", "wrong").sees("Wrong username or password.")
    member.signs_in("member").sees(RECEIVED).sees("See it in My reports")
    [issue] = issues_with(portal, words)
    assert (issue.type, issue.created_by.name) == (IssueType.NO_ANSWER, "Morgan Member")
    member.presses("Report another problem")
    expect(member.page.get_by_label("What happened?")).to_have_value("")


def test_draft_stored_before_an_update_of_the_portal_is_restored(new_person, words):
    initial = {"text": "", "choice": None, "places": {"report_thread": "t"}}
    draft = {"id": "1-2", "text": words, "given": initial, "places": {"report_project": "p"}}
    draft |= {"choice": 1, "toggle": False}
    visitor = new_person().opens("/help")
    visitor.page.evaluate(
        "draft => sessionStorage.setItem('issue-portal-draft-report', JSON.stringify(draft))", draft
    )
    visitor.goes_to("Report")
    expect(visitor.page.get_by_label("What happened?")).to_have_value(words)
    expect(visitor.page.get_by_label("Conversation ID")).to_have_value("t")
    expect(visitor.page.get_by_label("Project ID")).to_have_value("p")
    expect(visitor.page.get_by_role("radio").nth(1)).to_be_checked()
    visitor.expects_identity(by_name=True)


def test_lists_open_with_any_query_string(new_person):
    reviewer = new_person().signed_in_as("reviewer")
    for query in ("q=%01&page=x", "q=%00&issue=stats", "issue=.&page=99"):
        reviewer.opens(f"/review?{query}")
        expect(reviewer.page.get_by_role("searchbox", name="Search")).to_be_visible()
        reviewer.sees_not("Something went wrong")


def test_reload_keeps_edits_of_fields_that_a_link_filled_in(new_person):
    visitor = new_person().opens("/?type=Format&description=No%20table&thread=t1&interaction=i1")
    text = visitor.page.get_by_label("What happened?")
    expect(text).to_have_value("No table")
    expect_references(visitor, "t1", "i1", "")
    visitor.presses("Remove")
    expect_references(visitor, "", "", "")
    visitor.writes("No table at all").page.reload()
    expect(text).to_have_value("No table at all")
    expect_references(visitor, "", "", "")
    visitor.presses("Send report").sees(RECEIVED)


def test_report_is_kept_while_the_api_is_down_and_sent_once(new_person, tmp_path, words):
    """The portal uses a remote API, so that the API alone can fail."""
    api = make_api_server(tmp_path / "api").start()
    guest = api.visitor_token()
    portal = make_portal_server(tmp_path / "portal", ISSUES_API_URL=api.url, ISSUES_API_TOKEN=guest)
    # With a remote API, the portal has no `/api/ready`: wait for Streamlit's health check.
    portal.ready_path = "/_stcore/health"
    portal.start()
    try:
        visitor = new_person(portal).opens().chooses("No answer").writes(words)
        api.stop()
        visitor.presses("Send report").sees("We couldn't send your report, but your text is safe.")
        visitor.sees("your text is safe")
        expect(visitor.page.get_by_label("What happened?")).to_have_value(words)
        api.start()
        visitor.presses("Send report").sees(RECEIVED)
        assert len(issues_with(api, words)) == 1

        visitor.presses("Report another problem")
        visitor.chooses("No answer").writes(f"slow {words}")
        # Suspend the API until the portal gives up. Resumed, the API stores the first request; the
        # second press must not store another issue.
        api.process.send_signal(signal.SIGSTOP)
        visitor.presses("Send report")
        notice = visitor.page.get_by_text("We couldn't send your report, but your text is safe.")
        expect(notice).to_be_visible(timeout=40_000)
        api.process.send_signal(signal.SIGCONT)
        visitor.presses("Send report").sees(RECEIVED)
        assert len(issues_with(api, f"slow {words}")) == 1
    finally:
        portal.stop()
        api.stop()


def test_many_downloads_do_not_block_others(new_person, portal):
    member = new_person().signed_in_as("member")
    cookies = member.context.cookies()
    header = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in cookies)
    with ExitStack() as stack:
        address = ("localhost", portal.port)
        connections = [stack.enter_context(socket.create_connection(address)) for _ in range(200)]
        for number, connection in enumerate(connections):
            path = f"/issues.csv?filter_by_text={uuid.uuid4().hex}{number}"
            headers = f"Host: localhost\r\nCookie: {header}\r\nConnection: close\r\n"
            connection.sendall(f"GET {path} HTTP/1.1\r\n{headers}\r\n".encode())
        assert httpx.get(f"{portal.url}/api/ready", timeout=5).status_code == 200
        statuses = Counter()
        for connection in connections:
            connection.settimeout(15)
            statuses[connection.recv(12)] += 1
        # Each person may have two downloads at once.
        assert statuses.keys() == {b"HTTP/1.1 200", b"HTTP/1.1 429"}
