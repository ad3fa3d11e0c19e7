"""Sign-in and sign-out at an OpenID Connect provider."""

import hashlib
import uuid

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import RECEIVED
from tests.browser.provider_sign_in import (
    fetch_export_status,
    leaves_for_the_provider,
    sign_in_cookies,
    signs_in_as,
    signs_out,
)
from tests.servers.oidc import PEOPLE


@pytest.mark.parametrize(
    "target", ["page=pages%2Fsign_in.py", "page=pages%2Freport.py&query=embed%3Dtrue"]
)
def test_invalid_return_target_opens_the_report_form(new_person, oidc_portal, target):
    """Regression: six sign-in pages that returned to themselves in a loop blocked the portal."""
    mia = signs_in_as(new_person(oidc_portal).opens("/sign_in"), "mia")
    cookie = {
        "name": "issue_portal_return",
        "value": f"is_sign_in=1&{target}",
        "url": oidc_portal.url,
    }
    mia.context.add_cookies([cookie])
    mia.opens("/sign_in")
    mia.waits_until(lambda: not mia.has_cookie("issue_portal_return"))
    mia.sees("Report a problem")


def test_sign_in_returns_to_the_page_and_sign_out_revokes_copied_cookies(new_person, oidc_portal):
    rob = new_person(oidc_portal).opens("/review?state=Closed").sees("Sign in to see this page.")
    signs_in_as(rob, "rob").sees("No matching issues")
    assert rob.page.url == f"{oidc_portal.url}/review?state=Closed"
    cookies = sign_in_cookies(rob)
    assert all(cookie["httpOnly"] for cookie in cookies)
    rob.page.reload()
    rob.sees("Rob Reviewer")
    attacker = new_person(oidc_portal)
    attacker.context.add_cookies(cookies)
    attacker.opens("/review").sees("Newest")
    assert fetch_export_status(rob, cookies) == 200

    signs_out(rob)
    assert sign_in_cookies(rob) == []
    assert fetch_export_status(rob, cookies) == 401
    attacker.goes_to("Help").sees_not("Rob Reviewer")
    attacker.opens("/review").sees("Sign in to see this page.")
    # A new sign-in is not revoked.
    signs_in_as(rob, "rob", "Sign in with Acme").sees("Rob Reviewer")
    assert fetch_export_status(rob, sign_in_cookies(rob)) == 200


def test_sign_out_that_cannot_be_stored_is_reported(new_person, oidc_portal):
    rob = new_person(oidc_portal).opens("/review")
    signs_in_as(rob, "rob")
    folder = oidc_portal.data_dir / "ended"
    moved = folder.with_name("moved")
    if folder.exists():
        folder.rename(moved)
    folder.write_text("")
    try:
        signs_out(rob)
        rob.sees("We couldn't save your sign-out")
    finally:
        folder.unlink()
        if moved.exists():
            moved.rename(folder)


def test_other_sites_cannot_sign_a_person_out(new_person, oidc_portal):
    rob = new_person(oidc_portal).opens("/review")
    signs_in_as(rob, "rob").sees("Rob Reviewer")
    cookies = sign_in_cookies(rob)
    rob.page.goto(oidc_portal.provider_url + "/.well-known/openid-configuration")
    rob.page.evaluate("url => { location = url }", f"{oidc_portal.url}/auth/logout")
    rob.sees("Rob Reviewer")
    assert fetch_export_status(rob, cookies) == 200
    # The person can sign out, which also revokes copied cookies.
    rob.page.goto(f"{oidc_portal.url}/auth/logout")
    rob.presses("End session").sees("Report a problem").settles()
    assert sign_in_cookies(rob) == []
    assert fetch_export_status(rob, cookies) == 401


def test_draft_is_sent_after_a_sign_in_at_the_provider(new_person, oidc_portal):
    words = f"The answer ignored chapter {uuid.uuid4().hex[:10]}"
    mia = new_person(oidc_portal).opens("/?type=Format&thread=t1&interaction=i1").writes(words)
    mia.waits_for_autosave().reports_by_name().presses("Sign in and send")
    signs_in_as(mia, "mia").sees(RECEIVED).goes_to("My reports")
    expect(mia.row(words)).to_have_count(1)
    mia.row(words).click()
    mia.sees("Poor formatting")
    facts = mia.page.locator(".facts").filter(has_text="Conversation")
    expect(facts).to_have_text("Conversationt1Answeri1")
    mia.opens("/review").sees("This page is for reviewers.")
    mia.opens().writes("Another one").waits_for_autosave()
    signs_out(mia).goes_to("Report")
    expect(mia.page.get_by_label("What happened?")).to_have_value("")


def test_failed_sign_in_is_explained_and_can_be_repeated(new_person, oidc_portal):
    visitor = new_person(oidc_portal).opens("/review")
    visitor.page.get_by_role("main").get_by_role("button", name="Sign in with Gone").click()
    visitor.sees("Sign-in was refused or didn't finish. Try again.")
    visitor.settles()
    leaves_for_the_provider(visitor).presses("Deny")
    visitor.sees("Sign-in was refused or didn't finish. Try again.")
    signs_in_as(visitor, "eve").sees("You're signed in as eve@elsewhere.example")
    visitor.sees("which has no access here").sees_not("Sign in with Acme")
    assert fetch_export_status(visitor, sign_in_cookies(visitor)) == 401
    visitor.opens().chooses("No answer").writes("Sent as a visitor.")
    visitor.presses("Send report").sees(RECEIVED)


def test_role_comes_from_the_latest_sign_in(new_person, oidc_portal, provider):
    rob = new_person(oidc_portal).opens("/review")
    signs_in_as(rob, "rob").sees("Newest")
    try:
        claims = PEOPLE["rob"] | {"realm_access": {"roles": ["staff"]}}
        assert httpx.put(f"{provider.url}/users/rob", json=claims).is_success
        signs_out(rob)
        signs_in_as(rob, "rob").opens("/review").sees("This page is for reviewers.")
    finally:
        httpx.put(f"{provider.url}/users/rob", json=PEOPLE["rob"])


def test_callback_errors_cannot_flood_the_log_or_send_escape_codes(oidc_portal):
    before = len(oidc_portal.log)
    escapes = "%1b%5b2J%c2%9b1A%e2%80%a8" + "x" * 5_000
    # The portal sets the state cookie when a sign-in starts.
    state_cookie = f"_streamlit_user_begun_{hashlib.sha256(b'x').hexdigest()[:16]}=1"
    query = f"state=x&error_description={escapes}&error={escapes}"
    with httpx.Client(base_url=oidc_portal.url) as client:
        for number in range(1_000):
            client.get(f"/oauth2callback?{query}{number}", headers={"Cookie": state_cookie})
    new_log = oidc_portal.log[before:]
    assert "Error during authentication" in new_log
    assert "\x1b" not in new_log
    assert "\x9b" not in new_log
    assert len(new_log) < 1_000_000


@pytest.mark.parametrize("path", ["auth/login", "auth/logout", "oauth2callback?code=x&state=y"])
def test_provider_routes_are_not_found_without_a_provider(portal, path):
    """Regression: each request logged an error, so 300 requests a minute hid other errors."""
    before = len(portal.log)
    assert httpx.get(f"{portal.url}/{path}").status_code == 404
    assert "ERROR" not in portal.log[before:]
