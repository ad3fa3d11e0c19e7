"""Accessibility: axe-core on every page, keyboard use, visible focus, target size."""

import sys

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from issue_portal.core.portal_token import Person
from issue_portal.models.vocabulary import IssueType, Role
from tests.browser.conftest import RECEIVED, report
from tests.browser.person import Person as Visitor
from tests.browser.reviewing import opens_filters, opens_queue_menu, selects_all
from tests.servers.installation import Server, sign
from tests.servers.processes import find_free_port, make_environment

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def empty_app(tmp_path_factory):
    """A Streamlit app with an empty page."""
    directory = tmp_path_factory.mktemp("empty_app")
    (directory / "blank.py").write_text('import streamlit as st\nst.write("")\n')
    port = find_free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(directory / "blank.py")]
    server = Server(
        [*command, "--server.port", str(port), "--server.headless", "true"],
        port,
        directory / "data",
        make_environment(directory / "data"),
        ready_path="/_stcore/health",
    ).start()
    yield server
    server.stop()


def find_violations(page: Page) -> set[str]:
    """Return the serious and critical violations that axe finds: rule, element and reason."""
    options = {"resultTypes": ["violations"]}
    return {
        f"{rule['id']}: {node['html'][:200]} {node['failureSummary']}"
        for rule in Axe().run(page, options=options).response["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    }


@pytest.fixture(scope="session")
def ignored_rules(chromium, empty_app) -> set[str]:
    """The axe rules that even an empty Streamlit page violates."""
    visitor = Visitor(chromium, empty_app)
    visitor.page.goto(empty_app.url)
    expect(visitor.page.get_by_test_id("stMain")).to_be_visible()
    visitor.waits_until_drawn()
    rules = {violation.split(":")[0] for violation in find_violations(visitor.page)}
    visitor.leaves()
    return rules


@pytest.fixture
def assert_accessible(ignored_rules):
    """A function that asserts that a page violates no axe rule: light, and on a dark phone."""

    def check(person, description: str) -> None:
        # The portal cannot fix the violations of Streamlit's toasts, so wait until they are gone.
        expect(person.page.get_by_test_id("stToast")).to_have_count(0)
        find(person, f"{description}, light")
        person.page.set_viewport_size(PHONE)
        switch_theme(person, "dark")
        find(person, f"{description}, dark, on a phone")
        person.page.set_viewport_size(DESKTOP)
        switch_theme(person, "light")

    def find(person, description: str) -> None:
        person.waits_until_drawn()
        violations = {
            violation
            for violation in find_violations(person.page)
            if violation.split(":")[0] not in ignored_rules
            # Another toast may have appeared meanwhile.
            and 'data-testid="stToast"' not in violation
        }
        assert not violations, description

    return check


def switch_theme(person, color_scheme: str) -> None:
    """Let the browser prefer the other theme, and wait until the page has its colours."""

    def read_background() -> str:
        return person.page.evaluate(
            "getComputedStyle(document.querySelector('.stApp')).backgroundColor"
        )

    previous = read_background()
    person.page.emulate_media(color_scheme=color_scheme)
    person.waits_until(lambda: read_background() != previous)


def send_member_report(portal):
    member = Person("member@example.com", "Morgan Member", Role.MEMBER)
    with portal.client(sign(member)) as client:
        return report(client, "The table came out as one long line.")


def test_public_pages_are_accessible(new_person, assert_accessible):
    visitor = new_person(viewport=DESKTOP, color_scheme="light")
    for path in ("/?embed=true", "/help", "/sign_in", "/?type=Format&project=p"):
        visitor.opens(path)
        assert_accessible(visitor, path)
    visitor.presses("Send report").sees("Tell us what happened")
    assert_accessible(visitor, "form with an error")
    visitor.writes("It ignored the file.").presses("Send report").sees(RECEIVED)
    assert_accessible(visitor, "thank you")
    receipt = visitor.receipt()
    visitor.opens("/track")
    visitor.page.get_by_role("textbox", name="Receipt").fill(receipt)
    visitor.presses("Show report").sees("It ignored the file.")
    assert_accessible(visitor, "track")


def test_member_pages_are_accessible(new_person, portal, assert_accessible):
    issue = send_member_report(portal)
    member = (
        new_person(viewport=DESKTOP, color_scheme="light")
        .signed_in_as("member")
        .opens("/my_issues")
    )
    assert_accessible(member, "my issues")
    member.opens(f"/my_issues?issue={issue.id}").sees("Edit")
    member.presses("Edit")
    assert_accessible(member, "an issue of mine")
    member.opens("/account").sees("Your account").expands("Create a token")
    assert_accessible(member, "account")
    member.page.get_by_role("textbox", name="Name").fill("Token of this test")
    member.page.get_by_text("Read reports:").click()
    member.presses("Create token").sees("it can't be shown again")
    assert_accessible(member, "new API token")
    member.page.get_by_role("button", name="Revoke").first.click()
    expect(member.page.get_by_role("dialog")).to_be_visible()
    assert_accessible(member, "revoking an API token")


def test_reviewer_pages_are_accessible(new_person, portal, assert_accessible):
    issue = send_member_report(portal)
    reviewer = (
        new_person(viewport=DESKTOP, color_scheme="light")
        .signed_in_as("reviewer")
        .opens("/review?kind=Format")
    )
    opens_filters(selects_all(reviewer).sees("Type of problem: Poor formatting"))
    assert_accessible(reviewer, "review with a selection, a filter and the open filter menu")
    reviewer.opens(f"/review?issue={issue.id}").sees("Mark unread")
    reviewer.presses("Start review").sees(f"#{issue.issue_number} moved to In review")
    assert_accessible(reviewer, "an issue in review")
    opens_queue_menu(reviewer)
    assert_accessible(reviewer, "menu of the queue")
    reviewer.presses("Shortcuts").sees("Use these shortcuts")
    assert_accessible(reviewer, "shortcuts")
    reviewer.opens("/insights").sees("Reported per day")
    expect(reviewer.page.get_by_role("list", name="Number of issues by state")).to_be_visible()
    assert_accessible(reviewer, "insights")


@pytest.mark.parametrize(
    ("locale", "viewport", "color_scheme"),
    [("es-ES", DESKTOP, "light"), ("fr-FR", PHONE, "dark")],
)
def test_pages_in_other_languages_are_accessible(
    new_person, portal, ignored_rules, locale, viewport, color_scheme
):
    issue = send_member_report(portal)
    new_person().signed_in_as("reviewer")  # In English; the next person has the same cookie.
    person = new_person(locale=locale, viewport=viewport, color_scheme=color_scheme)
    paths = ("/", "/help", "/sign_in", "/track", "/not_found")
    private_paths = ("/my_issues", "/account", f"/review?issue={issue.id}", "/insights")
    for path in (*paths, *private_paths):
        if path == private_paths[0]:
            person.signed_in_as("reviewer")
        person.causes("status of 404").opens(path).waits_until_drawn()
        expect(person.page.locator("html")).to_have_attribute("lang", locale[:2])
        violations = find_violations(person.page)
        assert {rule for rule in violations if rule.split(":")[0] not in ignored_rules} == set()
        if viewport == PHONE:
            # Safari zooms into fields with smaller text.
            assert min(read_text_sizes(person.page), default=16) >= 16


def read_text_sizes(page: Page) -> list[float]:
    """Return the font sizes of all text fields, in pixels."""
    return page.locator(
        ".stMain :is(textarea, input:not([type=radio], [type=checkbox]))"
    ).evaluate_all("fields => fields.map((field) => parseFloat(getComputedStyle(field).fontSize))")


def press_tab_until(page: Page, name: str) -> None:
    """Press Tab until an element with ``name`` in its name, label or group has the focus.

    After a sign-in, the focus starts in the middle of the page, and a queue has 40 stops.
    """
    for _ in range(150):
        page.keyboard.press("Tab")
        names = page.evaluate(
            r"""() => {
                let node = document.activeElement;
                while (node.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
                if (["BODY", "MAIN"].includes(node.tagName)) return "";
                const words = node.getAttribute("aria-label") || node.innerText || node.value || "";
                const group = node.closest("[role=radiogroup]")?.getAttribute("aria-label") || "";
                const label = [...(node.labels || [])].map(({ innerText }) => innerText).join(" ");
                return `${words} ${label} ${group}`.replace(/\s+/g, " ");
            }"""
        )
        if name in names:
            return
    raise AssertionError(f"not reached by Tab: {name}")


# Styles by which an element and its ancestors show the focus, after transitions have ended.
FOCUS_STYLES = """async (element) => {
    const styles = [];
    for (let node = element, depth = 0; node && depth < 8; node = node.parentElement, depth++) {
        await Promise.allSettled(node.getAnimations().map(({ finished }) => finished));
        const { outlineStyle, outlineColor, boxShadow, borderColor } = getComputedStyle(node);
        styles.push(outlineStyle, outlineColor, boxShadow, borderColor);
    }
    return styles.join();
}"""


def focus_is_visible(page: Page) -> bool:
    """Return whether the focused element has other styles without the focus."""
    element = page.evaluate_handle(
        """() => {
            let node = document.activeElement;
            while (node.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
            return node;
        }"""
    ).as_element()
    focused = element.evaluate(FOCUS_STYLES)
    element.evaluate("(element) => element.blur()")
    blurred = element.evaluate(FOCUS_STYLES)
    element.focus()
    return focused != blurred


def test_report_can_be_sent_by_keyboard(new_person):
    visitor = new_person().opens()
    expect(visitor.page.get_by_role("radio")).to_have_count(len(IssueType))
    visitor.waits_for_autosave()
    press = visitor.page.keyboard.press
    press_tab_until(visitor.page, "What went wrong?")
    press("ArrowDown")
    press_tab_until(visitor.page, "What happened?")
    visitor.page.keyboard.type("It ignored the attached file.")
    press_tab_until(visitor.page, "Send report")
    press("Enter")
    visitor.sees(RECEIVED)


def test_member_can_sign_in_and_open_an_issue_by_keyboard(new_person, portal):
    issue = send_member_report(portal)
    member = new_person().opens("/my_issues")
    expect(member.page.get_by_label("Username or email")).to_be_focused()
    member.page.keyboard.type("member")
    press_tab_until(member.page, "Password")
    member.page.keyboard.type(portal.passwords["member"])
    member.page.keyboard.press("Enter")
    expect(member.row("one long line").first).to_be_visible()
    member.settles()
    press_tab_until(member.page, f"#{issue.issue_number} ")
    member.page.keyboard.press("Enter")
    member.sees(f"Report #{issue.issue_number}").sees("A reviewer will look at it.")


def test_focus_is_visible_and_targets_are_large_enough(new_person, portal):
    send_member_report(portal)
    reviewer = new_person().signed_in_as("reviewer").opens("/review")
    expect(reviewer.row("one long line").first).to_be_visible()
    reviewer.settles()
    for name in (
        "Report",
        "Robin Reviewer",
        "Open",
        "Search",
        "Filter",
        "Newest",
        "Select all on this page",
        "one long line",
    ):
        press_tab_until(reviewer.page, name)
        assert focus_is_visible(reviewer.page), name
    selects_all(reviewer).page.locator(".bulk-bar summary").click()
    tools = ".stMain :is(.st-key-toolbar, .st-key-header_end) button"
    targets = reviewer.page.locator(
        f".st-key-queue :is(button:not([hidden]), summary, label), {tools}"
    )
    # Streamlit has a second, hidden copy of a button with a tooltip.
    sizes = [target.bounding_box() for target in targets.filter(visible=True).all()]
    assert len(sizes) > 5
    # WCAG 2.2, success criterion 2.5.8: Target Size (Minimum), in CSS pixels.
    assert all(size["width"] >= 24 and size["height"] >= 24 for size in sizes)
