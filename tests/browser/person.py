"""A person who uses the portal in a separate browser context."""

import copy
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Browser, BrowserContext, Error, Page, Route, WebSocketRoute, expect

from tests.servers.installation import Server
from tests.servers.processes import PORTAL_READY
from web.streamlit_compat import BackMsg

# Whether no `details` element is opening or closing.
DETAILS_HAVE_STOPPED_MOVING = (
    "document.getAnimations().every(({ effect }) => effect.target.localName !== 'details')"
)

# Whether all animations have ended, except for endless ones such as a spinner.
ANIMATIONS_HAVE_ENDED = """document.getAnimations().every(({ effect, playState }) =>
  playState !== "running" || effect.getComputedTiming().endTime === Infinity)"""

# Failures that come from a portal that the test has stopped.
PORTAL_IS_STOPPED = re.compile(
    "WebSocket connection to|No response received when attempting to reach"
    "|disconnected from server|accidentally stopped Streamlit"
    "|BidiComponent Error: Failed to load script"
    "|ERR_(CONNECTION_(REFUSED|RESET|CLOSED)|EMPTY_RESPONSE|SOCKET_NOT_CONNECTED)"
)

# Browser contexts of earlier tests, by browser and options, without cookies and storage. Their
# cache has Streamlit's scripts, which saves a quarter of the work of loading a page.
_REUSABLE_CONTEXTS: dict[tuple[Browser, str], list[BrowserContext]] = {}


class Person:
    """Someone who uses the portal in a separate browser context.

    ``failures`` collects script errors, errors in the console, failed requests, dialogs, and
    requests to other servers.
    """

    def __init__(self, browser: Browser, server: Server, **options) -> None:
        self.server = server
        self.reusable_contexts = _REUSABLE_CONTEXTS.setdefault(
            (browser, repr(sorted(options.items()))), []
        )
        if self.reusable_contexts:
            self.context: BrowserContext = self.reusable_contexts.pop()
        else:
            defaults = {"viewport": {"width": 1280, "height": 900}, "locale": "en-GB"}
            self.context = browser.new_context(**defaults | options)
            # With `--process-per-site`, the later pages use the process of this page, which stays
            # open and has Streamlit's scripts compiled: that saves a fifth of the work of a page.
            self.context.new_page().goto(server.url + PORTAL_READY)
        self.failures: list[str] = []
        self.expected_failures = [PORTAL_IS_STOPPED]
        self.page = self._open_page()

    def _open_page(self) -> Page:
        page = self.context.new_page()
        page.on("pageerror", lambda error: self._record_failure(str(error)))
        page.on("console", self._record_console_error)
        page.on("requestfailed", self._record_failed_request)
        page.on("request", self._record_foreign_request)
        page.on("dialog", self._record_dialog)
        return page

    def ignores_changes(self) -> "Person":
        """Stop the checks for changes by others, on the pages that are opened from now on."""

        def connect(tab: WebSocketRoute) -> None:
            server = tab.connect_to_server()

            def send(message: bytes) -> None:
                if not BackMsg.FromString(message).rerun_script.is_auto_rerun:
                    server.send(message)

            tab.on_message(send)

        self.page.route_web_socket("**/_stcore/stream", connect)
        return self

    def opens_tab(self, path: str) -> "Person":
        """Open a path in another tab of the same browser; return the person in that tab."""
        tab = copy.copy(self)
        tab.page = self._open_page()
        return tab.opens(path)

    def leaves(self) -> None:
        """Close the pages, clear cookies and storage, and keep the context for another person."""
        try:
            devtools = self.context.new_cdp_session(self.context.pages[0])
        except (Error, IndexError):  # The test has closed the context.
            return
        for page in self.context.pages[1:]:
            page.close()
        self.context.clear_cookies()
        for address in filter(None, (self.server.url, self.server.provider_url)):
            data = {"origin": address, "storageTypes": "all"}
            devtools.send("Storage.clearDataForOrigin", data)
        devtools.detach()
        self.reusable_contexts.append(self.context)

    def causes(self, failure: str) -> "Person":
        """Ignore failures that this regular expression matches: the test causes them itself."""
        self.expected_failures.append(re.compile(failure))
        return self

    def _record_failure(self, failure: str) -> None:
        if not any(pattern.search(failure) for pattern in self.expected_failures):
            self.failures.append(failure)

    def _record_console_error(self, message) -> None:
        url = message.location["url"]
        if message.type == "error" and self._is_at_portal(url):
            self._record_failure(f"console: {message.text} ({url})")

    def _record_failed_request(self, request) -> None:
        # The browser aborts the requests of a page that the person leaves.
        if request.failure != "net::ERR_ABORTED" and self._is_at_portal(request.url):
            self._record_failure(f"{request.failure}: {request.url}")

    def _is_at_portal(self, url: str) -> bool:
        """Return whether a URL is not that of another server, such as the sign-in provider."""
        return not url.startswith("http") or url.startswith(self.server.url)

    def _record_dialog(self, dialog) -> None:
        self._record_failure(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _record_foreign_request(self, request) -> None:
        provider = self.server.provider_url
        if provider and any(u.startswith(provider) for u in (request.url, request.frame.url)):
            return
        if not request.url.startswith((self.server.url, "data:", "blob:", "ws:", "about:")):
            self._record_failure(f"request to {request.url}")

    def opens(self, path: str = "/") -> "Person":
        self.page.goto(self.server.url + path)
        expect(self.page.get_by_role("heading", level=1)).to_be_visible(timeout=30_000)
        self.settles()
        return self

    def settles(self) -> None:
        """Wait until the browser is connected and no run of the portal's script is in progress."""
        app = self.page.get_by_test_id("stApp")
        expect(app).to_have_attribute("data-test-connection-state", "CONNECTED")
        expect(app).to_have_attribute("data-test-script-state", "notRunning")

    def waits_until_drawn(self) -> "Person":
        """Wait until the run has ended and the browser has drawn its whole result."""
        self.settles()
        unfinished = ":is([data-stale=true], [data-testid=stSkeleton], .skeleton)"
        expect(self.page.locator(unfinished)).to_have_count(0)
        return self.waits_until(lambda: self.page.evaluate(ANIMATIONS_HAVE_ENDED))

    def waits_until_a_second_after(self, moment: datetime) -> "Person":
        """Wait one second: new events then have later timestamps, which are in whole seconds."""
        return self.waits_until(lambda: datetime.now(UTC) >= moment + timedelta(seconds=1))

    def waits_until(self, condition: Callable[[], object]) -> "Person":
        """Wait at most 60 s until ``condition`` is true; the page keeps running meanwhile."""
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline
            self.page.wait_for_timeout(50)
        return self

    def holds_requests(self, url: str) -> list[Route]:
        """Hold the requests to URLs that match; return the list to which each is added."""
        held: list[Route] = []

        def hold(request: Route) -> None:
            held.append(request)

        self.page.route(url, hold)
        return held

    def has_cookie(self, name: str) -> bool:
        return any(cookie["name"] == name for cookie in self.context.cookies())

    def chooses(self, option: str) -> "Person":
        self.page.get_by_role("radiogroup").get_by_text(option).click()
        return self

    def writes(self, text: str) -> "Person":
        self.page.get_by_label("What happened?").fill(text)
        return self

    def reports_by_name(self) -> "Person":
        """Choose in the menu of the form that the report is sent by name."""
        return self._picks_identity(re.compile("^(As|With my name)"))

    def reports_anonymously(self) -> "Person":
        """Choose in the menu of the form that the report is anonymous."""
        return self._picks_identity(re.compile("^Anonymous"))

    def _picks_identity(self, option: re.Pattern[str]) -> "Person":
        self.settles()
        self.page.locator(".st-key-report_identity").get_by_role("button").click()
        self.page.get_by_role("menuitem", name=option).click()
        return self.expects_identity(by_name="^Anonymous" not in option.pattern)

    def expects_identity(self, *, by_name: bool) -> "Person":
        """Wait until the form says who sends the report."""
        label = re.compile("^(As|With your name)" if by_name else "^You are anonymous")
        expect(
            self.page.locator(".st-key-report_identity").get_by_role("button", name=label)
        ).to_be_visible()
        self.settles()
        return self

    def waits_for_autosave(self) -> "Person":
        """Wait until the browser tab stores what the person has written, and goes on to do so."""
        expect(self.page.locator(".st-key-draft [data-drawn]")).to_be_attached()
        return self

    def presses(self, name: str) -> "Person":
        # Streamlit's toasts have a button "Close" of their own.
        outside_toasts = self.page.locator(":not([data-testid=stToast] *)")
        self.page.get_by_role("button", name=name, exact=True).and_(outside_toasts).click()
        return self

    def goes_to(self, name: str) -> "Person":
        """Open a page by its link in the header."""
        # The link to Review ends in the number of new issues.
        pattern = re.compile(rf"^{re.escape(name)}( [\d,.]+)?$")
        header = self.page.locator("header, .st-key-header_end")
        link = header.get_by_role("link", name=pattern)
        heading = self.page.get_by_role("heading", level=1)
        is_open, previous = link.get_attribute("aria-current") == "page", heading.inner_text()
        link.click()
        if not is_open:
            # The browser marks the link before the server draws the page with its new heading.
            previous_heading = re.compile(rf"^{re.escape(previous)}$")
            expect(heading.filter(has_not_text=previous_heading)).to_be_visible()
        self.settles()
        return self

    def opens_menu(self) -> "Person":
        """Open the account menu; a visitor has it, too."""
        self.settles()
        self.page.locator(".st-key-account_menu button").click()
        expect(self.page.get_by_test_id("stPopoverBody")).to_be_visible()
        return self

    def goes_to_account(self) -> "Person":
        self.opens_menu().page.get_by_role("link", name="Your account").click()
        expect(self.page.get_by_role("heading", level=1, name="Your account")).to_be_visible()
        self.settles()
        return self

    def signs_out(self) -> "Person":
        return self.opens_menu().presses("Sign out").sees("You're signed out.")

    def tries(self, username: str, password: str) -> "Person":
        """Submit the sign-in form, whether or not the sign-in succeeds."""
        self.page.get_by_label("Username").fill(username)
        self.page.get_by_label("Password", exact=True).fill(password)
        return self.presses("Sign in")

    def signs_in(self, username: str, password: str = "") -> "Person":
        """Sign in, by default with the first password of the account; wait for the cookie."""
        self.tries(username, password or self.server.passwords[username])
        expect(self.page.get_by_label("Username")).to_be_hidden()
        self.waits_until(lambda: self.has_cookie("issue_portal")).settles()
        return self

    def signed_in_as(self, username: str) -> "Person":
        """Use the sign-in cookie that tests at this server share, without the sign-in page.

        The first test gets the cookie by signing in. Tests must not sign out with it.
        """
        cookies = self.server.sign_in_cookies
        if username in cookies:
            self.context.add_cookies([cookies[username]])
        else:
            self.opens("/sign_in").signs_in(username)
            own_cookies = self.context.cookies()
            cookies[username] = next(c for c in own_cookies if c["name"] == "issue_portal")
        return self

    def chooses_language(self, language: str) -> "Person":
        self.opens_menu().presses(language)
        self.waits_until(lambda: self.has_cookie("issue_portal_language")).settles()
        return self

    def expands(self, title: str) -> "Person":
        """Open the expander with this title."""
        self.settles()
        expander = self.page.locator("details").filter(has_text=title)
        # A search for the text of the title may find an icon: it contains its name, such as "edit".
        expander.locator("summary").click()
        expect(expander).to_have_attribute("open", "")
        # The content of the expander moves until its animation ends, so an earlier click may miss.
        self.waits_until(lambda: self.page.evaluate(DETAILS_HAVE_STOPPED_MOVING)).settles()
        return self

    def picks(self, label: str, option: str, *, multiple: bool = True) -> "Person":
        """Choose an option of a select box; ``multiple`` if it accepts several options."""
        self.settles()
        # The list has only the options in view, and typing brings the option into view.
        self.page.get_by_role("combobox", name=label).fill(option)
        # Other options are in the list until it follows what was typed; then this one moves.
        expect(self.page.get_by_role("option").filter(has_not_text=option)).to_have_count(0)
        self.page.get_by_role("option", name=option).click()
        if multiple:
            # Close the list. In a select box for one option, Escape would remove the choice.
            self.page.keyboard.press("Escape")
        return self

    def sees(self, text: str | re.Pattern[str]) -> "Person":
        expect(self.page.get_by_text(text).first).to_be_visible()
        return self

    def sees_not(self, text: str | re.Pattern[str]) -> "Person":
        expect(self.page.get_by_text(text)).to_have_count(0)
        return self

    def row(self, text: str):
        """Return the row of the issue with this text in the queue or in My reports."""
        lists = ":is(.st-key-queue, .st-key-my_issues)"
        return self.page.locator(f"{lists} button[data-issue]").filter(has_text=text)

    def receipt(self) -> str:
        """Return the receipt on the page."""
        return self.page.locator(".receipt").inner_text().strip()
