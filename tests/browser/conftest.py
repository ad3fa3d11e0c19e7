"""The steps that people take in the portal, in a real Chromium."""

import json
import re
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from issue_portal.client.client import IssuesClient
from issue_portal.models.requests import NewIssue
from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import IssueType, ResourceType
from tests.servers.installation import Server, portal_server
from tests.servers.oidc import COOKIE_SECRET, PEOPLE, ROLES
from tests.servers.processes import free_port

expect.set_options(timeout=15_000)

RECEIVED = re.compile(r"Report #\d+ received")
"""Confirms that a report was sent."""

UNFOLDED = "document.getAnimations().every(({ effect }) => effect.target.localName !== 'details')"


# Whether all that fades in or moves has come to its end; a spinner turns without end.
STILL = """document.getAnimations().every(({ effect, playState }) =>
  playState !== "running" || effect.getComputedTiming().endTime === Infinity)"""

# Browsers without cookies or storage, by what they are like. One that has loaded the scripts of
# Streamlit before shows a page with three quarters of the work.
_RESTED: dict[tuple[Browser, str], list[BrowserContext]] = {}


def report(
    client: IssuesClient, text: str, kind: IssueType = IssueType.FORMAT, *, anonymous: bool = False
) -> Issue:
    """Send a report through the API."""
    return client.create(
        NewIssue(
            description=text, resource_type=ResourceType.THREAD, type=kind, anonymous=anonymous
        )
    )


class Person:
    """Someone at a browser of their own."""

    def __init__(self, browser: Browser, server: Server, **options) -> None:
        self.server = server
        self.rested = _RESTED.setdefault((browser, repr(sorted(options.items()))), [])
        self.context: BrowserContext = (
            self.rested.pop()
            if self.rested
            else browser.new_context(
                **{"viewport": {"width": 1280, "height": 900}, "locale": "en-GB"} | options
            )
        )
        self.page: Page = self.context.new_page()
        self.failures: list[str] = []
        self.page.on("pageerror", lambda error: self.failures.append(str(error)))
        self.page.on("request", self._note_stranger)
        self.page.on("dialog", self._note_dialog)

    def leaves(self) -> None:
        """Close the pages and clear the storage; the next person reuses the browser's cache."""
        for page in self.context.pages:
            page.close()
        try:
            page = self.context.new_page()
        except Error:  # It is closed already.
            return
        self.context.clear_cookies()
        devtools = self.context.new_cdp_session(page)
        for address in filter(None, (self.server.url, self.server.leads_to)):
            whole = {"origin": address, "storageTypes": "all"}
            devtools.send("Storage.clearDataForOrigin", whole)
        page.close()
        self.rested.append(self.context)

    def _note_dialog(self, dialog) -> None:
        self.failures.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _note_stranger(self, request) -> None:
        elsewhere = self.server.leads_to
        if elsewhere and elsewhere in (
            request.url[: len(elsewhere)],
            request.frame.url[: len(elsewhere)],
        ):
            return
        if not request.url.startswith((self.server.url, "data:", "blob:", "ws:", "about:")):
            self.failures.append(f"request to {request.url}")

    def opens(self, path: str = "/") -> "Person":
        self.page.goto(self.server.url + path)
        expect(self.page.get_by_role("heading", level=1)).to_be_visible(timeout=30_000)
        self.settles()
        return self

    def settles(self) -> None:
        app = self.page.get_by_test_id("stApp")
        expect(app).to_have_attribute("data-test-script-state", "notRunning")

    def rests(self) -> "Person":
        """Wait until the page is drawn: no run, nothing of an earlier run, nothing that moves."""
        self.settles()
        unfinished = ":is([data-stale=true], [data-testid=stSkeleton], .skeleton)"
        expect(self.page.locator(unfinished)).to_have_count(0)
        return self.waits_until(lambda: self.page.evaluate(STILL))

    def waits_for_the_second_after(self, moment: datetime) -> "Person":
        """Wait until the server dates events later than ``moment``: it does so in seconds."""
        return self.waits_until(lambda: datetime.now(UTC) >= moment + timedelta(seconds=1))

    def waits_until(self, condition: Callable[[], object]) -> "Person":
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline
            self.page.wait_for_timeout(50)
        return self

    def has_cookie(self, name: str) -> bool:
        return any(cookie["name"] == name for cookie in self.context.cookies())

    def chooses(self, kind: str) -> "Person":
        self.page.get_by_role("radiogroup").get_by_text(kind).click()
        return self

    def writes(self, text: str) -> "Person":
        self.page.get_by_label("What happened?").fill(text)
        return self

    def presses(self, name: str) -> "Person":
        self.page.get_by_role("button", name=name, exact=True).click()
        return self

    def goes_to(self, name: str) -> "Person":
        link = self.page.get_by_role("banner").get_by_role("link", name=name, exact=True)
        heading = self.page.get_by_role("heading", level=1)
        is_open, before = link.get_attribute("aria-current") == "page", heading.inner_text()
        link.click()
        expect(link).to_have_attribute("aria-current", "page")
        if not is_open:
            # The browser marks the link at once; a new heading means that the page is being drawn.
            other = re.compile(rf"^{re.escape(before)}$")
            expect(heading.filter(has_not_text=other)).to_be_visible()
        self.settles()
        return self

    def tries(self, username: str, password: str) -> "Person":
        self.page.get_by_label("Username").fill(username)
        self.page.get_by_label("Password", exact=True).fill(password)
        return self.presses("Sign in")

    def signs_in(self, username: str, password: str = "") -> "Person":
        self.tries(username, password or self.server.passwords[username])
        expect(self.page.get_by_label("Username")).to_be_hidden()
        # The sign-in lasts once the component has stored its cookie.
        self.waits_until(lambda: self.has_cookie("issue_portal")).settles()
        return self

    def speaks(self, language: str) -> "Person":
        self.presses(language)
        self.waits_until(lambda: self.has_cookie("issue_portal_language")).settles()
        return self

    def unfolds(self, title: str) -> "Person":
        self.settles()
        folded = self.page.locator("details").filter(has_text=title)
        # The title as a text may also be the name of an icon, such as "edit".
        folded.locator("summary").click()
        expect(folded).to_have_attribute("open", "")
        # Until it is as high as it will be, what is in it moves along, and may be missed.
        self.waits_until(lambda: self.page.evaluate(UNFOLDED)).settles()
        return self

    def picks(self, label: str, option: str, *, several: bool = True) -> "Person":
        self.settles()
        self.page.get_by_role("combobox", name=label).click()
        self.page.get_by_role("option", name=option).click()
        if several:
            self.page.keyboard.press("Escape")  # It would empty a choice of one.
        return self

    def sees(self, text: str | re.Pattern[str]) -> "Person":
        expect(self.page.get_by_text(text).first).to_be_visible()
        return self

    def sees_not(self, text: str | re.Pattern[str]) -> "Person":
        expect(self.page.get_by_text(text)).to_have_count(0)
        return self

    def row(self, text: str):
        lists = ":is(.st-key-queue, .st-key-my_issues)"
        return self.page.locator(f"{lists} button[data-issue]").filter(has_text=text)

    def receipt(self) -> str:
        return self.page.get_by_test_id("stCode").inner_text().strip()


@pytest.fixture
def words() -> str:
    """A word that no other test writes."""
    return f"mark{uuid.uuid4().hex[:10]}"


@pytest.fixture
def people(chromium, portal) -> Iterator:
    """Make people with browsers; fail if one meets an error, a dialog or a foreign request."""
    with crowd(chromium, portal) as make:
        yield make


@contextmanager
def crowd(browser: Browser, server: Server) -> Iterator:
    """Yield the function that makes people, by default at ``server``; see `people`."""
    made: list[Person] = []

    def make(server: Server = server, **options) -> Person:
        made.append(Person(browser, server, **options))
        return made[-1]

    yield make
    failures = [failure for person in made for failure in person.failures]
    for person in made:
        person.leaves()
    assert not failures


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
def single(provider, tmp_path_factory) -> Iterator[Server]:
    """A portal with one working provider under two names, and one that does not answer."""
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
