"""API tokens on the account page."""

import re
import sqlite3
from contextlib import closing

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.person import Person
from tests.browser.test_accessibility import press_tab_until
from tests.servers.installation import Server

NEW_TOKEN_BOX = ".st-key-created_api_token_box"
SECRET = re.compile(r"ipat_[A-Za-z0-9_-]{43}")


def opens_account(person: Person, username: str = "member") -> Person:
    return person.signed_in_as(username).opens("/account").sees("API tokens")


def fills_form(person: Person, name: str, *scopes: str) -> Person:
    """Fill in the form for a token, but do not submit it."""
    person.expands("Create a token")
    person.page.get_by_role("textbox", name="Name").fill(name)
    for scope in scopes:
        person.page.get_by_text(f"{scope}:").click()
    return person


def read_secret(person: Person) -> str:
    code = person.page.locator(NEW_TOKEN_BOX).get_by_test_id("stCode")
    expect(code).to_be_visible()
    return SECRET.search(code.inner_text())[0]


def token_row(page: Page, name: str):
    return page.locator("[class*=st-key-api_token_token]").filter(has_text=name)


def get_me(portal: Server, secret: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {secret}"}
    return httpx.get(f"{portal.url}/api/v1/app/me", headers=headers)


def test_person_creates_copies_uses_and_revokes_a_token(new_person, portal, words):
    member = opens_account(new_person(permissions=["clipboard-read", "clipboard-write"]))
    fills_form(member, f"<b>*{words}*</b>", "Read reports").presses("Create token")
    secret = read_secret(member)
    box = member.page.locator(NEW_TOKEN_BOX)
    expect(box).to_contain_text(f"<b>*{words}*</b>")
    copy = box.get_by_role("button", name="Copy token")
    expect(copy).to_be_focused()
    copy.press("Enter")
    member.waits_until(
        lambda: member.page.evaluate("navigator.clipboard.readText()").strip() == secret
    )
    storage = member.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    cookies = str(member.context.cookies())
    assert secret not in storage + cookies + member.page.url + portal.log

    assert get_me(portal, secret).json()["email"] == "member@example.com"
    with portal.client(secret) as client:
        assert client.tokens()[0].scopes == ("read",)
    row = token_row(member.page, words)
    expect(row).to_contain_text(re.compile("Read reports · Member · created .* · valid until"))

    # The secret goes when the page is left.
    member.goes_to("Help").goes_to_account().sees(f"<b>*{words}*</b>")
    expect(member.page.locator(NEW_TOKEN_BOX)).to_have_count(0)
    assert secret not in member.page.content()
    expect(row).to_contain_text("last used")

    row.get_by_role("button", name="Revoke").click()
    dialog = member.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    expect(row.get_by_role("button", name="Revoke")).to_be_focused()
    assert get_me(portal, secret).status_code == 200
    row.get_by_role("button", name="Revoke").click()
    dialog.get_by_role("button", name="Revoke").click()
    expect(row).to_have_count(0)
    assert get_me(portal, secret).status_code == 401
    assert secret not in portal.log


def test_form_says_what_is_missing_and_keeps_what_was_typed(new_person):
    reviewer = opens_account(new_person(), "reviewer")
    fills_form(reviewer, " ").presses("Create token")
    reviewer.sees("Give the token a name.").sees("Choose what the token can do.")
    name = reviewer.page.get_by_role("textbox", name="Name")
    expect(name).to_be_focused()
    expect(name).to_have_accessible_error_message("Give the token a name.")
    name.fill("A script")
    expect(reviewer.page.get_by_text("Give the token a name.")).to_be_hidden()
    reviewer.sees("Choose what the token can do.")
    expect(name).not_to_have_attribute("aria-invalid", "true")
    reviewer.presses("Create token").sees("Choose what the token can do.")
    scopes = reviewer.page.get_by_role("group", name="What can it do?")
    expect(scopes.get_by_role("checkbox").first).to_be_focused()
    reviewer.page.get_by_text("Review reports:").click()
    expect(reviewer.page.get_by_text("Choose what the token can do.")).to_be_hidden()
    reviewer.chooses("Only reports sent with your name").presses("Create token")
    reviewer.sees("To review, the token needs access to all reports.")
    expect(reviewer.page.get_by_role("radio", name="Only reports")).to_be_focused()
    expect(name).to_have_value("A script")


def test_two_tokens_cannot_have_the_same_name(new_person, words):
    member = fills_form(opens_account(new_person()), words, "Send reports")
    member.presses("Create token")
    read_secret(member)
    member.presses("Done")
    fold = member.page.locator("summary").filter(has_text="Create a token")
    expect(fold).to_be_focused()
    name = member.page.get_by_role("textbox", name="Name")
    fills_form(member, f" {words.upper()}", "Send reports").presses("Create token")
    member.sees("You already have a token with this name. Choose another name.")
    expect(name).to_be_focused()
    expect(token_row(member.page, words)).to_have_count(1)


def test_focus_goes_to_the_next_token_and_then_to_the_form(new_person, words):
    member = opens_account(new_person(), "reviewer")
    for number in (1, 2):
        fills_form(member, f"{words} {number}", "Read reports").presses("Create token")
        expect(token_row(member.page, f"{words} {number}")).to_be_visible()
    for position in (1, 2):
        token_row(member.page, f"{words} {position}").get_by_role("button").click()
        member.page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
        expect(token_row(member.page, f"{words} {position}")).to_have_count(0)
        if position == 1:
            remaining = token_row(member.page, f"{words} 2")
            expect(remaining.get_by_role("button", name="Revoke")).to_be_focused()


def test_member_is_offered_only_what_a_member_may_do(new_person):
    member = opens_account(new_person())
    member.expands("Create a token")
    expect(member.page.get_by_role("checkbox")).to_have_count(2)
    member.sees_not("Review reports").sees_not("Which reports?")


@pytest.mark.parametrize("second_click", ["Create token", "Español"])
def test_second_click_while_creating_neither_loses_nor_repeats_the_token(
    new_person, portal, words, second_click
):
    member = fills_form(opens_account(new_person()), words, "Send reports")
    with closing(sqlite3.connect(portal.data_dir / "issues.db")) as lock:
        lock.execute("BEGIN IMMEDIATE")
        member.presses("Create token")
        app = member.page.get_by_test_id("stApp")
        expect(app).to_have_attribute("data-test-script-state", "running")
        if second_click == "Español":
            member.page.locator(".st-key-account_menu button").click()
        member.presses(second_click)
    secret = read_secret(member)
    assert get_me(portal, secret).status_code == 200
    expect(token_row(member.page, words)).to_have_count(1)


def test_token_can_be_created_by_keyboard(new_person, words):
    member = opens_account(new_person())
    press = member.page.keyboard.press
    press_tab_until(member.page, "Create a token")
    press("Enter")
    press_tab_until(member.page, "Name")
    member.page.keyboard.type(words)
    press_tab_until(member.page, "Send reports")
    press("Space")
    press_tab_until(member.page, "Create token")
    press("Enter")
    assert read_secret(member)


def test_next_person_at_the_browser_does_not_see_the_secret(new_person, words):
    person = fills_form(opens_account(new_person()), words, "Send reports")
    person.presses("Create token")
    secret = read_secret(person)
    person.server.sign_in_cookies.clear()  # The sign-out ends the shared sign-in.
    person.signs_out()
    assert secret not in person.page.content()
    person.signs_in("reviewer").opens("/account").sees("Robin Reviewer").sees("API tokens")
    assert secret not in person.page.content()
    expect(token_row(person.page, words)).to_have_count(0)


def test_secret_is_in_view_below_a_list_on_a_phone(new_person, words):
    member = opens_account(new_person(viewport={"width": 375, "height": 720}))
    for number in (2, 1, 3):
        name = f"{words} {number}"
        fills_form(member, name, "Send reports").presses("Create token")
        box = member.page.locator(NEW_TOKEN_BOX)
        expect(box).to_contain_text(name)
        expect(box.get_by_test_id("stCode")).to_be_in_viewport()
        expect(box.get_by_role("button", name="Done")).to_be_in_viewport()
    rows = member.page.locator("[class*=st-key-api_token_token] b").filter(has_text=words)
    expect(rows).to_have_text([f"{words} {number}" for number in (1, 2, 3)])
