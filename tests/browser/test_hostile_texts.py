"""Hostile text stays plain text on every page and in every export.

The `people` fixture asserts that no dialog opens and no request leaves the portal.
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

FORMULA = tuple("=+-@＝＋－＠\t\r\n")


def signed(email: str, name: str) -> str:
    return sign(Person(email, name, Role.MEMBER))


def report(client, text: str, place: str = "", *, anonymous: bool = False):
    return client.create(
        NewIssue(
            description=text,
            resource_type=ResourceType.THREAD,
            type=IssueType.OTHER,
            anonymous=anonymous,
            project_id=place or None,
            config=ThreadConfig(thread_id=place, reported_interaction_id=place) if place else None,
        )
    )


@pytest.fixture(scope="module")
def mark() -> str:
    return f"mark{uuid.uuid4().hex[:10]}"


@pytest.fixture(scope="module")
def all_in_one(mark) -> str:
    """All hostile texts in one, each at the beginning of a line."""
    text = "\n\n".join(text for text in HOSTILE if len(text) < 500)
    assert len(text) < 9_000
    return f"{text}\n\n{mark}"


@pytest.fixture(scope="module")
def stored(portal, mark) -> dict[str, str]:
    """A report for each hostile text, with a hostile name and places: text by issue id."""
    with portal.client(signed("bobby@example.com", HOSTILE_NAME)) as client:
        texts = [f"{text} {mark}" for text in HOSTILE]
        places = [text.strip()[:100] for text in HOSTILE]
        return {
            report(client, text, place).id: text for text, place in zip(texts, places, strict=True)
        }


def is_shown_as_text(person, text: str) -> None:
    written = person.page.locator(".written")
    expect(written).to_be_visible()
    expect(person.page.locator(".written *")).to_have_count(0)
    # As the browser has it: a carriage return is a line break in HTML.
    shown = written.evaluate("element => element.textContent")
    assert shown == text.replace("\r\n", "\n").replace("\r", "\n")


def test_hostile_text_is_plain_text_on_form_and_track_page(people, all_in_one):
    visitor = people().opens().chooses("Other").writes(all_in_one)
    visitor.presses("Send report").sees(RECEIVED)
    receipt = visitor.receipt()
    visitor.opens("/track").page.get_by_role("textbox", name="Receipt").fill(receipt)
    visitor.presses("Show report")
    is_shown_as_text(visitor, strip_hidden_marks(all_in_one))


def test_hostile_text_is_plain_text_on_my_issues(people, portal, all_in_one):
    with portal.client(signed("member@example.com", "Morgan Member")) as client:
        issue = report(client, all_in_one, HOSTILE[3])
    member = people().opens(f"/my_issues?issue={issue.id}").signs_in("member")
    is_shown_as_text(member, all_in_one)
    facts = member.page.locator(".facts dd")
    expect(facts.filter(has_text="onerror")).to_have_text([HOSTILE[3]] * 3)


def test_hostile_text_is_plain_text_on_review_and_insights(
    people, portal, mark, stored, all_in_one
):
    with portal.client(portal.guest_token()) as client:
        issue = report(client, all_in_one, anonymous=True)
    reviewer = people().opens(f"/review?q={mark}&order=ASC").signs_in("reviewer")
    page = reviewer.page
    texts = {" ".join(text[:320].split())[:160] for text in stored.values()}
    rows = page.locator(".st-key-queue button[data-issue]")
    seen = set()
    for number in range(1, -(-len(stored) // 20) + 1):
        if number > 1:
            reviewer.opens(f"/review?q={mark}&order=ASC&page={number}")
        expect(rows.first).to_be_visible()
        expect(page.locator(".st-key-queue .text *")).to_have_count(0)
        seen |= {" ".join(text.split()) for text in rows.locator(".text").all_text_contents()}
    assert texts <= seen

    for issue_id in (issue.id, *list(stored)[3:5]):
        reviewer.opens(f"/review?q={mark}&issue={issue_id}")
        is_shown_as_text(reviewer, stored.get(issue_id, strip_hidden_marks(all_in_one)))
    expect(page.locator(".from bdi")).to_have_text(HOSTILE_NAME)
    expect(page.locator(".timeline bdi").first).to_have_text(HOSTILE_NAME)

    reviewer.opens("/insights")
    chart = page.get_by_test_id("stVegaLiteChart").and_(
        page.get_by_label("Number of issues by project", exact=True)
    )
    expect(chart).to_be_visible()
    reviewer.settles()


def test_hostile_text_is_plain_text_in_exports(people, portal, mark, stored):
    reviewer = people().opens("/sign_in").signs_in("reviewer")
    get = reviewer.context.request.get
    table = get(f"{portal.url}/issues.csv?filter_by_text={mark}").body().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table, newline="")))
    lines = get(f"{portal.url}/issues.jsonl?filter_by_text={mark}").text().splitlines()
    assert {issue["id"]: issue["description"] for issue in map(json.loads, lines)}.items() >= (
        stored.items()
    )
    assert {row["id"] for row in rows} >= stored.keys()
    for row in rows:
        for cell in row.values():
            assert not cell.startswith(FORMULA)
            assert not cell.strip().startswith(FORMULA)
        if row["id"] in stored:
            assert row["description"] == export_formats.escape_formula(stored[row["id"]])
