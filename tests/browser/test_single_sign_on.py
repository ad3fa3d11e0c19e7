"""Signing in at a provider of OpenID Connect, or at a proxy, each a process of its own."""

import hashlib
import json
import re
import sys
import time
import uuid
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import RECEIVED
from tests.servers import original_form, proxy
from tests.servers.installation import Server, portal_server, portal_to
from tests.servers.processes import free_port
from web.streamlit_compat import create_signed_value

COOKIE_SECRET = "a cookie secret of the tests, long enough"
PEOPLE = {
    "mia": {"email": "Mia@Example.com", "name": "Mia Member", "email_verified": True},
    "rob": {
        "email": "rob@example.com",
        "name": "Rob Reviewer",
        "email_verified": True,
        "realm_access": {"roles": ["issue-reviewers", "staff"]},
    },
    "max": {"email": "max@example.com", "name": "Max Member", "email_verified": True},
    "eve": {"email": "eve@elsewhere.example", "name": "Eve", "email_verified": True},
}
ROLES = {
    "ISSUES_REVIEWERS": "issue-reviewers, boss@example.com",
    "ISSUES_MEMBERS": "@example.com",
}


@pytest.fixture(scope="module")
def provider(tmp_path_factory) -> Iterator[Server]:
    port = free_port()
    people = [json.dumps({"sub": name, **claims}) for name, claims in PEOPLE.items()]
    options = [option for claims in people for option in ("--user-claims", claims)]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), *options]
    data_dir = tmp_path_factory.mktemp("provider") / "data"
    ready_path = "/.well-known/openid-configuration"
    server = Server(command, port, data_dir, {}, ready_path=ready_path).start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def single(provider, tmp_path_factory) -> Iterator[Server]:
    """A portal whose people sign in at the provider, by either of two names; a third is gone."""
    data_dir = tmp_path_factory.mktemp("single") / "data"
    roles = ROLES | {"ISSUES_ROLE_CLAIM": "realm_access.roles"}
    server = portal_server(data_dir, **roles)
    server.leads_to = provider.url
    client = f"""
    client_id = "issue-portal"
    client_secret = "a secret"
    server_metadata_url = "{provider.url}{provider.ready_path}"
    """
    secrets = data_dir.parent / "secrets.toml"
    secrets.write_text(
        f"""
    [auth]
    redirect_uri = "{server.url}/oauth2callback"
    cookie_secret = "{COOKIE_SECRET}"
    {client}
    [auth.acme]
    {client}
    [auth.gone]
    {client.replace(provider.url, f"http://localhost:{free_port()}")}
    """
    )
    server.env["STREAMLIT_SECRETS_FILES"] = str(secrets)
    yield server.start()
    server.stop()


def leaves_for_the_provider(person, button: str = "Sign in"):
    person.page.get_by_role("main").get_by_role("button", name=button, exact=True).click()
    expect(person.page.get_by_role("heading", name="Authorize Client")).to_be_visible()
    return person


def signs_in_as(person, name: str, button: str = "Sign in"):
    leaves_for_the_provider(person, button).presses(name)
    # Once they are back where they wanted to be, the note of it is removed.
    person.waits_until(lambda: not person.has_cookie("issue_portal_errand")).settles()
    return person


def signs_out(person):
    person.presses("Sign out").presses("End session").sees("You're signed out.")
    person.settles()
    return person


def sign_in_cookies(person) -> list[dict]:
    return [c for c in person.context.cookies() if c["name"].startswith("_streamlit_user")]


def download(person, cookies: list[dict]) -> int:
    jar = {cookie["name"]: cookie["value"] for cookie in cookies}
    return asks_for_all(person.server, jar)


@pytest.mark.parametrize(
    "note", ["page=pages%2Fsign_in.py", "page=pages%2Freport.py&query=embed%3Dtrue"]
)
def test_note_of_an_errand_that_was_changed_by_hand_leads_to_a_page(people, single, note):
    """One led from the sign-in page to itself, for ever; six such tabs stopped the portal."""
    mia = signs_in_as(people(single).opens("/sign_in"), "mia")
    cookie = {"name": "issue_portal_errand", "value": f"in=1&{note}", "url": single.url}
    mia.context.add_cookies([cookie])
    mia.opens("/sign_in")
    mia.waits_until(lambda: not mia.has_cookie("issue_portal_errand"))
    mia.sees("Report a problem")


def test_sign_in_leads_back_and_signing_out_ends_it_for_every_copy(people, single):
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


def test_signing_out_that_cannot_be_written_down_is_told(people, single):
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


def test_another_site_signs_nobody_out(people, single):
    rob = people(single).opens("/review")
    signs_in_as(rob, "rob").sees("Rob Reviewer")
    cookies = sign_in_cookies(rob)
    rob.page.goto(single.leads_to + "/.well-known/openid-configuration")
    rob.page.evaluate("url => { location = url }", f"{single.url}/auth/logout")
    rob.sees("Rob Reviewer")
    assert download(rob, cookies) == 200
    # The person can, and then it is over for every copy too.
    rob.page.goto(f"{single.url}/auth/logout")
    rob.presses("End session").sees("Report a problem").settles()
    assert sign_in_cookies(rob) == []
    assert download(rob, cookies) == 401


def test_what_a_visitor_wrote_goes_along_to_the_provider_and_back(people, single):
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


def test_refusals_are_told_and_leave_a_way_on(people, single):
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


def test_role_is_that_of_the_last_sign_in(people, single, provider):
    rob = people(single).opens("/review")
    signs_in_as(rob, "rob").sees("More filters")
    try:
        claims = PEOPLE["rob"] | {"realm_access": {"roles": ["staff"]}}
        assert httpx.put(f"{provider.url}/users/rob", json=claims).is_success
        signs_out(rob.goes_to("Rob Reviewer"))
        signs_in_as(rob, "rob").opens("/review").sees("This page is for reviewers.")
    finally:
        httpx.put(f"{provider.url}/users/rob", json=PEOPLE["rob"])


@pytest.mark.parametrize(
    ("hours", "changes", "seen"),
    [
        (11.9, {}, "More filters"),
        (12.1, {}, "Sign in to see this page."),
        (-1, {}, "Sign in to see this page."),
        (0, {"origin": "https://elsewhere.example"}, "Sign in to see this page."),
        (0, {"email_verified": False}, "as rob@example.com, which has no access here."),
        (0, {"email": None}, "as Rob Reviewer, which has no access here."),
    ],
)
def test_what_a_sign_in_is_worth(people, single, hours, changes, seen):
    claims = {
        **PEOPLE["rob"],
        "sub": "rob",
        "iat": int(time.time() - hours * 3600),
        "nonce": uuid.uuid4().hex,
        "is_logged_in": True,
        "origin": single.url,
    }
    kept = json.dumps(claims | changes)
    seal = hashlib.sha256(kept.encode()).hexdigest()
    cookies = [
        {
            "name": name,
            "value": create_signed_value(COOKIE_SECRET, name, value).decode(),
            "url": single.url,
        }
        for name, value in (("_streamlit_user", kept), ("_streamlit_user_seal", seal))
    ]
    person = people(single)
    person.context.add_cookies(cookies)
    person.opens("/review").sees(seen)
    assert download(person, cookies) == (200 if seen == "More filters" else 401)


def test_nobody_comes_back_who_has_not_left_from_here(people, single):
    """Another host of the domain can set the cookie in which Streamlit keeps the state."""
    mia = leaves_for_the_provider(people(single).opens("/sign_in"))
    begun = [c["name"] for c in mia.context.cookies() if "_begun_" in c["name"]]
    assert len(begun) == 1
    mia.context.clear_cookies(name=begun[0])
    mia.presses("mia").sees("Sign-in was refused or didn't finish.")
    assert sign_in_cookies(mia) == []


def test_parts_of_two_sign_ins_are_none(people, single, provider):
    """What is long is in several cookies, each signed by itself."""
    kept = []
    for last in ("issue-reviewers", "staff"):
        groups = [uuid.uuid4().hex for _ in range(200)]
        claims = PEOPLE["max"] | {"realm_access": {"roles": [*groups, last]}}
        httpx.put(f"{provider.url}/users/max", json=claims).raise_for_status()
        person = signs_in_as(people(single).opens("/sign_in"), "max")
        kept.append({c["name"]: c["value"] for c in sign_in_cookies(person)})
    of_reviewer, of_member = kept
    assert asks_for_all(single, of_reviewer) == asks_for_all(single, of_member) == 200
    parts = sorted(name for name in of_reviewer if re.fullmatch(r"_streamlit_user_\d", name))
    assert len(parts) > 1
    for part in parts:
        assert asks_for_all(single, of_member | {part: of_reviewer[part]}) == 401
    mixed = of_member | {parts[-1]: of_reviewer[parts[-1]]}
    thief = people(single)
    thief.context.add_cookies(
        [{"name": name, "value": value, "url": single.url} for name, value in mixed.items()]
    )
    thief.opens("/review").sees("Sign in to see this page.")
    # What makes no sense at all fails nothing.
    nonsense = of_member | {parts[0]: of_reviewer[parts[-1]]}
    assert asks_for_all(single, nonsense) == 401
    assert asks(single, "/auth/logout", nonsense).status_code < 400


def asks(server: Server, path: str, cookies: dict[str, str]) -> httpx.Response:
    return httpx.get(f"{server.url}{path}", cookies=cookies)


def asks_for_all(server: Server, cookies: dict[str, str]) -> int:
    return asks(server, "/issues.csv", cookies).status_code


@pytest.fixture(scope="module")
def behind(tmp_path_factory) -> Iterator[Server]:
    """A portal whose people are signed in by a proxy, as it is reached through the proxy."""
    directory = tmp_path_factory.mktemp("behind")
    portal = portal_server(directory / "data", **ROLES, ISSUES_ROLE_CLAIM="groups")
    portal.env["STREAMLIT_SERVER_TRUSTED_USER_HEADERS"] = json.dumps(proxy.HEADERS)
    portal.start()
    port = free_port()
    command = [sys.executable, "-m", "tests.servers.proxy", str(port), str(portal.port)]
    server = Server([*command, "203.0.113.7"], port, directory / "proxy", portal.env)
    yield server.start()
    server.stop()
    portal.stop()


def known_as(person, value: str):
    person.context.add_cookies([{"name": proxy.COOKIE, "value": value, "url": person.server.url}])
    return person


def test_proxy_says_who_it_is(people, behind):
    rob = known_as(people(behind), "Rob@Example.com/staff,issue-reviewers")
    rob.opens("/review").sees("More filters")
    rob.goes_to("Rob").sees("rob@example.com").sees("Your organisation manages your sign-in.")
    expect(rob.page.get_by_role("button", name="Sign out")).to_have_count(0)
    jar = {proxy.COOKIE: "rob@example.com/issue-reviewers"}
    assert httpx.get(f"{behind.url}/issues.csv", cookies=jar).status_code == 200
    mia = known_as(people(behind), "mia@example.com/staff").opens("/sign_in")
    mia.sees("mia@example.com").opens("/review").sees("This page is for reviewers.")
    eve = known_as(people(behind), "eve@elsewhere.example/staff").opens("/my_issues")
    eve.sees("Sign in to see this page.").sees("which has no access here.")


def test_callback_neither_fills_the_log_nor_moves_the_operators_terminal(single):
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
def test_without_a_provider_nothing_leads_there(portal, path):
    """Each was an error in the log, and 300 a minute are all that it shows."""
    before = len(portal.log)
    assert httpx.get(f"{portal.url}/{path}").status_code == 404
    assert "ERROR" not in portal.log[before:]


def test_what_a_client_says_by_itself_is_not_believed(behind, portal):
    headers = {"X-Forwarded-Email": "rob@example.com", "X-Forwarded-Groups": "issue-reviewers"}
    for server in (behind, portal):
        assert httpx.get(f"{server.url}/issues.csv", headers=headers).status_code == 401


def test_person_has_the_token_of_their_address_on_another_server(original_server, tmp_path):
    tokens = {"rob@example.com": original_form.TOKEN}
    portal = portal_to(original_server.url, tmp_path / "data", tokens=tokens)
    portal.env["STREAMLIT_SERVER_TRUSTED_USER_HEADERS"] = json.dumps(proxy.HEADERS)
    portal.start()
    try:
        for email, status in (("Rob@Example.com", 200), ("mia@example.com", 401)):
            headers = {"X-Forwarded-Email": email}
            answer = httpx.get(f"{portal.url}/issues.csv", headers=headers)
            assert answer.status_code == status, answer.text
    finally:
        portal.stop()
