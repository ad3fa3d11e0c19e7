"""Reviewers: exports, similar issues, links to conversations, insights."""

import csv
import json
import re
import sqlite3
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from issue_portal.models.requests import NewIssue
from issue_portal.models.vocabulary import IssueType, ResourceType
from tests.browser.reviewing import open_queue, opens_queue_menu, report_anonymously, sees_open
from tests.servers.installation import make_portal_server


def test_export_has_the_filtered_issues(new_person, portal, words):
    report_anonymously(portal, *(f"={words} {number}" for number in range(25)))
    report_anonymously(portal, "another one")
    reviewer = opens_queue_menu(open_queue(new_person, words))
    with reviewer.page.expect_download() as download:
        reviewer.page.get_by_role("link", name="Download CSV").click()
    # Excel needs the byte order mark to detect UTF-8.
    assert download.value.path().read_bytes().startswith(b"\xef\xbb\xbf")
    with download.value.path().open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [row["description"] for row in rows] == [f"'={words} {n}" for n in reversed(range(25))]
    with reviewer.page.expect_download() as download:
        reviewer.page.get_by_role("link", name="JSONL").click()
    with download.value.path().open() as file:
        lines = [json.loads(line) for line in file]
    assert [line["description"] for line in lines] == [f"={words} {n}" for n in reversed(range(25))]
    assert lines[0]["created_by"] is None


@pytest.mark.parametrize("extension", ["csv", "jsonl"])
def test_export_requires_sign_in_and_permission(new_person, portal, words, extension):
    report_anonymously(portal, words)
    stranger = new_person().context.request
    assert stranger.get(f"{portal.url}/issues.{extension}").status == 401
    member = new_person().signed_in_as("member").context.request
    response = member.get(f"{portal.url}/issues.{extension}?filter_by_text={words}")
    assert response.status == 200
    assert words not in response.text()
    assert member.get(f"{portal.url}/issues.{extension}?states=Deleted").status == 403
    assert member.get(f"{portal.url}/issues.{extension}?states=Nonsense").status == 400
    # An export ignores the parameters that select a page, even invalid ones.
    for paging in ("before=x", "last=1_0", "last=1&last=2", "first=1&after=x"):
        query = f"{paging}&filter_by_text=x"
        assert member.get(f"{portal.url}/issues.{extension}?{query}").status == 200
    assert member.get(f"{portal.url}/issues.xls").status == 404


def test_similar_issues_are_shown_beside_the_open_issue(new_person, portal, words):
    _first, second, _other = report_anonymously(
        portal,
        f"The {words} answer ignored paragraph seven of the warranty terms",
        f"An answer about {words} has ignored the warranty terms",
        f"Nothing at all in common but {words}",
    )
    reviewer = open_queue(new_person, words)
    reviewer.row("paragraph seven").click()
    reviewer.sees("Similar issues")
    similar = reviewer.page.locator(".st-key-similar button[data-issue]")
    expect(similar).to_have_count(1)
    similar.click()
    page = sees_open(reviewer, second).page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    reviewer.presses("Copy link").sees("Copied")
    link = page.evaluate("navigator.clipboard.readText()")
    page.context.clear_permissions()
    assert link == f"{portal.url}/review?issue={second.id}"


def test_issue_links_to_its_conversation(new_person, tmp_path):
    server = make_portal_server(
        tmp_path / "data", ISSUES_THREAD_URL="https://chat.example.com/t/{thread}?at={interaction}"
    ).start()
    try:
        report_anonymously(server, "With a thread", thread_id="../x?y=1")
        reviewer = open_queue(new_person, "With", server=server)
        reviewer.row("With a thread").click()
        expect(reviewer.page.get_by_role("link", name="Open conversation")).to_have_attribute(
            "href", "https://chat.example.com/t/..%2Fx%3Fy%3D1?at=a%20b"
        )
    finally:
        server.stop()


def test_issue_can_be_read_when_the_disk_is_full(new_person, tmp_path):
    server = make_portal_server(tmp_path / "data").start()
    try:
        report_anonymously(server, "Stored in the last free space")
        reviewer = open_queue(new_person, "space", server=server)
        with sqlite3.connect(server.data_dir / "issues.db") as database:
            database.execute(
                "CREATE TRIGGER full BEFORE UPDATE ON issues"
                " BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END"
            )
        reviewer.row("space").click()
        expect(reviewer.page.locator(".st-key-opened .written")).to_have_text(
            "Stored in the last free space"
        )
        reviewer.presses("Start review").sees("couldn't save")
    finally:
        server.stop()


def test_insights_link_to_the_queue(new_person, portal, words):
    with portal.client(portal.token("Morgan")) as client:
        # The chart shows only the projects with the most issues.
        for text, project in (*[(f"{words} one", words)] * 3, (f"{words} two", "")):
            client.create(
                NewIssue(
                    description=text,
                    resource_type=ResourceType.THREAD,
                    type=IssueType.FORMAT,
                    anonymous=False,
                    project_id=project or None,
                )
            )
    reviewer = new_person().signed_in_as("reviewer").opens("/insights")
    page = reviewer.page
    page.get_by_role("radio", name="90 days").click()
    expect(page).to_have_url(re.compile("period=90"))
    insights_url = page.url
    page.get_by_role("button", name="Table: By project").click()
    table = page.get_by_role("table", name="Number of issues by project", exact=True)
    expect(table.get_by_role("row", name=words)).to_contain_text("3")
    page.get_by_role("button", name="Chart: By project").click()
    chart = page.get_by_role("list", name="Number of issues by project", exact=True)
    chart.get_by_role("link", name=words).click()
    expect(page.get_by_role("heading", name="Review", level=1)).to_be_visible()
    expect(reviewer.row(f"{words} one")).to_have_count(3)
    expect(reviewer.row(f"{words} two")).to_have_count(0)
    parameters = parse_qs(urlsplit(page.url).query)
    assert (parameters.keys(), parameters["project"]) == ({"project", "created"}, [words])

    page.go_back()
    expect(page.get_by_role("radio", name="90 days")).to_be_checked()
    reviewer.sees("Select a bar to see which issues are still open.")
    assert page.url == insights_url
    # Of the columns, Tab reaches the newest one.
    page.get_by_role("button", name="Table: Open over time").press("Tab")
    columns = page.get_by_role("list", name="Number of open issues over time").get_by_role("link")
    expect(columns.last).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(columns.first).to_be_focused()
    # Each chart's table links to the queue, too.
    page.get_by_role("button", name="Table: By state").click()
    page.get_by_role("table", name="Number of issues by state").get_by_role("link").first.click()
    expect(page).to_have_url(re.compile("state=NotReviewed"))
    expect(reviewer.row(f"{words} two")).to_be_visible()
