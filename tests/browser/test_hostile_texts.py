"""Hostile text stays plain text on every page and in every export.

The `new_person` fixture asserts that no dialog opens and no request leaves the portal.
"""

import csv
import io
import json
import uuid

import pytest
from playwright.sync_api import expect

from issue_portal.core import export_formats
from issue_portal.core.portal_token import Person
from issue_portal.models.requests import NewIssue, ThreadConfig
from issue_portal.models.text_rules import strip_hidden_marks
from issue_portal.models.vocabulary import IssueType, ResourceType, Role
from tests.browser.conftest import RECEIVED
from tests.hostile import HOSTILE, HOSTILE_NAME
from tests.servers.installation import sign

FORMULA_STARTS = tuple("=+-@＝＋－＠\t\r\n")


def member_token(email: str, name: str) -> str:
    """Return a portal token for a member."""
    return sign(Person(email, name, Role.MEMBER))


def report(client, text: str, reference: str = "", *, anonymous: bool = False):
    """Send a report. Its conversation, answer and project all have the ID ``reference``."""
    return client.create(
        NewIssue(
            description=text,
            resource_type=ResourceType.THREAD,
            type=IssueType.OTHER,
            anonymous=anonymous,
            project_id=reference or None,
            config=ThreadConfig(thread_id=reference, reported_interaction_id=reference)
            if reference
            else None,
        )
    )


@pytest.fixture(scope="module")
def unique_word() -> str:
    """A word that only the reports of these tests contain."""
    return f"mark{uuid.uuid4().hex[:10]}"


@pytest.fixture(scope="module")
def all_texts(unique_word) -> str:
    """One text with all short hostile texts, each at the start of a line."""
    text = "\n\n".join(text for text in HOSTILE if len(text) < 500)
    assert len(text) < 9_000
    return f"{text}\n\n{unique_word}"


@pytest.fixture(scope="module")
def stored_texts(portal, unique_word) -> dict[str, str]:
    """Texts of stored reports by issue id: one report per hostile text."""
    with portal.client(member_token("bobby@example.com", HOSTILE_NAME)) as client:
        texts = [f"{text} {unique_word}" for text in HOSTILE]
        references = [text.strip()[:100] for text in HOSTILE]
        return {
            report(client, text, reference).id: text
            for text, reference in zip(texts, references, strict=True)
        }


def expect_plain_text(person, text: str) -> None:
    written = person.page.locator(".written")
    expect(written).to_be_visible()
    expect(person.page.locator(".written *")).to_have_count(0)
    # HTML turns carriage returns into line breaks.
    shown = written.evaluate("element => element.textContent")
    assert shown == text.replace("\r\n", "\n").replace("\r", "\n")


def test_hostile_text_is_plain_text_on_form_and_track_page(new_person, all_texts):
    visitor = new_person().opens().chooses("Other").writes(all_texts)
    visitor.presses("Send report").sees(RECEIVED)
    receipt = visitor.receipt()
    visitor.opens("/track").page.get_by_role("textbox", name="Receipt").fill(receipt)
    visitor.presses("Show report")
    expect_plain_text(visitor, strip_hidden_marks(all_texts))


def test_hostile_text_is_plain_text_on_my_issues(new_person, portal, all_texts):
    with portal.client(member_token("member@example.com", "Morgan Member")) as client:
        issue = report(client, all_texts, HOSTILE[3])
    member = new_person().signed_in_as("member").opens(f"/my_issues?issue={issue.id}")
    expect_plain_text(member, all_texts)
    facts = member.page.locator(".facts dd")
    expect(facts.filter(has_text="onerror")).to_have_text([HOSTILE[3]] * 3)


def test_hostile_text_is_plain_text_on_review_and_insights(
    new_person, portal, unique_word, stored_texts, all_texts
):
    with portal.client(portal.visitor_token()) as client:
        issue = report(client, all_texts, anonymous=True)
    reviewer = new_person().signed_in_as("reviewer").opens(f"/review?q={unique_word}&order=ASC")
    page = reviewer.page
    excerpts = {" ".join(text[:320].split())[:160] for text in stored_texts.values()}
    rows = page.locator(".st-key-queue button[data-issue]")
    seen = set()
    for number in range(1, -(-len(stored_texts) // 20) + 1):
        if number > 1:
            reviewer.opens(f"/review?q={unique_word}&order=ASC&page={number}")
        expect(rows.first).to_be_visible()
        expect(page.locator(".st-key-queue .text *")).to_have_count(0)
        seen |= {" ".join(text.split()) for text in rows.locator(".text").all_text_contents()}
    assert excerpts <= seen

    for issue_id in (issue.id, *list(stored_texts)[3:5]):
        reviewer.opens(f"/review?q={unique_word}&issue={issue_id}")
        expect_plain_text(reviewer, stored_texts.get(issue_id, strip_hidden_marks(all_texts)))
    expect(page.locator(".from bdi")).to_have_text(HOSTILE_NAME)
    expect(page.locator(".timeline bdi").first).to_have_text(HOSTILE_NAME)

    reviewer.opens("/insights")
    chart = page.get_by_role("list", name="Number of issues by project", exact=True)
    expect(chart.locator("bdi").first).to_be_visible()
    expect(chart.locator("bdi *")).to_have_count(0)
    reviewer.settles()


def test_hostile_text_is_plain_text_in_exports(new_person, portal, unique_word, stored_texts):
    reviewer = new_person().signed_in_as("reviewer")
    get = reviewer.context.request.get
    table = get(f"{portal.url}/issues.csv?filter_by_text={unique_word}").body().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table, newline="")))
    lines = get(f"{portal.url}/issues.jsonl?filter_by_text={unique_word}").text().splitlines()
    assert {issue["id"]: issue["description"] for issue in map(json.loads, lines)}.items() >= (
        stored_texts.items()
    )
    assert {row["id"] for row in rows} >= stored_texts.keys()
    for row in rows:
        for cell in row.values():
            assert not cell.startswith(FORMULA_STARTS)
            assert not cell.strip().startswith(FORMULA_STARTS)
        if row["id"] in stored_texts:
            assert row["description"] == export_formats.escape_formula(stored_texts[row["id"]])
