"""The main tasks of visitors, members and reviewers."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import RECEIVED, report
from tests.browser.reviewing import chooses_tab, open_queue, opens_filters
from tests.servers.installation import make_portal_server


def test_visitor_reports_anonymously_and_tracks_it_later(new_person, words):
    visitor = new_person().opens()
    visitor.chooses("Ignored my files").writes(words).presses("Send report")
    visitor.sees(RECEIVED)
    receipt = visitor.receipt()
    link = visitor.page.get_by_role("link", name="Private link").get_attribute("href")
    visitor.context.close()

    receipt_holder = new_person()
    requests = []
    receipt_holder.page.on("request", lambda request: requests.append(request.url))
    receipt_holder.opens(link.removeprefix(receipt_holder.server.url)).sees(words)
    expect(receipt_holder.page.get_by_role("textbox", name="Receipt")).to_have_value(receipt)
    # The page itself is the only request whose URL has the receipt: in the fragment, which
    # browsers do not send.
    assert not [url for url in requests[1:] if receipt in url]
    assert receipt_holder.page.url == link
    receipt_holder.page.get_by_role("textbox", name="Receipt").fill(
        f" {receipt.replace('-', ' ')} "
    )
    receipt_holder.presses("Show report")
    receipt_holder.sees(words).sees("We've received it.").sees("Ignored my files")


def test_member_reports_by_name_edits_and_withdraws(new_person, words):
    member = new_person().signed_in_as("member").opens()
    member.chooses("Wrong answer").writes(words)
    member.reports_by_name()
    member.presses("Send report").sees(RECEIVED)

    member.goes_to("My reports")
    member.row(words).click()
    member.presses("Edit")
    member.page.get_by_label("What happened?").fill(f"{words}, second edition")
    member.presses("Save").sees("Saved").sees(f"{words}, second edition")

    member.presses("Withdraw")
    expect(member.row(words)).to_have_count(0)
    # Undo opens the report again.
    member.presses("Undo").sees("Undone")
    member.presses("Withdraw").sees(" withdrawn")
    expect(member.row(words)).to_have_count(0)


def test_reporter_sees_the_review(new_person, words):
    member = new_person().signed_in_as("member").opens()
    member.chooses("Wrong answer").writes(words)
    member.reports_by_name()
    member.presses("Send report").sees(RECEIVED)

    reviewer = new_person().signed_in_as("reviewer").opens("/review")
    row = reviewer.row(words)
    expect(row.locator(".text")).to_have_css("font-weight", "650")
    row.click()
    reviewer.sees("From Morgan Member")
    expect(row.locator(".text")).to_have_css("font-weight", "400")
    reviewer.presses("Start review").sees("Moved to In review")
    member.goes_to("My reports")
    expect(member.row(words)).to_contain_text("In review")

    reviewer.presses("Close").sees(re.compile(r"#\d+ closed"))
    member.row(words).click()
    member.sees("The review is finished.")
    expect(member.page.get_by_text("Edit", exact=True)).to_have_count(0)


def test_reviewer_filters_the_queue(new_person, portal, words):
    with portal.client(portal.token("Filter Person")) as client:
        report(client, words)
    reviewer = new_person().signed_in_as("reviewer").opens("/review")
    page = reviewer.page
    page.get_by_role("searchbox", name="Search").fill(words)
    expect(page.locator("button[data-issue]")).to_have_count(1)

    chooses_tab(reviewer, "Closed").sees("No matching issues")
    chooses_tab(reviewer, "Open")
    expect(reviewer.row(words)).to_have_count(1)

    opens_filters(reviewer).picks("Type of problem", "Poor formatting")
    expect(page).to_have_url(re.compile("kind=Format"))
    expect(reviewer.row(words)).to_have_count(1)
    reviewer.picks("Reported by", "Filter Person")
    expect(page).to_have_url(re.compile("reporter=user_"))
    expect(reviewer.row(words)).to_have_count(1)

    page.reload()
    chips = page.locator(".st-key-chips")
    expect(chips).to_contain_text("Type of problem: Poor formatting")
    expect(chips).to_contain_text("Reported by: Filter Person")
    expect(reviewer.row(words)).to_have_count(1)
    expect(page.locator("button[data-issue]")).to_have_count(1)
    reviewer.presses("Clear all")
    expect(chips).to_have_count(0)
    expect(page).not_to_have_url(re.compile("kind=|reporter="))
    expect(reviewer.row(words)).to_have_count(1)


def test_filter_on_a_later_page_returns_to_the_first_page(new_person, portal, words):
    with portal.client(portal.visitor_token()) as client:
        for number in range(21):
            report(client, f"{words}, part {number}", anonymous=True)
    reviewer = new_person().signed_in_as("reviewer").opens(f"/review?q={words.split()[-1]}&page=2")
    expect(reviewer.row(words)).to_have_count(1)
    chooses_tab(reviewer, "Closed").sees("No matching issues")
    # The queue opens on the last tab.
    chooses_tab(reviewer.goes_to("Help").goes_to("Review"), "Closed")
    reviewer.page.get_by_role("searchbox", name="Search").fill(words.split()[-1])
    expect(reviewer.page).to_have_url(re.compile("q=mark"))
    reviewer.settles()
    reviewer.sees("No matching issues").presses("Show all")
    expect(reviewer.page.get_by_role("radio", name="All", exact=True)).to_be_checked()
    expect(reviewer.page.get_by_role("searchbox", name="Search")).to_have_value("")
    expect(reviewer.page.locator("button[data-issue]")).to_have_count(20)


def test_reviewer_filters_by_date(new_person, words, portal):
    with portal.client(portal.visitor_token()) as client:
        issue = report(client, words, anonymous=True)
    today = issue.created_at.date().isoformat()
    reviewer = new_person(timezone_id="UTC").signed_in_as("reviewer")
    reviewer.opens(f"/review?q={words.split()[-1]}&created={today},{today}")
    expect(reviewer.row(words)).to_have_count(1)
    reviewer.opens(f"/review?q={words.split()[-1]}&created=2020-01-01,2020-01-02")
    reviewer.sees("No matching issues")


def test_invalid_days_are_ignored(new_person, portal, words):
    with portal.client(portal.visitor_token()) as client:
        report(client, words, anonymous=True)
    path = f"/review?q={words}&created=2026-01-01,9999-12-31"
    reviewer = new_person().signed_in_as("reviewer").opens(path)
    expect(reviewer.row(words)).to_have_count(1)


def test_first_request_to_a_server_can_be_for_any_page(new_person, tmp_path):
    server = make_portal_server(tmp_path / "data").start()
    try:
        visitor = new_person(server).opens("/review").sees("Sign in to see this page.")
        expect(visitor.page.get_by_role("link", name="Report", exact=True)).to_be_visible()
    finally:
        server.stop()


def test_sign_in_returns_to_the_requested_page_and_survives_reload(new_person):
    reviewer = new_person().opens("/review")
    reviewer.sees("Sign in to see this page.")
    reviewer.signs_in("reviewer")
    expect(reviewer.page.get_by_role("heading", name="Review", level=1)).to_be_visible()
    assert "/review" in reviewer.page.url
    reviewer.page.reload()
    reviewer.sees("Robin Reviewer")
    tab = reviewer.context.new_page()
    tab.goto(reviewer.server.url + "/insights")
    expect(tab.get_by_role("heading", name="Insights")).to_be_visible()


def test_sign_in_returns_to_the_page_it_began_on(new_person):
    member = new_person().opens("/track").goes_to("Sign in").signs_in("member")
    expect(member.page.get_by_role("heading", name="Track a report")).to_be_visible()


STORES_WORDS = "(words) => Object.values(sessionStorage).some((value) => value.includes(words))"


def test_sign_out_clears_drafts_and_receipts_in_every_tab(new_person, portal, words):
    member = new_person().opens("/sign_in").signs_in("member").goes_to("Report").writes(words)
    # A receipt would show the next person that this person sent a report.
    member.chooses("No answer").presses("Send report").sees(RECEIVED)
    receipt_tab = member.page
    member.page = member.context.new_page()
    member.opens().writes(words).waits_for_autosave()
    draft_tab = member.context.new_page()
    draft_tab.goto(portal.url)
    # Wait for the script that stores the draft.
    expect(draft_tab.locator(".st-key-draft [data-drawn]")).to_be_attached()
    draft_tab.get_by_label("What happened?").fill(words)
    draft_tab.wait_for_function(STORES_WORDS, arg=words)
    member.signs_out()
    member.sees_not("Morgan Member")
    member.opens("/my_issues").sees("Sign in to see this page.")
    member.opens()
    expect(member.page.get_by_label("What happened?")).to_have_value("")
    expect(draft_tab.get_by_label("What happened?")).to_have_value("")
    expect(draft_tab.get_by_role("link", name="Morgan Member")).to_have_count(0)
    assert not draft_tab.evaluate(STORES_WORDS, words)
    expect(receipt_tab.get_by_role("heading", name="Report a problem")).to_be_visible()
    expect(receipt_tab.get_by_text(RECEIVED)).to_have_count(0)
    assert not receipt_tab.evaluate(STORES_WORDS, "issue_number")


def test_sign_out_is_confirmed_once_the_drafts_are_removed(new_person):
    """Otherwise, a person who leaves the page at once would leave drafts in their other tabs."""
    member = new_person().opens("/sign_in").signs_in("member")
    scripts = member.holds_requests("**/draft_autosave.js*")
    member.opens("/help").opens_menu().presses("Sign out")
    confirmation = member.page.get_by_text("You're signed out.")
    expect(confirmation).to_be_attached()
    member.settles()
    expect(confirmation).to_be_hidden()
    member.waits_until(lambda: scripts)
    for script in scripts:
        script.continue_()
    expect(confirmation).to_be_visible()


def test_wrong_password_and_unknown_user_get_the_same_message(new_person):
    stranger = new_person().opens("/sign_in")
    for name in ("member", "nobody"):
        stranger.page.get_by_label("Username").fill(name)
        stranger.page.get_by_label("Password", exact=True).fill("wrong")
        stranger.presses("Sign in").sees("Wrong username or password.")


def test_member_cannot_open_reviewer_pages(new_person):
    member = new_person().signed_in_as("member").opens("/review")
    member.sees("This page is for reviewers.")
    expect(member.page.locator("button[data-issue]")).to_have_count(0)
    member.opens("/insights").sees("This page is for reviewers.")


def test_language_is_that_of_the_browser_until_another_is_chosen(new_person, words):
    visitor = new_person(locale="es-MX").opens().sees("Informar de un problema")
    root = visitor.page.locator("html")
    expect(root).to_have_attribute("lang", "es")
    visitor.chooses("Ignoró mis archivos")
    visitor.page.get_by_label("¿Qué ha pasado?").fill(words)
    visitor.page.get_by_label("¿Qué ha pasado?").fill(words.ljust(9_100))
    visitor.sees("9,100 de 10,000 caracteres")
    visitor.page.get_by_label("¿Qué ha pasado?").fill(words)
    visitor.chooses_language("English").sees("Report a problem")
    expect(visitor.page.get_by_test_id("stPopoverBody")).to_have_count(0)
    expect(root).to_have_attribute("lang", "en")
    expect(root).to_have_attribute("dir", "ltr")
    expect(visitor.page.get_by_label("What happened?")).to_have_value(words)
    visitor.presses("Send report").sees(RECEIVED)
    # The theme is kept, too.
    visitor.opens_menu().presses("Dark")
    app = visitor.page.locator(".stApp")
    expect(app).to_have_css("color-scheme", "dark")
    visitor.settles()
    visitor.opens("/track").sees("Track a report")
    expect(root).to_have_attribute("lang", "en")
    expect(app).to_have_css("color-scheme", "dark")
    expect(
        visitor.opens_menu().page.get_by_role("button", name="Dark", pressed=True)
    ).to_be_visible()


def test_filters_in_a_link_work_in_every_language(new_person, portal, words):
    with portal.client(portal.visitor_token()) as client:
        report(client, words, anonymous=True)
    reviewer = open_queue(new_person, words)
    chooses_tab(reviewer, "New")
    expect(reviewer.page).to_have_url(re.compile("state=NotReviewed"))
    other = new_person().signed_in_as("reviewer").opens("/help").chooses_language("Español")
    other.opens(reviewer.page.url.removeprefix(portal.url))
    expect(other.row(words)).to_have_count(1)
    expect(other.row(words)).to_contain_text("Nuevo")
    reviewer.page.go_back()
    reviewer.settles()
    expect(reviewer.row(words)).to_have_count(1)
