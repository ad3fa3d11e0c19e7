"""Links that fill in the report form."""

import html

from playwright.sync_api import expect

from issue_portal.models.requests import IssueQuery
from issue_portal.models.vocabulary import Role
from tests.browser.conftest import RECEIVED
from tests.browser.report_links import LINK, expect_references

# Scroll an element to the middle of the window, and wait until the page knows that it was scrolled.
SCROLL_TO_THE_MIDDLE = """async (element) => {
  element.scrollIntoView({ block: "center" });
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
}"""


def test_values_of_a_link_survive_navigation_sign_in_and_reload(new_person, words):
    person = new_person().opens(LINK)
    expect_references(person, "t1", "i1", "p1")
    person.goes_to("Track").goes_to("Report")
    expect_references(person, "t1", "i1", "p1")
    person.writes(words).expands("Conversation details")
    person.page.get_by_role("textbox", name="Project").fill("")
    person.goes_to("Track").goes_to("Report")
    expect_references(person, "t1", "i1", "")
    person.reports_by_name().goes_to("Sign in").signs_in("member")
    expect_references(person, "t1", "i1", "")
    expect(person.page.get_by_label("Poor formatting")).to_be_checked()
    person.expands("Conversation details")
    person.page.get_by_role("textbox", name="Conversation ID").fill("t2")
    person.page.reload()
    expect_references(person, "t2", "i1", "")
    expect(person.page.get_by_label("Poor formatting")).to_be_checked()
    person.expects_identity(by_name=True).presses("Send report").sees("See it in My reports")
    person.goes_to("My reports").row(words).click()
    facts = person.page.locator(".facts").filter(has_text="Conversation")
    expect(facts).to_have_text("Conversationt2Answeri1")


def test_link_does_not_replace_typed_text(new_person, words):
    # A second link replaces the values of the first link unless the person has changed them.
    person = new_person().opens(
        "/?type=Format&description=Of%20the%20link&thread=t1&interaction=i1"
    )
    text = person.page.get_by_label("What happened?")
    expect(text).to_have_value("Of the link")
    person.opens("/?type=Nonsense&thread=t2&interaction=i2")
    expect_references(person, "t2", "i2", "")
    expect(text).to_have_value("")
    expect(person.page.get_by_label("Poor formatting")).not_to_be_checked()

    person.chooses("No answer").writes(words).waits_for_autosave()
    person.opens("/?type=Format&description=Of%20the%20link&thread=t3&interaction=i3")
    expect_references(person, "t3", "i3", "")
    expect(text).to_have_value(words)
    expect(person.page.get_by_label("No answer")).to_be_checked()
    person.sees("This link came with its own text.").presses("Use the link's text")
    expect(text).to_have_value("Of the link")
    person.page.reload()
    person.presses("Use your text")
    expect(text).to_have_value(words)
    person.presses("Send report").sees(RECEIVED)
    person.presses("Report another problem").sees("Report a problem").settles()
    expect(text).to_have_value("")
    assert "thread" not in person.page.url


def test_hidden_marks_in_a_link_are_removed(new_person, portal, words):
    marks = "%E2%80%8B%F3%A0%81%81%20%C2%A0%09"  # Hidden characters and unusual spaces.
    description = f"{words.replace(' ', '+')}{marks}"
    ids = f"thread=t1{marks}&interaction=i1&project=sales%20%C3%A4{marks}"
    visitor = new_person().opens(f"/?type=Other&description={description}&{ids}")
    expect(visitor.page.get_by_label("What happened?")).to_have_value(words)
    # The form leaves out IDs with hidden marks. It shows the other ID, with a warning.
    expect_references(visitor, "", "i1", "")
    visitor.sees("could identify you").waits_for_autosave()
    visitor.expands("Conversation details")
    visitor.page.get_by_role("textbox", name="Answer ID").fill("")
    visitor.writes(f"{words}\u200b \u00a0").presses("Send report").sees(RECEIVED)
    with portal.client(portal.token("Counter", Role.ADMIN)) as client:
        [issue] = client.iterate(IssueQuery(filter_by_text=words))
    assert issue.description == words


def test_help_builds_a_link_that_fills_in_the_form(new_person):
    author = new_person().opens().goes_to("Help").sees("What anonymous means")
    author.expands("Link to or embed the form")
    # At the bottom of the window, the list of a select box closes when the page scrolls.
    type_box = author.page.get_by_role("combobox", name="Type of problem")
    type_box.evaluate(SCROLL_TO_THE_MIDDLE)
    author.picks("Type of problem", "Poor formatting", multiple=False)
    author.page.get_by_label("What happened?").fill("A & B\n50 %")
    author.page.get_by_role("textbox", name="Conversation ID").fill("t 1")
    author.page.get_by_role("textbox", name="Conversation ID").press("Tab")
    author.sees("Enter both the conversation ID and the answer ID, or neither.")
    author.page.get_by_role("textbox", name="Answer ID").fill("i:1")
    author.page.get_by_role("textbox", name="Answer ID").press("Tab")
    author.sees("IDs in a link can only contain letters (a–z), digits and")
    author.page.get_by_role("textbox", name="Conversation ID").fill("t=1")
    author.page.get_by_role("textbox", name="Conversation ID").press("Tab")
    code = author.page.get_by_test_id("stCode")
    expect(code).to_contain_text("interaction=i%3A1")
    link = code.inner_text().strip()
    author.page.get_by_text("Embed the form in your own page").click()
    expect(code).to_contain_text("<iframe")
    assert html.escape(f"{link}&embed=true") in code.inner_text()
    expect(code).to_contain_text("issue-portal:height")

    assert link.startswith(f"{author.server.url}/?")
    visitor = new_person().opens(link.removeprefix(author.server.url))
    expect(visitor.page.get_by_label("What happened?")).to_have_value("A & B\n50 %")
    expect(visitor.page.get_by_label("Poor formatting")).to_be_checked()
    expect_references(visitor, "t=1", "i:1", "")
