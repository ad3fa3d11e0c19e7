"""Empty pages, pages that load, and pages that fail.

The portal uses a remote API, so that the API alone can fail.
"""

import signal
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import RECEIVED, report
from tests.browser.person import ANIMATIONS_HAVE_ENDED
from tests.servers.installation import Server, make_api_server, make_portal_with_remote_api

# Sets window.skeletonAppeared once the skeleton of a list is in the page, and window.flashed if the
# skeleton is visible within its first 400 ms.
WATCH_SKELETON = """let since;
const look = () => {
  requestAnimationFrame(look);
  const skeleton = document.querySelector(".skeleton");
  if (!skeleton) return (since = undefined);
  window.skeletonAppeared = true;
  since ??= performance.now();
  const isVisible = getComputedStyle(skeleton).visibility === "visible" && skeleton.offsetHeight;
  if (isVisible && performance.now() - since < 400) window.flashed = true;
};
look();"""

# Sums up the layout shifts of a page, without those after a click: https://web.dev/articles/cls.
# Lists the elements that moved in window.movedElements.
SUM_LAYOUT_SHIFTS = """let shift = 0;
window.movedElements = [];
const add = (entries) => {
  for (const { hadRecentInput, sources, value } of entries) {
    if (hadRecentInput) continue;
    shift += value;
    for (const { node, previousRect, currentRect } of sources)
      movedElements.push(`${value}: ${node?.className}, y ${previousRect.y} to ${currentRect.y}`);
  }
};
const observer = new PerformanceObserver((list) => add(list.getEntries()));
observer.observe({ type: "layout-shift", buffered: true });
window.getLayoutShift = async () => {
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  add(observer.takeRecords());
  return shift;
};"""

# Stops all animations at 9 s. The stylesheet hides elements by an animation while a page loads.
STOP_AT_NINE_SECONDS = """async () => {
  for (const animation of document.getAnimations()) {
    animation.pause();
    animation.currentTime = 9_000;
  }
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
}"""


@dataclass
class PortalAndApi:
    """A portal and its remote API, which tests can suspend."""

    portal: Server
    api: Server

    def suspend_api(self) -> None:
        self.api.process.send_signal(signal.SIGSTOP)

    def resume_api(self) -> None:
        self.api.process.send_signal(signal.SIGCONT)


@pytest.fixture(scope="module")
def servers(tmp_path_factory) -> Iterator[PortalAndApi]:
    folder = tmp_path_factory.mktemp("remote")
    api = make_api_server(folder / "api").start()
    tokens = {"member": api.token("Morgan"), "reviewer": api.token("Blake")}
    portal = make_portal_with_remote_api(
        api.url,
        folder / "portal",
        token=api.visitor_token(),
        tokens=tokens,
        ISSUES_CONTACT="help@example.com",
    ).start()
    yield PortalAndApi(portal, api)
    portal.stop()
    api.stop()


@pytest.fixture
def reported(servers, words) -> str:
    """The text of a report by the member."""
    with servers.api.client(servers.api.token("Morgan")) as client:
        report(client, words)
    return words


def test_empty_list_links_to_the_form(new_person, servers):
    reviewer = new_person(servers.portal).signed_in_as("reviewer").opens("/my_issues")
    reviewer.sees("You haven't sent any reports with your name yet.")
    reviewer.page.get_by_role("main").get_by_role("link", name="Report a problem").click()
    expect(reviewer.page.get_by_role("radiogroup")).to_be_visible()


def test_loading_list_shows_a_skeleton_without_layout_shift(new_person, servers, reported):
    member = new_person(servers.portal).signed_in_as("member").opens("/my_issues")
    expect(member.row(reported)).to_be_visible()
    member.settles()
    top = member.page.locator(".st-key-my_issues").bounding_box()["y"]
    member.goes_to("Help")
    skeleton = member.page.locator(".skeleton")
    servers.suspend_api()
    try:
        member.page.get_by_role("link", name="My reports", exact=True).click()
        expect(skeleton).to_be_visible()
        assert abs(skeleton.bounding_box()["y"] - top) < 2
    finally:
        servers.resume_api()
    expect(member.row(reported)).to_be_visible()
    expect(skeleton).to_have_count(0)
    member.settles()
    assert member.page.locator(".st-key-my_issues").bounding_box()["y"] == top

    # A list that is already visible stays in place while another one loads.
    servers.suspend_api()
    try:
        member.page.get_by_role("button", name="New", exact=True).click()
        expect(skeleton).to_be_attached()
        expect(skeleton).to_be_hidden()
        expect(member.row(reported)).to_be_visible()
        assert member.page.locator(".st-key-my_issues").bounding_box()["y"] == top
    finally:
        servers.resume_api()
    expect(skeleton).to_have_count(0)


def test_fast_response_does_not_flash_the_skeleton(new_person, servers, reported):
    member = new_person(servers.portal)
    member.page.add_init_script(WATCH_SKELETON)
    member.signed_in_as("member").opens()
    servers.suspend_api()
    try:
        member.page.get_by_role("link", name="My reports", exact=True).click()
        member.waits_until(lambda: member.page.evaluate("window.skeletonAppeared"))
    finally:
        servers.resume_api()
    expect(member.row(reported)).to_be_visible()
    member.row(reported).click()
    member.sees("We've received it.").settles()
    assert not member.page.evaluate("window.flashed")


def test_failure_is_shown_and_can_be_retried(new_person, servers, reported):
    member = new_person(servers.portal).signed_in_as("member").opens("/my_issues")
    expect(member.row(reported)).to_be_visible()
    member.goes_to("Help")
    servers.api.stop()
    try:
        member.goes_to("My reports").sees("We couldn't load your reports.")
        alert = member.page.get_by_role("alert").filter(has_text="couldn't load")
        expect(alert).to_be_visible()
        member.goes_to("Track")
        receipt = member.page.get_by_role("textbox", name="Receipt")
        receipt.fill("1234-5678-9012-3456")
        member.presses("Show report").sees("We couldn't look up your receipt.")
        expect(receipt).to_have_value("1234-5678-9012-3456")
        member.goes_to("My reports").sees("We couldn't load your reports.")
    finally:
        servers.api.start()
    member.presses("Try again")
    expect(member.row(reported)).to_be_visible()
    member.sees_not("We couldn't load your reports.")


def test_form_opens_before_the_api_has_responded(new_person, tmp_path, servers, words):
    servers.suspend_api()
    portal = make_portal_with_remote_api(
        servers.api.url, tmp_path / "data", token=servers.api.visitor_token()
    ).start()
    try:
        visitor = new_person(portal).opens().chooses("No answer").writes(words)
        visitor.waits_for_autosave()
    finally:
        servers.resume_api()
    visitor.presses("Send report").sees("Your receipt")
    portal.stop()


def test_server_failure_shows_a_request_id_except_for_anonymous_reports(new_person, servers):
    def rename(old: str, new: str) -> None:
        with sqlite3.connect(servers.api.data_dir / "issues.db") as database:
            database.execute(f"ALTER TABLE {old} RENAME TO {new}")

    member = new_person(servers.portal).signed_in_as("member").opens()
    member.chooses("No answer").writes("It fails.")
    failure = member.page.get_by_role("alert").filter(has_text="Something went wrong on the server")
    rename("history", "renamed")
    try:
        member.presses("Send report")
        expect(failure).to_contain_text("your text is safe")
        expect(failure).not_to_contain_text("Request ID:")
        member.reports_by_name()
        member.presses("Send report")
        expect(failure).to_contain_text("Request ID:")
    finally:
        rename("renamed", "history")
    code = failure.inner_text().partition("Request ID: ")[2][:32]
    assert f"[request {code}]" in servers.api.log
    member.presses("Send report").sees(RECEIVED)


MAX_SHIFT = 0.05
"""Largest layout shift while a page loads. Measured with the processor slowed six times: 0.01."""


@pytest.mark.parametrize("width", [390, 1280])
def test_pages_load_with_little_layout_shift(new_person, portal, words, width):
    with portal.client(portal.token("Blake")) as client:
        report(client, words)
    person = new_person(viewport={"width": width, "height": 844})
    person.page.add_init_script(SUM_LAYOUT_SHIFTS)

    def check(*paths: str) -> None:
        for path in paths:
            person.opens(path).waits_until_drawn()
            shift = person.page.evaluate("getLayoutShift()")
            assert shift <= MAX_SHIFT, (path, shift, person.page.evaluate("movedElements"))

    check("/", "/?type=Format&thread=t&interaction=i", "/?embed=true")
    check("/track", "/help", "/sign_in")
    person.signed_in_as("reviewer")
    check("/my_issues", "/account", "/review", "/insights")


def test_elements_below_a_list_stay_hidden_while_a_slow_browser_draws_it(
    new_person, servers, reported
):
    """Regression: after 3 s, they became visible above their place and moved when the list came."""
    member = new_person(servers.portal, viewport={"width": 390, "height": 844})
    member.page.add_init_script(SUM_LAYOUT_SHIFTS)
    member.signed_in_as("member").opens("/my_issues").settles()
    scripts = member.holds_requests("**/issue_list.js*")
    member.page.reload()
    footer = member.page.get_by_role("link", name="Contact", include_hidden=True)
    expect(footer).to_be_attached()
    expect(member.page.locator(".st-key-my_issues")).to_be_attached()
    member.settles()
    member.waits_until(lambda: scripts)
    member.page.evaluate(STOP_AT_NINE_SECONDS)
    expect(footer).to_be_hidden()
    for script in scripts:
        script.continue_()
    expect(member.row(reported)).to_be_visible()
    expect(footer).to_be_visible()
    shift = member.waits_until_drawn().page.evaluate("getLayoutShift()")
    assert shift <= MAX_SHIFT, member.page.evaluate("movedElements")


# Collects the vertical positions of the Send button, in pixels, once all fields are loaded.
WATCH_SEND_BUTTON = """window.positions = new Set();
const look = () => {
  requestAnimationFrame(look);
  const button = document.querySelector(".st-key-send button");
  const loading = ".stForm .stElementContainer:not(.st-key-draft) > [data-testid=stSkeleton]";
  if (!button?.offsetHeight || document.querySelector(loading)) return;
  positions.add(Math.round(button.getBoundingClientRect().y));
};
look();"""


@pytest.mark.parametrize("width", [390, 1280])
def test_send_button_stays_in_place_while_the_form_loads(new_person, portal, width):
    """Regression: a click was lost if the button moved between mouse down and mouse up."""
    visitor = new_person(portal, viewport={"width": width, "height": 900})
    visitor.page.add_init_script(WATCH_SEND_BUTTON)
    styles = visitor.holds_requests("**/draft_autosave.css*")
    visitor.opens("/?type=Format&thread=t&interaction=i").waits_for_autosave()
    visitor.waits_until(lambda: visitor.page.evaluate("positions.size"))
    styles[0].continue_()
    visitor.sees("Attached: this conversation").waits_until_drawn()
    assert visitor.page.evaluate("positions.size") == 1


def test_entries_of_the_account_menu_stay_in_place_while_it_loads(new_person, portal):
    """Regression: a click on "Sign out" was lost when the theme buttons above it came."""
    member = new_person(portal).signed_in_as("member")
    scripts = member.holds_requests("**/theme_choice.js*")
    member.opens("/help").opens_menu()
    sign_out = member.page.get_by_role("button", name="Sign out")
    expect(sign_out).to_be_visible()
    member.waits_until(lambda: scripts)
    member.waits_until(lambda: member.page.evaluate(ANIMATIONS_HAVE_ENDED))
    before = sign_out.bounding_box()
    scripts[0].continue_()
    expect(member.page.get_by_role("group", name="Theme")).to_be_visible()
    assert sign_out.bounding_box() == before


# Sets window.isListAboveReport if the browser draws the list above an opened report.
WATCH_LIST = """const look = () => {
  requestAnimationFrame(look);
  const list = document.querySelector(".st-key-my_issues");
  const report = document.querySelector(".st-key-opened_report");
  if (report && list?.offsetHeight) window.isListAboveReport = true;
};
look();"""


def test_opened_report_does_not_move_when_the_list_goes(new_person, servers, reported):
    """Regression: a click on "Edit" was lost when the list above it went in that moment."""
    member = new_person(servers.portal).signed_in_as("member").opens("/my_issues")
    member.page.evaluate(WATCH_LIST)
    cdp = member.context.new_cdp_session(member.page)
    cdp.send("Emulation.setCPUThrottlingRate", {"rate": 6})
    for _ in range(3):
        member.row(reported).click()
        expect(member.page.get_by_role("button", name="Edit")).to_be_visible()
        member.waits_until_drawn().presses("Back to list")
        expect(member.row(reported)).to_be_visible()
    assert not member.page.evaluate("window.isListAboveReport")


@pytest.mark.parametrize("width", [390, 1280])
def test_page_has_its_logo_and_outlines_in_place_before_streamlit_is_loaded(
    new_person, portal, words, width
):
    with portal.client(portal.token("Blake")) as client:
        report(client, words)
    reviewer = new_person(portal, viewport={"width": width, "height": 844})
    reviewer.signed_in_as("reviewer")
    reviewer.holds_requests("**/static/js/**")
    page = reviewer.page
    page.goto(f"{portal.url}/insights", wait_until="commit")

    def read_places(logo: str, title: str, numbers: str) -> list[dict[str, float]]:
        for element in (logo, title, numbers):
            expect(page.locator(element)).to_be_visible()
        return [page.locator(element).bounding_box() for element in (logo, title, numbers)]

    early = read_places(".start-frame img", ".start-frame b", ".start-frame .insights-cards")
    page.unroute_all()  # Continues the held requests, too.
    reviewer.waits_until_drawn()
    expect(page.locator(".start-frame")).to_be_hidden()
    drawn = read_places("[data-testid=stHeader] .stLogo", ".stMain h1", ".stMain dl.insights-cards")
    for before, after in zip(early, drawn, strict=True):
        assert before["x"] == pytest.approx(after["x"], abs=1)
    for before, after in (early[0], drawn[0]), (early[2], drawn[2]):
        assert before["y"] == pytest.approx(after["y"], abs=1)
