"""Sign-in with a password: sign-out, revoked sign-ins, password guesses, new passwords."""

import json
import re
import sys
import uuid

import httpx
import pytest
from playwright.sync_api import expect

from issue_portal.models.vocabulary import IssueType, Role
from tests.browser.conftest import RECEIVED, report
from tests.servers.installation import Server, make_portal_server
from tests.servers.processes import find_free_port

WRONG_PASSWORD = "Wrong username or password."
# The attempts before may take a minute or two.
TOO_MANY_ATTEMPTS = re.compile(r"Too many wrong passwords\. Try again in 1[345] minutes\.")


@pytest.fixture
def account(portal) -> dict[str, str]:
    """Username and password of an account that no other test uses."""
    email = f"u{uuid.uuid4().hex[:10]}@example.com"
    result = portal.run_command("user", "add", email, "--name", "Uma User", "--json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def get_sign_in_cookie(person) -> dict:
    """Return the sign-in cookie of this person."""
    return next(c for c in person.context.cookies() if c["name"] == "issue_portal")


def fetch_export_status(person, cookie: dict) -> int:
    """Request the export of issues with this cookie; return the status code."""
    url = f"{person.server.url}/issues.csv"
    return httpx.get(url, cookies={cookie["name"]: cookie["value"]}).status_code


def send_report(account, server):
    """Send a report in the name of this account."""
    with server.client(server.token(account["username"])) as client:
        return report(client, "Before", IssueType.OTHER)


def test_signing_out_revokes_copied_cookies(new_person, account):
    person = new_person().opens("/sign_in").signs_in(**account)
    cookie = get_sign_in_cookie(person)
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["secure"]) == (True, "Strict", False)
    attacker = new_person().ignores_changes()
    attacker.context.add_cookies([cookie])
    attacker.opens("/my_issues").sees("Uma User")
    other_tab = person.context.new_page()
    other_tab.goto(f"{person.server.url}/my_issues")
    expect(
        other_tab.get_by_text("You haven't sent any reports with your name yet.")
    ).to_be_visible()
    issue = send_report(account, person.server)
    attacker.opens(f"/my_issues?issue={issue.id}")
    attacker.presses("Edit")
    attacker.writes("After")
    assert fetch_export_status(person, cookie) == 200

    person.goes_to("Report").signs_out()
    assert fetch_export_status(person, cookie) == 401
    # The attacker's page does not poll: it shows the notice when a button is pressed. The other tab
    # polls: it shows the notice without an action.
    attacker.presses("Save")
    for tab in (attacker.page, other_tab):
        notice = tab.get_by_text("You've been signed out. Sign in again.")
        expect(notice).to_be_visible(timeout=20_000)
    with person.server.client(person.server.token("Rob", Role.ADMIN)) as client:
        assert client.get(issue.id).description == "Before"
    attacker.goes_to("Report").sees_not("Uma User")
    attacker.context.clear_cookies()
    attacker.context.add_cookies([cookie])
    attacker.opens("/my_issues").sees("Sign in to see this page.")
    assert "issue_portal" not in [c["name"] for c in person.context.cookies()]


def test_new_password_revokes_other_sign_ins(new_person, account):
    person = new_person().opens("/sign_in").signs_in(**account).goes_to_account()
    other = new_person().opens("/sign_in").signs_in(**account)
    old_cookie = get_sign_in_cookie(person)
    page = person.page

    def change_password(old: str, new: str) -> None:
        page.get_by_label("Current password").fill(old)
        page.get_by_label("New password").fill(new)
        person.presses("Save new password")

    new = f"new {uuid.uuid4().hex[:12]}"
    person.expands("Change password")
    change_password("not the password", new)
    person.sees("The current password is wrong.")
    change_password(account["password"], "short")
    person.sees("too short. Use at least 8 characters.")
    change_password(account["password"], account["username"])
    person.sees("The new password is too easy to guess")
    change_password(account["password"], new)
    person.sees("Password changed")
    person.waits_until(lambda: get_sign_in_cookie(person)["value"] != old_cookie["value"])
    page.reload()
    person.sees("Uma User")
    assert fetch_export_status(person, old_cookie) == 401
    other.goes_to("Report").sees_not("Uma User").opens("/my_issues").sees("Sign in to see")
    other.tries(**account).sees(WRONG_PASSWORD)
    other.signs_in(account["username"], new).sees("Uma User")


def test_next_person_does_not_see_draft_or_receipt_of_a_revoked_sign_in(
    new_person, portal, account
):
    """Regression: the next person at the browser saw the receipt and the draft."""
    notice = "You've been signed out. Sign in again."
    person = new_person().opens("/sign_in").signs_in(**account).goes_to("Report")
    text = person.page.get_by_label("What happened?")
    person.chooses("No answer").writes("My own words")

    portal.run_command("user", "disable", account["username"])
    person.goes_to("Help").sees(notice).goes_to("Report").sees(notice)
    person.presses("Continue without signing in")
    expect(text).to_have_value("")
    person.waits_until(
        lambda: not person.page.evaluate("sessionStorage['issue-portal-draft-report']")
    )
    portal.run_command("user", "enable", account["username"])
    person.goes_to("Sign in").signs_in(**account).goes_to("Report")
    expect(text).to_have_value("My own words")

    receipt = person.presses("Send report").sees(RECEIVED).receipt()
    portal.run_command("user", "disable", account["username"])
    person.goes_to("Help").goes_to("Report").sees(notice).sees_not(receipt)
    person.signs_in("member")
    expect(person.page.get_by_role("button", name="Send report")).to_be_visible()
    person.sees_not(receipt).goes_to("Track")
    expect(person.page.get_by_role("textbox", name="Receipt")).to_have_value("")


def test_draft_is_removed_if_the_account_was_disabled_before_a_reconnect(new_person, tmp_path):
    server = make_portal_server(tmp_path / "data").start()
    try:
        person = new_person(server).opens("/sign_in").signs_in("member").goes_to("Report")
        person.chooses("No answer").writes("My own words")
        person.page.evaluate(
            """() => new MutationObserver(() => {
              if (document.querySelector("[data-testid=stDialog]"))
                document.body.classList.add("dialog-has-opened");
            }).observe(document.body, { childList: true })"""
        )
        server.stop()
        person.sees("Can't reach the portal.")
        # The person can go on typing, also after Streamlit's own dialog; only Send waits.
        person.page.locator("body.dialog-has-opened").wait_for(state="attached")
        person.page.keyboard.type(" and more", delay=50)
        expect(person.page.get_by_text("Connection error")).to_have_count(0)
        field = person.page.get_by_label("What happened?")
        expect(field).to_have_value("My own words and more")
        expect(person.page.get_by_role("button", name="Reconnecting…")).to_be_disabled()
        server.run_command("user", "disable", "member")
        server.start()
        notice = person.page.get_by_text("Can't reach the portal.")
        expect(notice).to_have_count(0, timeout=30_000)
        person.opens_menu().presses("Español")
        # The page reloads. Meanwhile, it may have no text field, or two.
        text = person.page.locator(".st-key-report_description textarea").first
        expect(text).to_have_value("")
        stored_draft = "sessionStorage['issue-portal-draft-report'] ?? ''"
        assert "My own words" not in person.page.evaluate(stored_draft)
    finally:
        server.stop()


def test_password_reset_and_disabling_revoke_sign_ins(new_person, portal, account):
    person = new_person().opens("/sign_in").signs_in(**account)
    result = portal.run_command("user", "password", account["username"], "--json")
    new = json.loads(result.stdout)["password"]
    person.goes_to("Report").sees_not("Uma User").goes_to("Sign in").signs_in(
        account["username"], new
    )
    portal.run_command("user", "disable", account["username"])
    person.goes_to("Help").sees_not("Uma User").goes_to("Sign in")
    person.tries(account["username"], new).sees(WRONG_PASSWORD)


def test_sign_ins_survive_key_rotation_until_the_old_key_is_removed(new_person, tmp_path):
    portal = make_portal_server(tmp_path / "data")
    del portal.env["ISSUES_SECRET_KEY"]
    portal.start()
    try:
        person, other = (new_person(portal).opens("/sign_in").signs_in("member") for _ in range(2))
        revoked_cookie = get_sign_in_cookie(other)
        other.signs_out()
        assert portal.run_command("key", "rotate").returncode == 0
        portal.stop()
        portal.start()
        person.opens("/my_issues").sees("Morgan Member")
        assert fetch_export_status(person, get_sign_in_cookie(person)) == 200
        assert fetch_export_status(person, revoked_cookie) == 401
        file = portal.data_dir / "secret.key"
        file.write_text(file.read_text().splitlines()[0])
        portal.stop()
        portal.start()
        person.opens("/my_issues").sees("Sign in to see this page.")
    finally:
        portal.stop()


def use_up_attempts(person, name: str) -> None:
    """Try as many wrong passwords as the throttle allows, each in a new session."""
    for password in ("wrong", "x" * 100, "member", "", "\x00"):
        person.opens("/sign_in").tries(name, password).sees(WRONG_PASSWORD)


@pytest.fixture
def proxied_portal(portal, tmp_path):
    """The portal behind a proxy that sends 203.0.113.7 as the client's address."""
    port = find_free_port()
    command = [sys.executable, "-m", "tests.servers.proxy", str(port), str(portal.port)]
    server = Server([*command, "203.0.113.7"], port, tmp_path / "proxy", {**portal.env}).start()
    yield server
    server.stop()


def test_password_guesses_are_counted_per_address_over_all_sessions(
    new_person, portal, account, proxied_portal
):
    guesser = new_person(proxied_portal)
    use_up_attempts(guesser, account["username"])
    guesser.opens("/sign_in").tries(**account).sees(TOO_MANY_ATTEMPTS).sees_not(WRONG_PASSWORD)
    new_person(proxied_portal).opens("/sign_in").tries(**account).sees(TOO_MANY_ATTEMPTS)
    guesser.opens("/sign_in").signs_in("member", portal.passwords["member"])
    # The person who has the account is at another address.
    new_person(portal).opens("/sign_in").signs_in(**account).sees("Uma User")


def test_sign_out_works_when_it_cannot_be_stored(new_person, tmp_path):
    server = make_portal_server(tmp_path / "data").start()
    try:
        member = new_person(server).opens("/sign_in").signs_in("member")
        cookie = get_sign_in_cookie(member)
        # A file in place of the folder makes writing fail, even for root.
        (server.data_dir / "ended").write_text("")
        member.opens("/help").signs_out()
        member.sees("We couldn't save your sign-out")
        member.waits_until(lambda: not member.has_cookie("issue_portal"))
        member.page.reload()
        member.sees("Username")
        attacker = new_person(server)
        attacker.context.add_cookies([cookie])
        attacker.opens("/my_issues").sees("Sign in to see this page.")
        # The portal stores the sign-out as soon as it can, at the latest when it stops.
        (server.data_dir / "ended").unlink()
        server.stop()
        assert list((server.data_dir / "ended").iterdir())
    finally:
        server.stop()


def test_return_cookie_is_ignored_without_a_provider(new_person):
    """Any program on another port of the same host can set the cookie."""
    member = new_person().opens("/sign_in").signs_in("member")
    for value in ("is_sign_in=0", "is_sign_in=1&page=pages%2Fhelp.py"):
        cookie = {"name": "issue_portal_return", "value": value, "url": member.server.url}
        member.context.add_cookies([cookie])
        member.opens("/sign_in").sees("Your account")


def test_invalid_ticket_gets_no_sign_in_cookie(portal):
    for headers in ({}, {"X-Sign-In-Ticket": ""}, {"X-Sign-In-Ticket": "guessed"}):
        response = httpx.post(f"{portal.url}/cookie", headers=headers)
        assert (response.status_code, response.headers.get("set-cookie")) == (400, None)
