"""What a reporter lives with: links, frames, reloads, and reviewers who work at the same time."""

import html
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import expect

from issue_portal.core.portal_token import Person
from issue_portal.models.requests import IssueQuery
from issue_portal.models.vocabulary import IssueState, Role
from tests.browser.conftest import RECEIVED, report
from tests.servers.installation import portal_server, sign

LINK = "/?type=Format&thread=t1&interaction=i1&project=p1"
# A click on a button's place in the first frame that shows it, as by a hand that does not look.
CLICK_AS_SOON_AS_SEEN = """name => {
  const look = () => {
    const buttons = [...document.querySelectorAll("button")];
    const button = buttons.find(one => one.textContent.includes(name));
    if (!button?.checkVisibility({ visibilityProperty: true })) return requestAnimationFrame(look);
    button.scrollIntoView();
    const { x, y, width, height } = button.getBoundingClientRect();
    const hit = document.elementFromPoint(x + width / 2, y + height / 2);
    hit.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    document.body.dataset.clicked = true;
  };
  look();
}"""


@pytest.fixture
def words() -> str:
    """A text that no other test writes."""
    return f"The answer ignored chapter {uuid.uuid4().hex[:10]}"


def expect_places(person, *values: str) -> None:
    for name, value in zip(("Conversation ID", "Answer ID", "Project ID"), values, strict=True):
        field = person.page.get_by_role("textbox", name=name)
        expect(field).to_be_visible()
        expect(field).to_have_value(value)


def member(portal):
    """The member, as the portal signs in its own."""
    person = Person("member@example.com", "Morgan Member", Role.MEMBER)
    return portal.client(sign(person))


def reviewer(portal):
    return portal.client(portal.token("Robin", Role.ADMIN))


def test_what_a_link_brought_survives_other_pages_sign_in_and_reload(people, words):
    person = people().opens(LINK)
    expect_places(person, "t1", "i1", "p1")
    person.goes_to("Track").goes_to("Report")
    expect_places(person, "t1", "i1", "p1")
    person.writes(words)
    person.page.get_by_role("textbox", name="Project").fill("")
    person.goes_to("Track").goes_to("Report")
    expect_places(person, "t1", "i1", "")
    person.presses("Sign in to report with your name").signs_in("member")
    expect_places(person, "t1", "i1", "")
    expect(person.page.get_by_label("Poor formatting")).to_be_checked()
    person.page.get_by_role("textbox", name="Conversation ID").fill("t2")
    person.page.reload()
    expect_places(person, "t2", "i1", "")
    expect(person.page.get_by_label("Poor formatting")).to_be_checked()
    expect(person.page.get_by_label("Report anonymously")).not_to_be_checked()
    person.presses("Send report").sees("See it in My reports")
    person.goes_to("My reports").row(words).click()
    facts = person.page.locator(".facts").filter(has_text="Conversation")
    expect(facts).to_have_text("Conversationt2Answeri1")


def test_a_link_never_takes_the_place_of_what_a_person_typed(people, words):
    # What came with a link and was not changed is gone with the next one.
    person = people().opens("/?type=Format&description=Of%20the%20link&thread=t1&interaction=i1")
    text = person.page.get_by_label("What happened?")
    expect(text).to_have_value("Of the link")
    person.opens("/?type=Nonsense&thread=t2&interaction=i2")
    expect_places(person, "t2", "i2", "")
    expect(text).to_have_value("")
    expect(person.page.get_by_label("Poor formatting")).not_to_be_checked()

    person.chooses("No answer").writes(words).sees(f"{len(words)} of 10,000 characters")
    person.opens("/?type=Format&description=Of%20the%20link&thread=t3&interaction=i3")
    expect_places(person, "t3", "i3", "")
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


def test_second_click_on_send_hits_nothing(people, words):
    visitor = people().opens().chooses("No answer").writes(words)
    visitor.page.evaluate(CLICK_AS_SOON_AS_SEEN, "Report another problem")
    visitor.presses("Send report")
    expect(visitor.page.locator("body[data-clicked]")).to_have_count(1)
    visitor.settles()
    visitor.sees("Your receipt").presses("Report another problem").sees("Report a problem")


def test_form_alone_in_a_frame(people, words):
    visitor = people(viewport={"width": 390, "height": 800}).opens(f"{LINK}&embed=true")
    page = visitor.page
    for name in ("Track", "Help", "Sign in"):
        expect(page.get_by_role("link", name=name, exact=True)).to_have_count(0)
    expect(page.get_by_test_id("stHeader")).to_be_hidden()
    expect(page.get_by_role("button", name="Español")).to_have_count(0)
    expect(page.get_by_label("Report anonymously")).to_have_count(0)
    visitor.writes(words).presses("Send report").sees(RECEIVED)
    link = page.get_by_role("link", name="Track it")
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("href", f"{visitor.server.url}/track")


@pytest.fixture
def other_site(tmp_path) -> Iterator[str]:
    """The address of a site that is not the portal's; it shows ``index.html`` in tmp_path/site."""
    (tmp_path / "site").mkdir()
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path / "site")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_form_in_a_frame_of_another_site_that_is_refused_storage(
    people, tmp_path, other_site, words
):
    portal = portal_server(tmp_path / "data", ISSUES_EMBED_IN=other_site).start()
    try:
        frame = f'<iframe src="{portal.url}/?embed=true" style="width: 100%; height: 760px">'
        (tmp_path / "site" / "index.html").write_text(frame)
        page = people(portal).context.new_page()
        page.goto(other_site)
        form = page.frame_locator("iframe")
        form.get_by_text("No answer").click()
        form.get_by_label("What happened?").fill(words)
        expect(form.get_by_text(f"{len(words)} of 10,000 characters")).to_be_visible()
        form.get_by_role("button", name="Send report").click()
        expect(form.get_by_text(RECEIVED)).to_be_visible()
        form.get_by_role("button", name="Report another problem").click()
        expect(form.get_by_label("What happened?")).to_have_value("")
    finally:
        portal.stop()


FILL_STORAGE = """() => {
  let text = "x".repeat(4_000_000);
  while (text) {
    try { sessionStorage.setItem("of others", (sessionStorage["of others"] ?? "") + text) }
    catch { text = text.slice(0, text.length / 2) }
  }
}"""


def test_form_works_where_the_tabs_storage_is_full(people, words):
    person = people().opens("/help")
    person.page.evaluate(FILL_STORAGE)
    person.goes_to("Report").chooses("No answer").writes(words)
    person.sees(f"{len(words)} of 10,000 characters").goes_to("Help").goes_to("Report")
    expect(person.page.get_by_label("What happened?")).to_have_value(words)
    expect(person.page.get_by_role("radio", name="No answer")).to_be_checked()
    person.presses("Send report").sees(RECEIVED).sees_not("Error")
    person.presses("Report another problem").sees("Report a problem")
    expect(person.page.get_by_label("What happened?")).to_have_value("")


def test_link_cannot_mark_who_follows_it(people, portal, words):
    marks = "%E2%80%8B%F3%A0%81%81%20%C2%A0%09"  # No width, a tag, and three kinds of blank.
    told = f"description={words.replace(' ', '+')}{marks}&thread=t1{marks}&interaction=i1&project="
    visitor = people().opens(f"/?type=Other&{told}sales%20%C3%A4{marks}")
    expect(visitor.page.get_by_label("What happened?")).to_have_value(words)
    # What could hide something is left out whole; the rest is shown before it is sent.
    expect_places(visitor, "", "i1", "")
    visitor.sees("could identify you")
    visitor.page.get_by_role("textbox", name="Answer ID").fill("")
    visitor.writes(f"{words}\u200b \u00a0").presses("Send report").sees(RECEIVED)
    with portal.client(portal.token("Counter", Role.ADMIN)) as client:
        [issue] = client.iterate(IssueQuery(filter_by_text=words))
    assert issue.description == words


# As in test_reviewer.py: what is typed after a call that was overtaken, and before the next one.
OVERTAKEN = """async () => {
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
  const given = { text: "", choice: null, places: { thread: "t1" } };
  const told = { name: "overtaken", count: "", over: "", limit: 10, text: "words" };
  const data = { ...told, places: ["thread"], given };
  const call = () => keep({ data, parentElement, setStateValue: () => {} });
  const overtaken = call();
  const before = thread.value;
  overtaken();
  thread.value = "";
  thread.dispatchEvent(new Event("input", { bubbles: true }));
  call();
  return [before, thread.value];
}"""


def test_what_is_typed_at_any_moment_stays(people):
    visitor = people().opens("/help")
    assert visitor.page.evaluate(OVERTAKEN) == ["t1", ""]


def test_help_makes_a_link_that_fills_the_form(people):
    author = people().opens().goes_to("Help").sees("What anonymous means")
    author.unfolds("Link to the form or embed it")
    # A list that opens at the very end of the window closes as the page scrolls.
    kind = author.page.get_by_role("combobox", name="Type of problem")
    kind.evaluate("element => element.scrollIntoView({ block: 'center' })")
    author.picks("Type of problem", "Poor formatting", several=False)
    author.page.get_by_label("What happened?").fill("A & B\n50 %")
    author.page.get_by_role("textbox", name="Conversation ID").fill("t 1")
    author.page.get_by_role("textbox", name="Conversation ID").press("Tab")
    author.sees("Enter both the conversation ID and the answer ID, or neither.")
    author.page.get_by_role("textbox", name="Answer ID").fill("i:1")
    author.page.get_by_role("textbox", name="Answer ID").press("Tab")
    author.sees("In a link, an ID can only have letters from a to z, digits and")
    author.page.get_by_role("textbox", name="Conversation ID").fill("t=1")
    author.page.get_by_role("textbox", name="Conversation ID").press("Tab")
    code = author.page.get_by_test_id("stCode")
    expect(code).to_contain_text("interaction=i%3A1")
    link = code.inner_text().strip()
    author.page.get_by_text("Embed the form in your own page").click()
    expect(code).to_contain_text("<iframe")
    assert html.escape(f"{link}&embed=true") in code.inner_text()

    assert link.startswith(f"{author.server.url}/?")
    visitor = people().opens(link.removeprefix(author.server.url))
    expect(visitor.page.get_by_label("What happened?")).to_have_value("A & B\n50 %")
    expect(visitor.page.get_by_label("Poor formatting")).to_be_checked()
    expect_places(visitor, "t=1", "i:1", "")


def test_receipt_survives_a_reload_until_another_report(people, words):
    visitor = people().opens().chooses("No answer").writes(words).presses("Send report")
    visitor.sees(RECEIVED)
    receipt = visitor.receipt()
    visitor.page.reload()
    visitor.sees(RECEIVED)
    assert visitor.receipt() == receipt
    assert receipt not in str(visitor.context.cookies())
    assert receipt not in visitor.page.url
    # It goes along to Track, but not in the URL.
    visitor.page.get_by_role("link", name="Track it").click()
    visitor.sees(words).sees("We've received it.").goes_to("Report")
    assert receipt not in visitor.page.url
    visitor.presses("Report another problem").sees("Report a problem")
    visitor.settles()
    visitor.page.reload()
    visitor.sees("Report a problem").settles()
    visitor.sees_not(RECEIVED)


@pytest.mark.parametrize("elsewhere", ["Español", "Help"])
def test_who_goes_on_while_a_report_is_sent_gets_its_receipt(people, portal, words, elsewhere):
    person = people().opens().chooses("No answer").writes(words)
    with closing(sqlite3.connect(portal.data_dir / "issues.db")) as locker:
        locker.execute("BEGIN IMMEDIATE")
        person.presses("Send report").sees("Sending…")
        expect(person.page.get_by_test_id("stForm")).to_have_attribute("inert", "")
        # Streamlit asks the run that sends to give way, which it does once the answer is here.
        person.page.get_by_text(elsewhere, exact=True).first.click()
    person.sees("Your receipt" if elsewhere == "Help" else "Tu resguardo")
    assert len(person.receipt()) == len("1234-5678-9012-3456")


def test_receipt_is_gone_after_signing_out(people, words):
    person = people().opens("/sign_in").signs_in("member").goes_to("Report")
    person.chooses("No answer").writes(words).presses("Send report").sees("Your receipt")
    receipt = person.receipt()
    kept = "JSON.stringify({...sessionStorage})"
    person.waits_until(lambda: receipt in person.page.evaluate(kept))
    person.goes_to("Morgan Member").presses("Sign out").sees("You're signed out.")
    person.waits_until(lambda: receipt not in person.page.evaluate(kept))
    person.goes_to("Report").sees("Report a problem").sees_not("Your receipt")


def test_receipt_is_not_for_the_next_person_at_the_browser(people, words):
    """A tab that was on Help, or elsewhere, did not hear of the signing out."""
    tab = people().opens("/sign_in").signs_in("member").goes_to("Report")
    tab.chooses("No answer").writes(words).presses("Send report").sees("Your receipt")
    stored = "sessionStorage.getItem('issue-portal-sent')"
    tab.waits_until(lambda: tab.page.evaluate(stored))
    kept = tab.page.evaluate(stored)
    tab.opens("/help")
    tab.goes_to("Morgan Member").presses("Sign out").sees("You're signed out.")
    tab.page.evaluate("kept => sessionStorage.setItem('issue-portal-sent', kept)", kept)
    tab.page.reload()
    tab.goes_to("Report").sees("Report a problem").sees_not("Your receipt")
    tab.page.evaluate("kept => sessionStorage.setItem('issue-portal-sent', kept)", kept)
    tab.opens("/sign_in").signs_in("reviewer").page.reload()
    tab.goes_to("Report").sees("Report a problem").sees_not("Your receipt")
    tab.waits_until(lambda: tab.page.evaluate(stored) is None)
    tab.sees_not("Your receipt")


def test_track_tells_state_dates_and_what_happened(people, portal, words):
    visitor = people(timezone_id="UTC").opens().chooses("No answer").writes(words)
    visitor.presses("Send report").sees(RECEIVED)
    receipt = visitor.receipt()
    with reviewer(portal) as client:
        issue = next(issue for issue in client.iterate() if issue.description == words)
        visitor.waits_for_the_second_after(issue.created_at)
        client.update(issue, state=IssueState.CLOSED)
    visitor.goes_to("Track").page.get_by_role("textbox", name="Receipt").fill(receipt)
    visitor.presses("Show report").sees(f"Report #{issue.issue_number}")
    visitor.sees("The review is finished.")
    expect(visitor.page.locator(".timeline")).to_contain_text(f"{issue.created_at:%H:%M}")
    expect(visitor.page.locator(".timeline li")).to_have_count(2)
    visitor.sees("Moved to Closed")


def test_my_issues_follow_the_review_and_keep_a_correction(people, portal, words):
    with member(portal) as client:
        issue = report(client, words)
    person = people().opens("/my_issues").signs_in("member")
    person.row(words).click()
    person.unfolds("Edit")
    text = person.page.get_by_label("What happened?")
    text.fill(f"{words}, half a senten")
    with reviewer(portal) as client:
        client.update(issue, state=IssueState.IN_REVIEW)
        person.sees("The review has started").sees("A reviewer is looking into it.")
        expect(text).to_have_value(f"{words}, half a senten")
        expect(person.page.get_by_role("button", name="Save")).to_be_disabled()
        person.presses("Back to list")
        expect(person.row(words)).to_contain_text("In review")
        client.update(issue, state=IssueState.CLOSED)
        expect(person.row(words)).to_contain_text("Closed")


def test_a_correction_overwrites_nothing_that_one_has_not_seen(people, portal, words):
    with member(portal) as client:
        issue = report(client, words)
        person = people().opens(f"/my_issues?issue={issue.id}").signs_in("member")
        person.unfolds("Edit")
        text = person.page.get_by_label("What happened?")
        text.fill(f"{words}, mine")
        person.sees("of 10,000 characters").page.reload()
        person.unfolds("Edit")
        expect(text).to_have_value(f"{words}, mine")

        # In another tab, say.
        client.update(client.get(issue.id), description=f"{words}, the other")
        person.presses("Save")
        person.sees(f"You changed #{issue.issue_number} elsewhere.")
        versions = person.page.locator(".st-key-conflict .written")
        expect(versions).to_have_text([f"{words}, mine", f"{words}, the other"])
        expect(text).to_have_value(f"{words}, mine")
        assert client.get(issue.id).description == f"{words}, the other"
        person.presses("Save your version anyway").sees("Saved")
        # Saved is saved: the form is folded, and does not come back.
        expect(text).to_have_count(0)
        person.unfolds("Edit")
        expect(text).to_have_value(f"{words}, mine")
        assert client.get(issue.id).description == f"{words}, mine"
