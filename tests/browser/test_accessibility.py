"""Every page can be used by everyone: checked by axe-core, and by the keyboard alone."""

import uuid
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from api import portal_token
from api.contract import IssueType, NewIssue, ResourceType, Role
from api.keys import Keys
from api.portal_token import Person as Someone
from tests.conftest import SECRET

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
LOOKS = [("light", DESKTOP), ("dark", DESKTOP), ("light", PHONE), ("dark", PHONE)]
GRAVE = ("serious", "critical")
OPTIONS = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}


BACKGROUNDS = {"light": "rgb(255, 255, 255)", "dark": "rgb(16, 24, 22)"}
# Colours that are still changing would be found wanting.
STILL = "* { transition: none !important; animation: none !important; }"


class Check:
    """Looks at pages, and tells at the end of all that is wrong with them."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def look(self, person, name: str, looks=LOOKS) -> None:
        """In each of ``looks``: colours and size of the window."""
        person.page.add_style_tag(content=STILL)
        for scheme, size in looks:
            person.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            person.page.set_viewport_size(size)
            app = person.page.get_by_test_id("stApp")
            expect(app).to_have_css("background-color", BACKGROUNDS[scheme])
            for rule in Axe().run(person.page, options=OPTIONS).response["violations"]:
                if rule["impact"] in GRAVE:
                    node = rule["nodes"][0]
                    self.faults.append(
                        f"{rule['id']} on {name}, {scheme}, {size['width']} wide, "
                        f"{len(rule['nodes'])} times: {node['html'][:200]}\n"
                        f"    {node['failureSummary']}"
                    )
        person.page.set_viewport_size(DESKTOP)
        person.page.emulate_media(color_scheme="light")
        person.settles()


@pytest.fixture
def check() -> Iterator[Check]:
    made = Check()
    yield made
    assert not made.faults, "\n".join(made.faults)


@pytest.fixture
def words() -> str:
    """A text that no other test writes."""
    return f"The answer ignored chapter {uuid.uuid4().hex[:10]}"


def reported_by_member(portal, words: str) -> None:
    person = Someone("member@example.com", "Morgan Member", Role.MEMBER)
    with portal.client(portal_token.sign(Keys(SECRET).derive("portal"), person)) as client:
        client.create(
            NewIssue(
                description=words,
                resource_type=ResourceType.THREAD,
                type=IssueType.FORMAT,
                anonymous=False,
            )
        )


def test_pages_of_a_visitor(people, check, words):
    visitor = people().opens("/?type=Other&thread=t1&interaction=i1")
    check.look(visitor, "form")
    visitor.presses("Send report").sees("it is still empty")
    check.look(visitor, "form with faults")
    visitor.writes(words).presses("Send report").sees("Your report has arrived.")
    check.look(visitor, "thank you")
    receipt = visitor.receipt()
    visitor.goes_to("Track").page.get_by_role("textbox", name="Receipt").fill(receipt)
    visitor.presses("Show report").sees("It has arrived.")
    check.look(visitor, "track")
    visitor.goes_to("Help").page.get_by_text("Link to the form").click()
    expect(visitor.page.get_by_test_id("stCode")).to_be_visible()
    check.look(visitor, "help")
    visitor.goes_to("Sign in")
    check.look(visitor, "sign in")
    visitor.opens("/my_issues").sees("Sign in to see this page.")
    check.look(visitor, "closed page", LOOKS[:2])
    visitor.opens("/?embed=true")
    check.look(visitor, "form in a frame", LOOKS[2:])


def test_pages_of_a_member(people, portal, check, words):
    reported_by_member(portal, words)
    member = people().opens("/my_issues").signs_in("member")
    expect(member.row(words)).to_be_visible()
    check.look(member, "my issues")
    member.row(words).click()
    member.page.get_by_text("Correct it").click()
    expect(member.page.get_by_label("What happened?")).to_be_visible()
    check.look(member, "opened issue")
    member.opens("/my_issues?q=nobody+wrote+this").sees("No issue fits")
    check.look(member, "empty list", LOOKS[:2])
    member.opens("/review").sees("This page is for reviewers.")
    check.look(member, "no rights", LOOKS[:2])
    member.goes_to("Morgan Member")
    check.look(member, "account")


def test_pages_of_a_reviewer(people, portal, check, words):
    reported_by_member(portal, words)
    reviewer = people().opens(f"/review?q={words.split()[-1]}").signs_in("reviewer")
    expect(reviewer.row(words)).to_be_visible()
    reviewer.page.get_by_text("More filters").click()
    expect(reviewer.page.get_by_role("combobox", name="Reported by")).to_be_visible()
    check.look(reviewer, "queue")
    reviewer.row(words).click()
    reviewer.sees("From Morgan Member")
    check.look(reviewer, "queue with an opened issue")
    reviewer.opens("/insights")
    check.look(reviewer, "insights")


def test_menu_of_a_phone(people, check):
    visitor = people(viewport=PHONE).opens()
    visitor.page.get_by_test_id("stExpandSidebarButton").click()
    expect(visitor.page.get_by_role("link", name="Track")).to_be_visible()
    check.look(visitor, "menu", [("light", PHONE), ("dark", PHONE)])


# What the person is at, also inside an element of our own; not the page as a whole.
AT = """() => {
  let at = document.activeElement;
  while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  if (!at.matches("a, button, input, textarea, summary")) return "";
  const words = [at.ariaLabel, at.value, at.labels?.[0]?.textContent, at.textContent];
  return words.filter((each) => each).join(" ");
}"""


def tabs_to(person, words: str) -> None:
    """Press Tab until what has these words is reached."""
    met = []
    for _ in range(60):
        person.page.keyboard.press("Tab")
        met.append(person.page.evaluate(AT))
        if words in met[-1] and not met[-1].startswith("Help for"):
            return
    raise AssertionError(f"{words} is not among {met}")


def types(person, words: str) -> None:
    person.page.keyboard.type(words)


def hits(person, key: str) -> None:
    person.page.keyboard.press(key)


def test_reporting_by_the_keyboard_alone(people, words):
    visitor = people().opens()
    tabs_to(visitor, "No answer")
    hits(visitor, "Space")
    hits(visitor, "ArrowDown")
    expect(visitor.page.get_by_label("Wrong answer")).to_be_checked()
    tabs_to(visitor, "What happened?")
    types(visitor, words)
    tabs_to(visitor, "Report anonymously")
    tabs_to(visitor, "Where it happened")
    hits(visitor, "Enter")
    expect(visitor.page.get_by_role("textbox", name="Project")).to_be_visible()
    tabs_to(visitor, "Thread")
    types(visitor, "t1")
    tabs_to(visitor, "Interaction")
    types(visitor, "i1")
    tabs_to(visitor, "Send report")
    hits(visitor, "Enter")
    visitor.sees("Your report has arrived.")
    tabs_to(visitor, "Download receipt")
    tabs_to(visitor, "Follow it on Track")
    hits(visitor, "Enter")
    visitor.sees("Track a report").settles()
    tabs_to(visitor, "Receipt")


def test_my_issues_by_the_keyboard_alone(people, portal, words):
    reported_by_member(portal, words)
    member = people().opens()
    tabs_to(member, "Sign in")
    hits(member, "Enter")
    expect(member.page.get_by_role("heading", name="Sign in")).to_be_visible()
    member.settles()
    tabs_to(member, "Username")
    types(member, "member")
    tabs_to(member, "Password")
    types(member, portal.passwords["member"])
    hits(member, "Enter")
    member.sees("Morgan Member").settles()
    tabs_to(member, "My issues")
    hits(member, "Enter")
    expect(member.row(words)).to_be_visible()
    member.settles()
    tabs_to(member, words)
    hits(member, "Enter")
    member.sees("It has arrived.").settles()
    tabs_to(member, "Correct it")
    hits(member, "Enter")
    tabs_to(member, "What happened?")
    types(member, " And more.")
    tabs_to(member, "Save")
    hits(member, "Enter")
    member.sees(f"{words} And more.")


MARKED = """(element) => {
  const style = getComputedStyle(element);
  return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
}"""

OUR_TARGETS = """:is(.stButton, .stFormSubmitButton, .stDownloadButton, .stPageLink, .downloads)
  :is(button, a), button[data-issue], .pick, .action"""


def has_room(person) -> int:
    """Check that what can be pressed is large enough to be hit; returns how many those are."""
    targets = [each for each in person.page.locator(OUR_TARGETS).all() if each.is_visible()]
    for target in targets:
        box = target.bounding_box()
        assert min(box["width"], box["height"]) >= 24, (target.inner_text(), box)
    return len(targets)


def test_what_has_the_focus_is_seen_and_what_is_pressed_is_large_enough(people, portal, words):
    reported_by_member(portal, words)
    reviewer = people().opens(f"/review?q={words.split()[-1]}").signs_in("reviewer")
    reviewer.row(words).click()
    reviewer.sees("From Morgan Member").settles()
    hits(reviewer, "Tab")
    page = reviewer.page
    page.locator("[data-pick]").first.check()
    for ours in ("button[data-issue]", "[data-pick]", ".action", ".downloads a"):
        element = page.locator(f"{ours} >> visible=true").first
        assert not element.evaluate(MARKED), ours
        hits(reviewer, "Shift")
        element.focus()
        assert element.evaluate(MARKED), ours
    assert has_room(reviewer) > 10
    visitor = people(viewport=PHONE).opens().sees("Sign in to report by name")
    assert has_room(visitor) > 1
