"""Reporters: double clicks, full browser storage, edits, and concurrent changes."""

from playwright.sync_api import expect

from issue_portal.models.vocabulary import IssueState
from tests.browser.conftest import RECEIVED, report
from tests.browser.reviewing import member_client, reviewer_client

# The second click of a double click: clicks where a button appears, in the first frame with it.
CLICK_WHEN_VISIBLE = """name => {
  const look = () => {
    const buttons = [...document.querySelectorAll("button")];
    const button = buttons.find(button => button.textContent.includes(name));
    if (!button?.checkVisibility({ visibilityProperty: true })) return requestAnimationFrame(look);
    button.scrollIntoView();
    const { x, y, width, height } = button.getBoundingClientRect();
    const target = document.elementFromPoint(x + width / 2, y + height / 2);
    target.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    document.body.dataset.clicked = true;
  };
  look();
}"""


def test_second_click_of_a_double_click_on_send_does_not_press_the_button_that_appears(
    new_person, words
):
    visitor = new_person().opens().chooses("No answer").writes(words)
    visitor.page.evaluate(CLICK_WHEN_VISIBLE, "Report another problem")
    visitor.presses("Send report")
    expect(visitor.page.locator("body[data-clicked]")).to_have_count(1)
    visitor.settles()
    visitor.sees("Your receipt").presses("Report another problem").sees("Report a problem")


FILL_STORAGE = """() => {
  let text = "x".repeat(4_000_000);
  while (text) {
    try { sessionStorage.setItem("other data", (sessionStorage["other data"] ?? "") + text) }
    catch { text = text.slice(0, text.length / 2) }
  }
}"""


def test_form_works_when_storage_is_full(new_person, words):
    person = new_person().opens("/help")
    person.page.evaluate(FILL_STORAGE)
    person.goes_to("Report").chooses("No answer").writes(words)
    person.waits_for_autosave().goes_to("Help").goes_to("Report")
    expect(person.page.get_by_label("What happened?")).to_have_value(words)
    expect(person.page.get_by_role("radio", name="No answer")).to_be_checked()
    person.presses("Send report").sees(RECEIVED).sees_not("Error")
    person.presses("Report another problem").sees("Report a problem")
    expect(person.page.get_by_label("What happened?")).to_have_value("")


BLOCK_STORAGE = """Object.defineProperty(window, "sessionStorage", {
  get: () => { throw new DOMException("blocked", "SecurityError") }
})"""


def test_form_works_when_storage_is_blocked(new_person, words):
    person = new_person()
    person.page.add_init_script(BLOCK_STORAGE)
    person.opens().chooses("No answer").writes(words)
    person.waits_for_autosave().goes_to("Help").goes_to("Report")
    expect(person.page.get_by_label("What happened?")).to_have_value(words)
    person.presses("Send report").sees(RECEIVED)


# On a rerun, Streamlit may clean up a component before it calls the component again. The person
# types between the two.
TYPE_AFTER_CLEANUP = """async () => {
  const path = "/_stcore/bidi-components/issue_portal.draft_autosave/draft_autosave.js";
  const { default: keep } = await import(path);
  const parentElement = document.body.appendChild(document.createElement("div"));
  const field = (key, name) => {
    const box = document.body.appendChild(document.createElement("div"));
    box.className = `st-key-${key}`;
    return box.appendChild(document.createElement(name));
  };
  field("words", "textarea");
  const thread = field("thread", "input");
  const initial = { text: "", inputs: { thread: "t1" }, choices: {} };
  const texts = { count: "", over_one: "", over_many: "", count_from: 10 };
  const widgets = { text: "words", inputs: ["thread"], choices: [] };
  const data = { name: "replaced", limit: 10, ...texts, ...widgets, initial };
  const call = () => keep({ data: [data], parentElement, setStateValue: () => {} });
  const cleanUp = call();
  const before = thread.value;
  cleanUp();
  thread.value = "";
  thread.dispatchEvent(new Event("input", { bubbles: true }));
  call();
  return [before, thread.value];
}"""


def test_text_typed_during_a_rerun_is_kept(new_person):
    visitor = new_person().opens("/help")
    assert visitor.page.evaluate(TYPE_AFTER_CLEANUP) == ["t1", ""]


def test_my_issues_show_the_review_and_keep_an_unsaved_edit(new_person, portal, words):
    with member_client(portal) as client:
        issue = report(client, words)
    person = new_person().signed_in_as("member").opens("/my_issues")
    person.row(words).click()
    person.presses("Edit")
    text = person.page.get_by_label("What happened?")
    text.fill(f"{words}, half a senten")
    with reviewer_client(portal) as client:
        client.update(issue, state=IssueState.IN_REVIEW)
        person.sees("The review has started").sees("A reviewer is looking into it.")
        expect(text).to_have_value(f"{words}, half a senten")
        expect(person.page.get_by_role("button", name="Save")).to_be_disabled()
        person.presses("Back to list")
        expect(person.row(words)).to_contain_text("In review")
        client.update(issue, state=IssueState.CLOSED)
        expect(person.row(words)).to_contain_text("Closed")


def test_edit_does_not_overwrite_unseen_changes(new_person, portal, words):
    with member_client(portal) as client:
        issue = report(client, words)
        person = new_person().signed_in_as("member").ignores_changes()
        person.opens(f"/my_issues?issue={issue.id}").presses("Edit")
        text = person.page.get_by_label("What happened?")
        text.fill(f"{words}, mine")
        person.waits_for_autosave().page.reload()
        person.presses("Edit")
        expect(text).to_have_value(f"{words}, mine")

        # As by the same person in another tab.
        client.update(client.get(issue.id), description=f"{words}, the other")
        person.presses("Save")
        person.sees(f"You already changed #{issue.issue_number} elsewhere.")
        versions = person.page.locator(".st-key-conflict .written")
        expect(versions).to_have_text([f"{words}, mine", f"{words}, the other"])
        expect(text).to_have_value(f"{words}, mine")
        assert client.get(issue.id).description == f"{words}, the other"
        person.presses("Save your version anyway").sees("Saved")
        # After saving, the form is closed and stays closed.
        expect(text).to_have_count(0)
        person.presses("Edit")
        expect(text).to_have_value(f"{words}, mine")
        assert client.get(issue.id).description == f"{words}, mine"
