"""Accessibility: axe-core on every page, keyboard use, visible focus, size of targets."""

import sys

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from issue_portal.core.portal_token import Person
from issue_portal.models.vocabulary import Role
from tests.browser.conftest import RECEIVED, report
from tests.browser.conftest import Person as Visitor
from tests.servers.installation import Server, sign
from tests.servers.processes import environment, free_port

LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
}


@pytest.fixture(scope="session")
def bare(tmp_path_factory):
    """Streamlit with an empty page."""
    directory = tmp_path_factory.mktemp("bare")
    (directory / "blank.py").write_text('import streamlit as st\nst.write("")\n')
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(directory / "blank.py")]
    server = Server(
        [*command, "--server.port", str(port), "--server.headless", "true"],
        port,
        directory / "data",
        environment(directory / "data"),
        ready_path="/_stcore/health",
    ).start()
    yield server
    server.stop()


def findings(page: Page) -> set[str]:
    """Return the serious and critical findings of axe, with their places."""
    options = {"resultTypes": ["violations"]}
    return {
        f"{rule['id']}: {node['html'][:200]} {node['failureSummary']}"
        for rule in Axe().run(page, options=options).response["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    }


@pytest.fixture(scope="session")
def excused(chromium, bare) -> set[str]:
    """The rules that an empty Streamlit page breaks."""
    visitor = Visitor(chromium, bare)
    visitor.page.goto(bare.url)
    expect(visitor.page.get_by_test_id("stMain")).to_be_visible()
    visitor.rests()
    rules = {finding.split(":")[0] for finding in findings(visitor.page)}
    visitor.leaves()
    return rules


@pytest.fixture
def without_barriers(excused):
    def check(person, where: str) -> None:
        # Streamlit's toasts pass by, and are Streamlit's to mend.
        expect(person.page.get_by_test_id("stToast")).to_have_count(0)
        person.rests()
        result = {each for each in findings(person.page) if each.split(":")[0] not in excused}
        # One may have come in between.
        result = {each for each in result if 'data-testid="stToast"' not in each}
        assert not result, where

    return check


def report_of_member(portal):
    member = Person("member@example.com", "Morgan Member", Role.MEMBER)
    with portal.client(sign(member)) as client:
        return report(client, "The table came out as one long line.")


@pytest.mark.parametrize("look", LOOKS)
def test_public_pages_are_accessible(people, without_barriers, look):
    visitor = people(**LOOKS[look])
    for path in ("/?embed=true", "/help", "/sign_in", "/?type=Format&thread=t&interaction=i"):
        visitor.opens(path)
        without_barriers(visitor, path)
    visitor.presses("Send report").sees("Tell us what happened")
    without_barriers(visitor, "form with an error")
    visitor.writes("It ignored the file.").presses("Send report").sees(RECEIVED)
    without_barriers(visitor, "thank you")
    receipt = visitor.receipt()
    visitor.opens("/track")
    visitor.page.get_by_role("textbox", name="Receipt").fill(receipt)
    visitor.presses("Show report").sees("It ignored the file.")
    without_barriers(visitor, "track")


@pytest.mark.parametrize("look", LOOKS)
def test_member_pages_are_accessible(people, portal, without_barriers, look):
    issue = report_of_member(portal)
    member = people(**LOOKS[look]).opens("/my_issues").signs_in("member")
    without_barriers(member, "my issues")
    member.opens(f"/my_issues?issue={issue.id}").sees("Edit")
    member.unfolds("Edit")
    without_barriers(member, "an issue of mine")
    member.opens("/sign_in").sees("Your account")
    without_barriers(member, "account")


@pytest.mark.parametrize("look", LOOKS)
def test_reviewer_pages_are_accessible(people, portal, without_barriers, look):
    issue = report_of_member(portal)
    reviewer = people(**LOOKS[look]).opens("/review?kind=Format").signs_in("reviewer")
    reviewer.page.get_by_label("Select all on this page").check()
    without_barriers(reviewer, "review")
    reviewer.opens(f"/review?issue={issue.id}").sees("Mark unread")
    reviewer.presses("Start review").sees("Moving #")
    without_barriers(reviewer, "an issue in review")
    if look != "phone":
        reviewer.presses("Shortcuts").sees("Use these shortcuts")
        without_barriers(reviewer, "shortcuts")
    reviewer.opens("/insights").sees("Reported per day")
    expect(reviewer.page.get_by_test_id("stVegaLiteChart").first).to_be_visible()
    without_barriers(reviewer, "insights")


def tabs_to(page: Page, name: str, *, role: str | None = None) -> None:
    """Press Tab until the element of that name has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        result = page.evaluate(
            """() => {
                let at = document.activeElement;
                while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
                if (["BODY", "MAIN"].includes(at.tagName)) return "";
                const words = at.getAttribute("aria-label") || at.innerText || at.value || "";
                const group = at.closest("[role=radiogroup]")?.getAttribute("aria-label") || "";
                const label = [...(at.labels || [])].map((one) => one.innerText).join(" ");
                return `${words} ${label} ${group}`;
            }"""
        )
        if name in result:
            return
    raise AssertionError(f"not reached by Tab: {name}")


# The look of an element and what is around it, once their transitions have ended.
LOOK = """async (at) => {
    const looks = [];
    for (let up = at, depth = 0; up && depth < 8; up = up.parentElement, depth++) {
        await Promise.allSettled(up.getAnimations().map(({ finished }) => finished));
        const { outlineStyle, outlineColor, boxShadow, borderColor } = getComputedStyle(up);
        looks.push(outlineStyle, outlineColor, boxShadow, borderColor);
    }
    return looks.join();
}"""


def focus_is_seen(page: Page) -> bool:
    """Return whether the focused element looks different without the focus."""
    element = page.evaluate_handle(
        """() => {
            let at = document.activeElement;
            while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
            return at;
        }"""
    ).as_element()
    focused = element.evaluate(LOOK)
    element.evaluate("(at) => at.blur()")
    blurred = element.evaluate(LOOK)
    element.focus()
    return focused != blurred


def test_report_can_be_sent_by_keyboard(people):
    visitor = people().opens()
    expect(visitor.page.get_by_role("radio")).to_have_count(5)
    visitor.sees("0 of 10,000 characters")
    press = visitor.page.keyboard.press
    tabs_to(visitor.page, "What went wrong?")
    press("ArrowDown")
    tabs_to(visitor.page, "What happened?")
    visitor.page.keyboard.type("It ignored the attached file.")
    tabs_to(visitor.page, "Send report")
    press("Enter")
    visitor.sees(RECEIVED)


def test_member_can_sign_in_and_open_an_issue_by_keyboard(people, portal):
    issue = report_of_member(portal)
    member = people().opens("/my_issues")
    tabs_to(member.page, "Username")
    member.page.keyboard.type("member")
    tabs_to(member.page, "Password")
    member.page.keyboard.type(portal.passwords["member"])
    member.page.keyboard.press("Enter")
    expect(member.row("one long line").first).to_be_visible()
    member.settles()
    tabs_to(member.page, f"#{issue.issue_number} ")
    member.page.keyboard.press("Enter")
    member.sees(f"Report #{issue.issue_number}").sees("A reviewer will look at it.")


def test_focus_is_visible_and_targets_are_large_enough(people, portal):
    report_of_member(portal)
    reviewer = people().opens("/review").signs_in("reviewer")
    expect(reviewer.row("one long line").first).to_be_visible()
    reviewer.settles()
    for name in ("Report", "Search", "Order", "Select all on this page", "one long line"):
        tabs_to(reviewer.page, name)
        assert focus_is_seen(reviewer.page), name
    reviewer.page.get_by_label("Select all on this page").check()
    targets = reviewer.page.locator(".st-key-queue :is(button:not([hidden]), label)")
    sizes = [target.bounding_box() for target in targets.all()]
    assert len(sizes) > 5
    # WCAG 2.2, target size (minimum).
    assert all(size["width"] >= 24 and size["height"] >= 24 for size in sizes)
