"""The search over number, description, reporter and project."""

import time
import uuid

import pytest
from sqlalchemy import select, text

from issue_portal.core.portal_token import Person
from issue_portal.models.vocabulary import LIVE_STATES, Role
from issue_portal.server.db import (
    queries_counts,
    queries_issues,
    queries_organisations,
    queries_search,
    tables,
)
from issue_portal.server.db import search as search_index
from issue_portal.server.db.database import Database
from issue_portal.server.db.issue_filter import IssueFilter
from issue_portal.server.db.issue_search import IssueSearch
from issue_portal.server.db.tables import IssueRow
from tests.api.conftest import ApiCaller
from tests.api.problem_documents import assert_problem
from tests.servers.installation import sign


def list_ids(caller: ApiCaller, **params) -> list[str]:
    """Return the ids on the first page; check that the total counts the same issues."""
    response = caller("GET", "/issue", params={"page_size": 100, **params})
    assert response.status_code == 200, response.text
    page = response.json()
    assert page["total_count"] == len(page["data"])
    return [issue["id"] for issue in page["data"]]


@pytest.fixture
def word() -> str:
    """A word of this test only, without digits, because the tests share a server."""
    return uuid.uuid4().hex.translate(str.maketrans("0123456789", "ghijklmnop"))


def make_named_member(api, name: str, email: str = "") -> ApiCaller:
    person = Person(email or f"{name.lower()}@example.com", name, Role.MEMBER)
    return ApiCaller(api.url, sign(person), name)


def test_search_finds_a_part_of_the_description(member, reviewer, word):
    issue = member.report(f"The Straße {word} is closed")
    member.report("something else")
    for search in (word, word.upper(), f"STRASSE {word[:5]}"):
        assert list_ids(reviewer, search=search) == [issue["id"]]


def test_search_finds_the_number(api, reviewer, word):
    reporter = make_named_member(api, word)
    first, second = (reporter.report("no digits")["issue_number"] for _ in range(2))
    for search in (f"#{first}", f"{first}", f" #{first} ", f"\uff03{first}", f"00{first}"):
        numbers = [issue["issue_number"] for issue in reviewer.list_issues(search=search)]
        assert first in numbers, search
        assert second not in numbers, search


def test_search_finds_a_number_in_the_digits_of_any_script(member, reviewer):
    number = member.report("no digits")["issue_number"]
    for zero in ("\u0660", "\u06f0", "\u0966", "\uff10"):
        written = "".join(chr(ord(zero) + int(digit)) for digit in str(number))
        numbers = [i["issue_number"] for i in reviewer.list_issues(search=f"#{written}")]
        assert number in numbers


def test_search_for_a_number_also_finds_it_in_texts(member, reviewer):
    number = member.report("first")["issue_number"]
    second = member.report(f"like case {number}")["issue_number"]
    found = [issue["issue_number"] for issue in reviewer.list_issues(search=str(number))]
    assert {number, second} <= set(found)
    found = [issue["issue_number"] for issue in reviewer.list_issues(search=f"#{number}")]
    assert second not in found


def test_search_finds_the_name_and_the_address_of_the_reporter(api, reviewer, word):
    name = f"Zoë Ünal {word}"
    reporter = make_named_member(api, name)
    issue = reporter.report("nothing special")
    for search in (name, f"ZOË ünal {word.upper()}", f"L {word}", f"{word}@EXAMPLE"):
        assert list_ids(reviewer, search=search) == [issue["id"]], search
    # Name and address are two texts.
    assert list_ids(reviewer, search=f"{word}zoë") == []


@pytest.mark.parametrize(
    ("name", "search"),
    [("ÉLODIE", "élodie"), ("ＦＵＬＬ", "full"), ("Ömer", "ÖMER"), ("Ann", "aNN")],
)
def test_names_are_compared_in_any_case_and_script(api, reviewer, word, name, search):
    issue = make_named_member(api, f"{name} {word}", f"{word[::-1]}@example.com").report("x")
    addressed = make_named_member(api, word[::-1], f"{name}{word}@example.com").report("x")
    assert list_ids(reviewer, search=f"{search} {word}") == [issue["id"]]
    assert list_ids(reviewer, search=f"{search}{word}@EX") == [addressed["id"]]


@pytest.mark.parametrize("suffix", ["", " ä"])
def test_search_never_finds_an_anonymous_report_by_its_reporter(api, reviewer, word, suffix):
    reporter = make_named_member(api, f"{word}{suffix}")
    named = reporter.report("by name")
    reporter.report("by nobody", anonymous=True)
    assert list_ids(reviewer, search=f"{word}{suffix}") == [named["id"]]


def test_search_finds_the_id_and_the_name_of_the_project(member, reviewer, word):
    issue = member.report("in a project", project_id=f"Project/{word}")
    nameless = member.report("in it, too", project_id=f"Project/{word}", anonymous=True)
    both = [nameless["id"], issue["id"]]
    member.report("in another project", project_id=f"another-{word[:-1]}")
    assert list_ids(reviewer, search=f"project/{word}") == both
    name = {"name": f"Übersicht {word[::-1]}"}
    reviewer("PUT", f"/project/{issue['project']['id'].replace('/', '%2F')}", json=name)
    assert list_ids(reviewer, search=f"ÜBERSICHT {word[::-1]}") == both
    assert list_ids(reviewer, search=word) == both


def test_each_issue_is_found_once(api, reviewer, word):
    reporter = make_named_member(api, word)
    ids = [reporter.report(f"about {word}", project_id=word)["id"] for _ in range(3)]
    assert list_ids(reviewer, search=word) == ids[::-1]


def test_search_and_all_other_filters_apply(api, reviewer, word):
    reporter, other = make_named_member(api, word), make_named_member(api, f"{word}x")
    read = reporter.report("a", project_id=f"{word}1", type="Format")
    unread = reporter.report(f"b {word}2", project_id=f"{word}1")
    others = other.report("c")
    reviewer("PUT", f"/issue/{read['id']}", json={"is_read": True, "state": "Closed"})
    me = reporter("GET", "/me").json()["id"]
    everything = [others["id"], unread["id"], read["id"]]
    now = int(time.time() * 1000)
    for filters, expected in (
        ({}, everything),
        ({"is_read": True}, [read["id"]]),
        ({"states": "Closed"}, [read["id"]]),
        ({"states": "Deleted"}, []),
        ({"type": "Format"}, [read["id"]]),
        ({"created_by": me}, [unread["id"], read["id"]]),
        ({"projects": f"{word}1"}, [unread["id"], read["id"]]),
        ({"numbers": f"{others['issue_number']}"}, [others["id"]]),
        ({"anonymous": False}, everything),
        ({"anonymous": True}, []),
        ({"filter_by_text": f"{word}2"}, [unread["id"]]),
        ({"start_date": 0, "end_date": now + 10**7}, everything),
        ({"start_date": now + 10**7}, []),
    ):
        assert list_ids(reviewer, search=word, **filters) == expected, filters


def test_search_finds_deleted_issues_only_if_asked_for(member, reviewer, word):
    issue = member.report(word)
    reviewer("DELETE", f"/issue/{issue['id']}")
    assert list_ids(reviewer, search=word) == []
    assert list_ids(reviewer, search=word, states="Deleted") == [issue["id"]]


def test_member_finds_only_their_own_issues(api, reviewer, word):
    me, other = make_named_member(api, word), make_named_member(api, f"{word}x")
    mine = me.report(f"mine {word}", project_id=f"{word}-project")
    number = other.report(f"theirs {word}", project_id=f"{word}-project")["issue_number"]
    other.report(f"nobody's {word}", anonymous=True, project_id=f"{word}-project")
    reviewer("PUT", f"/project/{word}-project", json={"name": f"Named {word}"})
    for search in (word, f"{word}@example.com", f"{word}-project", f"named {word}"):
        assert list_ids(me, search=search) == [mine["id"]], search
    for search in (f"{word}x", f"theirs {word}", "nobody's", f"#{number}"):
        assert list_ids(me, search=search) == [], search


def test_visitor_cannot_search(visitor):
    assert_problem(visitor("GET", "/issue", params={"search": "x"}), 403)


def test_pages_and_cursors_of_a_search(api, reviewer, word):
    reporter = make_named_member(api, word)
    ids = [reporter.report(f"number {n}", project_id=word)["id"] for n in range(7)][::-1]
    for page, expected in ((1, ids[:3]), (2, ids[3:6]), (3, ids[6:])):
        issues = reviewer.list_issues(search=word, page=page, page_size=3)
        assert [issue["id"] for issue in issues] == expected
    seen: list[str] = []
    params: dict = {"search": word, "first": 2}
    while True:
        response = reviewer("GET", "/issue", params=params)
        page = response.json()
        seen += [issue["id"] for issue in page["data"]]
        assert page["total_count"] == 7
        assert f"search={word}" in response.headers["Link"]
        if "next_cursor" not in page:
            break
        params["after"] = page["next_cursor"]
    assert seen == ids
    page = reviewer("GET", "/issue", params={"search": word, "last": 2}).json()
    assert [issue["id"] for issue in page["data"]] == ids[-2:]
    assert (page["has_next_page"], page["has_previous_page"]) == (False, True)
    ascending = reviewer.list_issues(search=word, page_order="ASC", page_size=100)
    assert [issue["id"] for issue in ascending] == ids[::-1]


HOSTILE_SEARCHES = [
    *("%", "_", "%%%", "\\", "'", '"', '""" OR "', "* AND", "') OR 1=1 --", "[]", "null"),
    *("#", "##1", "#-1", "-1", "1e3", "#99999999999999999999", "9" * 200),
    *("🙂🙂🙂", "²", "①", "\u200d"),
]


@pytest.mark.parametrize("search", HOSTILE_SEARCHES)
def test_search_has_no_wildcards_and_accepts_every_text(api, search, word):
    reporter = make_named_member(api, word)
    reporter.report("no special characters", project_id=word)
    assert list_ids(reporter, search=search) == []
    issue = reporter.report(f"here: {search} is one")
    assert list_ids(reporter, search=search) == [issue["id"]]
    reviewer = ApiCaller(api.url, api.token("Searcher", Role.ADMIN))
    assert issue["id"] in [found["id"] for found in reviewer.list_issues(search=search)]


def test_search_of_200_characters_is_accepted_and_a_longer_one_refused(member):
    text = "x y" * 66 + "é!"
    issue = member.report(f"{text} and more")
    assert list_ids(member, search=text) == [issue["id"]]
    for wrong in ("x" * 201, "a\x00b"):
        problem = assert_problem(member("GET", "/issue", params={"search": wrong}), 400)
        assert problem["errors"][0]["field"] == "search"


def test_empty_search_finds_everything(member):
    issue = member.report()
    assert list_ids(member, search="") == [issue["id"]]
    assert list_ids(member, search="", filter_by_text="") == [issue["id"]]


def test_many_candidates_are_found_and_counted_like_few(new_server, monkeypatch):
    new_server.start()
    people = [make_named_member(new_server, name) for name in ("Ann Person", "Bo", "Åsa Person")]
    texts = ["two words", "a person", "nothing", "Ann and two words"]
    for n in range(60):
        project = "person" if n % 5 == 0 else f"p{n % 3}"
        people[n % 3].report(texts[n % 4], project_id=project, anonymous=n % 7 == 0)
    database = new_server.database
    add_issues_of_another_organisation(database, 60, "a person", "person")
    with database.read() as connection:
        org_id = connection.scalar(select(tables.users.c.org_id).where(tables.users.c.name == "Bo"))

        def find(search: str, **filters) -> tuple[int, list[int]]:
            resolved = queries_search.resolve(connection, org_id, search, ())
            issue_filter = IssueFilter(org_id, LIVE_STATES, search=resolved, **filters)
            rows = queries_issues.list_issues(
                connection, issue_filter, descending=False, limit=1000
            )
            return queries_counts.count(connection, issue_filter), [row.number for row in rows]

        for search in ("person", "åsa", "nn ", "a", "#17", "17", "two words", "none of them"):
            for filters in ({}, {"types": ("NoAnswer",), "text": "wo"}, {"anonymous": False}):
                few = find(search, **filters)
                with monkeypatch.context() as patch:
                    patch.setattr(search_index, "MAX_CANDIDATES", 0)
                    many = find(search, **filters)
                assert few == many, (search, filters)
                assert few[0] == len(few[1]), (search, filters)
        assert find("#17") == (1, [17])


def add_issues_of_another_organisation(
    database: Database, count: int, text: str, project: str
) -> None:
    """Add issues with the numbers from 1."""
    with database.write() as connection:
        org_id = queries_organisations.ensure_organisation(connection, "another")
        rows = [
            IssueRow(
                org_id=org_id,
                id=f"issue_{number:016x}",
                number=number,
                description=text,
                type="NoAnswer",
                state="NotReviewed",
                created_at=0,
                updated_at=0,
                project_id=project,
            )
            for number in range(1, count + 1)
        ]
        queries_issues.add_issues(connection, rows)


def test_postgresql_calculates_no_trigrams_while_it_searches(postgresql, monkeypatch):
    """Regression: it calculated them for each issue, until the statement took too long."""
    database = Database(postgresql())
    database.migrate()
    add_issues_of_another_organisation(database, 3_000, "a question about the handbook", "p")
    with database.read() as connection:
        org_id = connection.scalar(select(tables.organisations.c.org_id))
        connection.execute(text("SET LOCAL track_functions = 'all'"))
        for search in ("handbook", "nobody asked this question", "qqq"):
            for limit in (2_000, 10_000):
                monkeypatch.setattr(search_index, "MAX_CANDIDATES", limit)
                resolved = queries_search.resolve(connection, org_id, search, ())
                candidates = search_index.find_candidates(connection, search)
                for issue_filter in (
                    IssueFilter(org_id, LIVE_STATES, search=resolved),
                    IssueFilter(org_id, LIVE_STATES, text=search, candidate_keys=candidates),
                ):
                    found = queries_issues.list_issues(
                        connection, issue_filter, descending=True, limit=20
                    )
                    assert len(found) == (20 if search == "handbook" else 0)
                    expected = 3_000 if search == "handbook" else 0
                    assert queries_issues.count_matching(connection, issue_filter) == expected
        calls = text("SELECT pg_stat_get_xact_function_calls('issue_trigrams'::regproc)")
        assert not connection.scalar(calls)
    database.close()


def test_search_is_never_counted_ahead():
    search = IssueSearch("x", None, (), ())
    assert not queries_counts._is_counted(IssueFilter("org", LIVE_STATES, search=search))
