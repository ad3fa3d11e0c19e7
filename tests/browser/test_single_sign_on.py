"""Sign-in at an OpenID Connect provider that runs as a process of its own."""

import hashlib
import uuid

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import RECEIVED
from tests.browser.provider_sign_in import (
    download,
    leaves_for_the_provider,
    sign_in_cookies,
    signs_in_as,
    signs_out,
)
from tests.servers.oidc import PEOPLE


@pytest.mark.parametrize(
    "note", ["page=pages%2Fsign_in.py", "page=pages%2Freport.py&query=embed%3Dtrue"]
)
def test_forged_return_target_leads_to_the_form(people, single, note):
    """Regression: the target was the sign-in page itself; six such tabs blocked the portal."""
    mia = signs_in_as(people(single).opens("/sign_in"), "mia")
    cookie = {"name": "issue_portal_errand", "value": f"in=1&{note}", "url": single.url}
    mia.context.add_cookies([cookie])
    mia.opens("/sign_in")
    mia.waits_until(lambda: not mia.has_cookie("issue_portal_errand"))
    mia.sees("Report a problem")


def test_sign_in_returns_to_the_page_and_sign_out_revokes_copies(people, single):
    rob = people(single).opens("/review?state=Closed").sees("Sign in to see this page.")
    signs_in_as(rob, "rob").sees("No matching issues")
    assert rob.page.url == f"{single.url}/review?state=Closed"
    cookies = sign_in_cookies(rob)
    assert all(cookie["httpOnly"] for cookie in cookies)
    rob.page.reload()
    rob.sees("Rob Reviewer")
    copy = people(single)
    copy.context.add_cookies(cookies)
    copy.opens("/review").sees("More filters")
    assert download(rob, cookies) == 200

    signs_out(rob.goes_to("Rob Reviewer"))
    assert sign_in_cookies(rob) == []
    assert download(rob, cookies) == 401
    copy.goes_to("Help").sees_not("Rob Reviewer")
    copy.opens("/review").sees("Sign in to see this page.")
    # A new sign-in is another one.
    signs_in_as(rob, "rob", "Sign in with Acme").sees("Rob Reviewer")
    assert download(rob, sign_in_cookies(rob)) == 200


def test_unwritten_sign_out_is_reported(people, single):
    rob = people(single).opens("/review")
    signs_in_as(rob, "rob")
    folder = single.data_dir / "ended"
    aside = folder.with_name("aside")
    if folder.exists():
        folder.rename(aside)
    folder.write_text("")
    try:
        signs_out(rob.goes_to("Rob Reviewer"))
        rob.sees("We couldn't save your sign-out")
    finally:
        folder.unlink()
        if aside.exists():
            aside.rename(folder)


def test_other_sites_cannot_sign_a_user_out(people, single):
    rob = people(single).opens("/review")
    signs_in_as(rob, "rob").sees("Rob Reviewer")
    cookies = sign_in_cookies(rob)
    rob.page.goto(single.provider_url + "/.well-known/openid-configuration")
    rob.page.evaluate("url => { location = url }", f"{single.url}/auth/logout")
    rob.sees("Rob Reviewer")
    assert download(rob, cookies) == 200
    # The person can, and then it is over for every copy too.
    rob.page.goto(f"{single.url}/auth/logout")
    rob.presses("End session").sees("Report a problem").settles()
    assert sign_in_cookies(rob) == []
    assert download(rob, cookies) == 401


def test_draft_survives_a_sign_in_at_the_provider(people, single):
    words = f"The answer ignored chapter {uuid.uuid4().hex[:10]}"
    mia = people(single).opens("/?type=Format&thread=t1&interaction=i1").writes(words)
    mia.sees(f"{len(words)} of 10,000 characters").presses("Sign in to report with your name")
    signs_in_as(mia, "mia")
    expect(mia.page.get_by_label("What happened?")).to_have_value(words)
    expect(mia.page.get_by_label("Poor formatting")).to_be_checked()
    expect(mia.page.get_by_role("textbox", name="Conversation ID")).to_have_value("t1")
    expect(mia.page.get_by_label("Report anonymously")).not_to_be_checked()
    mia.presses("Send report").sees(RECEIVED).goes_to("My reports")
    expect(mia.row(words)).to_have_count(1)
    mia.opens("/review").sees("This page is for reviewers.")
    mia.opens().writes("Another one").sees("11 of 10,000 characters")
    signs_out(mia.goes_to("Mia Member")).goes_to("Report")
    expect(mia.page.get_by_label("What happened?")).to_have_value("")


def test_refused_sign_in_is_explained_and_can_be_repeated(people, single):
    visitor = people(single).opens("/review")
    visitor.page.get_by_role("main").get_by_role("button", name="Sign in with Gone").click()
    visitor.sees("Sign-in was refused or didn't finish. Try again.")
    visitor.settles()
    leaves_for_the_provider(visitor).presses("Deny")
    visitor.sees("Sign-in was refused or didn't finish. Try again.")
    signs_in_as(visitor, "eve").sees("You're signed in as eve@elsewhere.example")
    visitor.sees("which has no access here").sees_not("Sign in with Acme")
    assert download(visitor, sign_in_cookies(visitor)) == 401
    visitor.opens().chooses("No answer").writes("As a visitor, all the same.")
    visitor.presses("Send report").sees(RECEIVED)


def test_role_comes_from_the_last_sign_in(people, single, provider):
    rob = people(single).opens("/review")
    signs_in_as(rob, "rob").sees("More filters")
    try:
        claims = PEOPLE["rob"] | {"realm_access": {"roles": ["staff"]}}
        assert httpx.put(f"{provider.url}/users/rob", json=claims).is_success
        signs_out(rob.goes_to("Rob Reviewer"))
        signs_in_as(rob, "rob").opens("/review").sees("This page is for reviewers.")
    finally:
        httpx.put(f"{provider.url}/users/rob", json=PEOPLE["rob"])


def test_callback_cannot_fill_the_log_or_control_a_terminal(single):
    before = len(single.log)
    escapes = "%1b%5b2J%c2%9b1A%e2%80%a8" + "x" * 5_000
    # As a browser has it that has left for the provider.
    begun = f"_streamlit_user_begun_{hashlib.sha256(b'x').hexdigest()[:16]}=1"
    query = f"state=x&error_description={escapes}&error={escapes}"
    with httpx.Client(base_url=single.url) as client:
        for number in range(1_000):
            client.get(f"/oauth2callback?{query}{number}", headers={"Cookie": begun})
    written = single.log[before:]
    assert "Error during authentication" in written
    assert "\x1b" not in written
    assert "\x9b" not in written
    assert len(written) < 1_000_000


@pytest.mark.parametrize("path", ["auth/login", "auth/logout", "oauth2callback?code=x&state=y"])
def test_provider_routes_are_not_found_without_a_provider(portal, path):
    """Each request logged an error, and the log shows only 300 a minute."""
    before = len(portal.log)
    assert httpx.get(f"{portal.url}/{path}").status_code == 404
    assert "ERROR" not in portal.log[before:]
