"""Accounts with passwords: sign-out, revoked sign-ins, guesses, new passwords."""

import json
import sys
import uuid

import httpx
import pytest
from playwright.sync_api import WebSocketRoute, expect

from issue_portal.models.requests import IssueQuery
from issue_portal.models.vocabulary import IssueState, IssueType, Role
from tests.browser.conftest import RECEIVED, report
from tests.servers.installation import Server, portal_server
from tests.servers.processes import free_port
from web.streamlit_compat import BackMsg

NO_MATCH = "Wrong username or password."
TOO_MANY = "Too many wrong passwords. Try again in 15 minutes."


@pytest.fixture
def account(portal) -> dict[str, str]:
    """An account that no other test uses: its user name and password."""
    email = f"u{uuid.uuid4().hex[:10]}@example.com"
    done = portal.run("user", "add", email, "--name", "Uma User", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def cookie_of(person) -> dict:
    return next(c for c in person.context.cookies() if c["name"] == "issue_portal")


def download(person, cookie: dict) -> int:
    address = f"{person.server.url}/issues.csv"
    return httpx.get(address, cookies={cookie["name"]: cookie["value"]}).status_code


def report_of(account, server):
    with server.client(server.token(account["username"])) as client:
        return report(client, "Before", IssueType.OTHER)


def connect_without_polling(tab: WebSocketRoute) -> None:
    """Connect a tab to its server, but drop the runs that its timers ask for."""
    server = tab.connect_to_server()

    def send(message: bytes) -> None:
        if not BackMsg.FromString(message).rerun_script.is_auto_rerun:
            server.send(message)

    tab.on_message(send)


def test_signing_out_revokes_copied_cookies(people, account):
    person = people().opens("/sign_in").signs_in(**account)
    cookie = cookie_of(person)
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["secure"]) == (True, "Strict", False)
    copy = people()
    copy.page.route_web_socket("**/_stcore/stream", connect_without_polling)
    copy.context.add_cookies([cookie])
    copy.opens("/my_issues").sees("Uma User")
    other_tab = person.context.new_page()
    other_tab.goto(f"{person.server.url}/my_issues")
    expect(
        other_tab.get_by_text("You haven't sent any reports with your name yet.")
    ).to_be_visible()
    issue = report_of(account, person.server)
    copy.opens(f"/my_issues?issue={issue.id}")
    copy.unfolds("Edit")
    copy.writes("After")
    assert download(person, cookie) == 200

    person.goes_to("Report").goes_to("Uma User").presses("Sign out").sees("You're signed out.")
    assert download(person, cookie) == 401
    # A page says so when a person acts in it, without acting; one that polls for news, unasked.
    copy.presses("Save")
    for tab in (copy.page, other_tab):
        ended = tab.get_by_text("You've been signed out. Sign in again.")
        expect(ended).to_be_visible(timeout=20_000)
    with person.server.client(person.server.token("Anybody", Role.ADMIN)) as client:
        assert client.get(issue.id).description == "Before"
    copy.goes_to("Report").sees_not("Uma User")
    copy.context.clear_cookies()
    copy.context.add_cookies([cookie])
    copy.opens("/my_issues").sees("Sign in to see this page.")
    assert "issue_portal" not in [c["name"] for c in person.context.cookies()]


def test_new_password_revokes_all_other_sign_ins(people, account):
    person = people().opens("/sign_in").signs_in(**account).goes_to("Uma User")
    other = people().opens("/sign_in").signs_in(**account)
    before = cookie_of(person)
    page = person.page

    def changes(old: str, new: str) -> None:
        page.get_by_label("Current password").fill(old)
        page.get_by_label("New password").fill(new)
        person.presses("Save new password")

    new = f"new {uuid.uuid4().hex[:12]}"
    person.unfolds("Change password")
    changes("not the password", new)
    person.sees("Wrong current password.")
    changes(account["password"], "short")
    person.sees("too short. Use at least 8 characters.")
    changes(account["password"], account["username"])
    person.sees("The new password is easy to guess")
    # What waits in another tab until it cannot be undone is done while this sign-in holds.
    issue = report_of(account, person.server)
    tab = people()
    tab.context.add_cookies([before])
    tab.opens(f"/my_issues?issue={issue.id}").presses("Withdraw").sees("Undo")
    changes(account["password"], new)
    person.sees("Password changed").sees(" withdrawn")
    with person.server.client(person.server.token("Anybody", Role.ADMIN)) as client:
        deleted = client.list(IssueQuery(states=[IssueState.DELETED], page_size=100)).data
        assert issue.id in [each.id for each in deleted]
    person.waits_until(lambda: cookie_of(person)["value"] != before["value"])
    page.reload()
    person.sees("Uma User")
    assert download(person, before) == 401
    other.goes_to("Report").sees_not("Uma User").opens("/my_issues").sees("Sign in to see")
    other.tries(**account).sees(NO_MATCH)
    other.signs_in(account["username"], new).sees("Uma User")


def test_sign_out_page_reports_a_change_that_failed(people, portal, account):
    """The person withdraws an issue that a reviewer has just started on."""
    person = people().opens("/sign_in").signs_in(**account)
    issue = report_of(account, portal)
    person.opens(f"/my_issues?issue={issue.id}").presses("Withdraw").sees("Undo")
    with portal.client(portal.token("Anybody", Role.ADMIN)) as client:
        client.update(client.get(issue.id), state=IssueState.IN_REVIEW)
    person.goes_to("Uma User").presses("Sign out").sees("You're signed out.")
    person.sees("We couldn't save your last change.")
    person.goes_to("Report").goes_to("Sign in").sees_not("couldn't save")


def test_revoked_sign_in_leaves_nothing_to_the_next_person(people, portal, account):
    """Regression: the next person saw the receipt and the draft."""
    ended = "You've been signed out. Sign in again."
    person = people().opens("/sign_in").signs_in(**account).goes_to("Report")
    text = person.page.get_by_label("What happened?")
    person.chooses("No answer").writes("My own words")

    portal.run("user", "disable", account["username"])
    person.goes_to("Help").sees(ended).goes_to("Report").sees(ended)
    person.presses("Continue without signing in")
    expect(text).to_have_value("")
    person.waits_until(
        lambda: not person.page.evaluate("sessionStorage['issue-portal-draft-report']")
    )
    portal.run("user", "enable", account["username"])
    person.goes_to("Sign in").signs_in(**account).goes_to("Report")
    expect(text).to_have_value("My own words")

    receipt = person.presses("Send report").sees(RECEIVED).receipt()
    portal.run("user", "disable", account["username"])
    person.goes_to("Help").goes_to("Report").sees(ended).sees_not(receipt)
    person.signs_in("member")
    expect(person.page.get_by_role("button", name="Send report")).to_be_visible()
    person.sees_not(receipt).goes_to("Track")
    expect(person.page.get_by_role("textbox", name="Receipt")).to_have_value("")


def test_draft_is_not_shown_to_another_person_after_a_reconnect(people, tmp_path):
    server = portal_server(tmp_path / "data").start()
    try:
        person = people(server).opens("/sign_in").signs_in("member").goes_to("Report")
        person.chooses("No answer").writes("My own words")
        server.stop()
        person.sees("Can't reach the portal.")
        server.run("user", "disable", "member")
        server.start()
        note = person.page.get_by_text("Can't reach the portal.")
        expect(note).to_have_count(0, timeout=30_000)
        person.presses("Español")
        # For a moment there may be two, or none.
        text = person.page.locator(".st-key-report_description textarea").first
        expect(text).to_have_value("")
        kept = "sessionStorage['issue-portal-draft-report'] ?? ''"
        assert "My own words" not in person.page.evaluate(kept)
    finally:
        server.stop()


def test_administrator_revokes_sign_ins_by_resetting_the_password_or_disabling(
    people, portal, account
):
    person = people().opens("/sign_in").signs_in(**account)
    done = portal.run("user", "password", account["username"], "--json")
    new = json.loads(done.stdout)["password"]
    person.goes_to("Report").sees_not("Uma User").goes_to("Sign in").signs_in(
        account["username"], new
    )
    portal.run("user", "disable", account["username"])
    person.goes_to("Help").sees_not("Uma User").goes_to("Sign in")
    person.tries(account["username"], new).sees(NO_MATCH)


def test_sign_ins_survive_key_rotation(people, tmp_path):
    portal = portal_server(tmp_path / "data")
    del portal.env["ISSUES_SECRET_KEY"]
    portal.start()
    try:
        person, other = (people(portal).opens("/sign_in").signs_in("member") for _ in range(2))
        of_other = cookie_of(other)
        other.goes_to("Morgan Member").presses("Sign out").sees("You're signed out.")
        assert portal.run("key", "rotate").returncode == 0
        portal.stop()
        portal.start()
        person.opens("/my_issues").sees("Morgan Member")
        assert download(person, cookie_of(person)) == 200
        assert download(person, of_other) == 401
        file = portal.data_dir / "secret.key"
        file.write_text(file.read_text().splitlines()[0])
        portal.stop()
        portal.start()
        person.opens("/my_issues").sees("Sign in to see this page.")
    finally:
        portal.stop()


def guesses(person, name: str) -> None:
    """Try as many passwords as the throttle allows, each in a new session."""
    for password in ("wrong", "x" * 100, "member", "", "\x00"):
        person.opens("/sign_in").tries(name, password).sees(NO_MATCH)


def test_password_guesses_are_counted_across_sessions(people, account):
    guesser = people()
    guesses(guesser, account["username"])
    guesser.opens("/sign_in").tries(**account).sees(TOO_MANY).sees_not(NO_MATCH)
    people().opens("/sign_in").tries(**account).sees(TOO_MANY)
    guesser.opens("/sign_in").signs_in("member")


@pytest.fixture
def from_elsewhere(portal, tmp_path):
    """The portal as reached from another address."""
    port = free_port()
    command = [sys.executable, "-m", "tests.servers.proxy", str(port), str(portal.port)]
    server = Server([*command, "203.0.113.7"], port, tmp_path / "proxy", {**portal.env}).start()
    yield server
    server.stop()


def test_password_guesses_do_not_lock_out_other_addresses(people, account, from_elsewhere):
    guesser = people(from_elsewhere)
    guesses(guesser, account["username"])
    guesser.opens("/sign_in").tries(**account).sees(TOO_MANY)
    people().opens("/sign_in").signs_in(**account).sees("Uma User")


def test_sign_out_works_when_the_disk_is_read_only(people, tmp_path):
    server = portal_server(tmp_path / "data").start()
    try:
        member = people(server).opens("/sign_in").signs_in("member")
        copy = cookie_of(member)
        # As on a full disk, but for root, too: where a folder should be, there is a file.
        (server.data_dir / "ended").write_text("")
        member.opens("/sign_in").presses("Sign out").sees("You're signed out.")
        member.sees("We couldn't save your sign-out")
        member.waits_until(lambda: not member.has_cookie("issue_portal"))
        member.page.reload()
        member.sees("Username")
        thief = people(server)
        thief.context.add_cookies([copy])
        thief.opens("/my_issues").sees("Sign in to see this page.")
        # Once it can be written, also for the next start.
        (server.data_dir / "ended").unlink()
        server.stop()
        assert list((server.data_dir / "ended").iterdir())
    finally:
        server.stop()


@pytest.mark.parametrize("note", ["in=0", "in=1&page=pages%2Fhelp.py"])
def test_forged_return_cookie_is_ignored_without_a_provider(people, note):
    """A program on another port of the same host can set the cookie."""
    member = people().opens("/sign_in").signs_in("member")
    cookie = {"name": "issue_portal_errand", "value": note, "url": member.server.url}
    member.context.add_cookies([cookie])
    member.opens("/sign_in").sees("Your account")


def test_sign_in_cookie_needs_a_valid_ticket(portal):
    for headers in ({}, {"X-Sign-In-Ticket": ""}, {"X-Sign-In-Ticket": "guessed"}):
        answer = httpx.post(f"{portal.url}/cookie", headers=headers)
        assert (answer.status_code, answer.headers.get("set-cookie")) == (400, None)
