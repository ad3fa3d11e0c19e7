"""The list and the statistics compared with a naive model, for random queries."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from issue_portal.models.vocabulary import IssueState, IssueType, Role
from issue_portal.server.db import tables
from tests.api.conftest import Caller
from tests.api.naive_model import World, milliseconds
from tests.servers.installation import DATABASES, Server, api_server

ISSUES = 200


BEGIN, END = 1_700_000_000, 1_700_864_000


ZONES = ["UTC", "Europe/Madrid", "America/St_Johns", "Asia/Kathmandu", "Pacific/Kiritimati"]
PROJECTS = ["p1", "p 2", "Projekt Ä", "'; --", "50%"]
WORDS = [
    *(
        "Straße",
        "STRASSE",
        "straẞe",
        "İstanbul",
        "ISTANBUL",
        "ıstanbul",
        "istanbul",
        "Ελλάς",
        "ΕΛΛΆΣ",
    ),
    *(
        "日本語のテキスト",
        "ﾃｷｽﾄ",
        "漢字",
        "שלום",
        "العربية",
        "हिन्दी",
        "한국어",
        "👩‍👩‍👧",
        "🙂",
        "🇹🇷",
    ),
    *("e\u0301te\u0301", "été", "ÉTÉ", "ﬁne", "FINE", "①", "ＦＵＬＬ", "ǆ", "ŉ", "A\u030a", "Å"),
    *(
        "100%",
        "%",
        "under_score",
        "_",
        "back\\slash",
        "\\",
        '"quoted"',
        "it's",
        "''",
        "* OR -",
        "a",
        "-",
    ),
]


def new_text(chance: random.Random) -> str:
    words = chance.choices(WORDS, k=chance.randint(1, 6))
    return chance.choice([" ", "", "\n"]).join(words)


@pytest.fixture(scope="module", params=DATABASES)
def world(request, postgresql, tmp_path_factory) -> Iterator[World]:
    url = postgresql() if request.param == "postgresql" else ""
    data_dir = tmp_path_factory.mktemp(f"model-{request.param}") / "data"
    server = api_server(data_dir, ISSUES_DATABASE_URL=url, ISSUES_RATE_LIMITS="off").start()
    try:
        yield fill(server)
    finally:
        server.stop()


def fill(server: Server) -> World:
    chance = random.Random(1)
    reviewer = Caller(server.url, server.create_api_token("Reviewer", Role.ADMIN))
    names = ("Member", "Other", "Third")
    reporters = [Caller(server.url, server.create_api_token(name)) for name in names]
    issues = []
    times: dict[str, dict[str, int]] = {}
    for _ in range(ISSUES):
        fields = {"type": chance.choice(list(IssueType)), "anonymous": chance.random() < 0.2}
        if chance.random() < 0.5:
            fields["project_id"] = chance.choice(PROJECTS)
        if chance.random() < 0.3:
            fields["config"] = {"thread_id": "t", "reported_interaction_id": "i"}
        issue = chance.choice(reporters).report(new_text(chance), **fields)
        issue.pop("receipt", None)
        issues.append(issue)
    # The API sets no times, and these would all be the same; the states are set along with them.
    with server.database.write() as connection:
        # From the last one on, or numbers would meet.
        for issue in reversed(issues):
            at = chance.randint(BEGIN, END)
            # Far apart, as if many had been moved elsewhere: what is kept for 1,024 numbers counts.
            issue["issue_number"] *= 97
            time = f"{datetime.fromtimestamp(at, UTC):%FT%TZ}"
            changes = {"state": chance.choice(list(IssueState)), "is_read": chance.random() < 0.5}
            issue.update(changes, created_at=time, updated_at=time)
            passed = times[issue["id"]] = {}
            if changes["state"] in ("InReview", "Closed"):
                passed["reviewed_at"] = at + chance.randint(0, 400_000)
            if changes["state"] == "Closed":
                passed["closed_at"] = passed["reviewed_at"] + chance.randint(0, 400_000)
            this = update(tables.issues).where(tables.issues.c.id == issue["id"])
            connection.execute(
                this.values(
                    number=issue["issue_number"], created_at=at, updated_at=at, **changes, **passed
                )
            )
    users = [reporter("GET", "/me").json()["id"] for reporter in reporters]
    callers = {Role.ADMIN: reviewer, Role.MEMBER: reporters[0]}
    return World(issues, users, collect_cursors(reviewer), callers, times)


def collect_cursors(reviewer: Caller) -> dict[int, str]:
    """Return some cursors by the number of their issue."""
    query = {"first": 7, "states": ",".join(IssueState)}
    cursors = {}
    page = reviewer("GET", "/issue", params=query).json()
    while "next_cursor" in page:
        cursors[page["data"][-1]["issue_number"]] = page["next_cursor"]
        page = reviewer("GET", "/issue", params=query | {"after": page["next_cursor"]}).json()
    return cursors


def lists(values) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(list(values)), min_size=1, max_size=3)


CASES = [str, str.upper, str.lower, str.swapcase, str.title, str.casefold]
ANY_TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=3)


@st.composite
def searches(draw, issues: list[dict]) -> str:
    """Mostly a part of an existing text, in another case."""
    if draw(st.integers(0, 4)) == 0:
        return draw(ANY_TEXT)
    text = draw(st.sampled_from(issues))["description"]
    start = draw(st.integers(0, len(text) - 1))
    length = draw(st.sampled_from([1, 2, 3, 4, 7, 30]))
    return draw(st.sampled_from(CASES))(text[start : start + length])[:200]


@st.composite
def queries(draw, world: World) -> dict:
    numbers = st.sampled_from(sorted(world.cursors))
    moments = st.sampled_from(world.issues).map(milliseconds)
    around = st.builds(int.__add__, moments, st.sampled_from([-1000, -999, -1, 0, 1, 999, 1000]))
    sizes = st.sampled_from([1, 2, 3, 7, 20, 100])
    query = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "states": lists(IssueState),
                "type": lists(IssueType),
                "created_by": lists([*world.users, "user_0000000000000000"]),
                "projects": lists([*PROJECTS, "none"]),
                "start_date": around,
                "end_date": around,
                "filter_by_text": searches(world.issues),
                "page_size": sizes,
                "page_order": st.sampled_from(["ASC", "DESC"]),
                "total_count": st.booleans(),
                "include": lists(["User", "Project"]),
            },
        )
    )
    by_number = st.fixed_dictionaries({}, optional={"page": st.integers(1, 9)})
    by_cursor = st.fixed_dictionaries({}, optional={"after": numbers, "before": numbers})
    counted = st.sampled_from([{}, "first", "last"])
    paging = draw(st.one_of(by_number, by_cursor))
    if "page" not in paging and (name := draw(counted)):
        paging[name] = draw(sizes)
    # Half the queries have few conditions: the more there are, the fewer issues are left to order.
    if draw(st.booleans()):
        kept = draw(st.sets(st.sampled_from(sorted(query)), max_size=2)) if query else set()
        query = {name: query[name] for name in sorted(kept)}
    return query | paging


@given(st.data())
def test_list_equals_the_model(world, data):
    query = data.draw(queries(world), "query")
    role = data.draw(st.sampled_from([Role.ADMIN, Role.ADMIN, Role.MEMBER]), "role")
    status, page = world.ask(query, role, repeat=data.draw(st.booleans(), "repeated parameters"))
    expected = world.expect(query, role)
    if expected is None:
        assert status == 403
    else:
        assert status == 200, page
        # As JSON, so that the order of the keys counts too.
        assert json.dumps(page, indent=1) == json.dumps(expected, indent=1)


@given(st.data())
def test_statistics_equal_the_model(world, data):
    moments = st.integers(BEGIN - 100_000, END + 900_000).map(lambda second: second * 1000)
    start, end = data.draw(st.none() | moments, "start"), data.draw(st.none() | moments, "end")
    zone = data.draw(st.sampled_from(ZONES), "time zone")
    given = {"start_date": start, "end_date": end, "timezone": zone}
    params = {name: value for name, value in given.items() if value is not None}
    answer = world.callers[Role.ADMIN]("GET", "/issue/stats", params=params)
    assert answer.json() == world.count(start or 0, end or 2**60, ZoneInfo(zone))


@pytest.mark.parametrize("seed", range(6))
def test_pagination_returns_each_issue_once(member, reviewer, seed):
    chance = random.Random(seed)
    there = {member.report(f"at the start {number}")["id"] for number in range(40)}
    order, forward = chance.choice(["ASC", "DESC"]), seed % 2 == 0
    seen: list[dict] = []
    cursor: dict = {}
    for step in range(200):
        size = {"first" if forward else "last": chance.randint(1, 7)}
        page = member("GET", "/issue", params={"page_order": order} | size | cursor).json()
        seen = seen + page["data"] if forward else page["data"] + seen
        if not page["has_next_page" if forward else "has_previous_page"]:
            break
        side, name = ("after", "next_cursor") if forward else ("before", "previous_cursor")
        cursor = {side: page[name]}
        if step < 20 and chance.random() < 0.6:
            member.report("meanwhile")
        if chance.random() < 0.6:
            # Often the very issue that the cursor points to.
            edge = seen[-1 if forward else 0]["id"]
            gone = edge if chance.random() < 0.5 else chance.choice(sorted(there))
            reviewer("DELETE", f"/issue/{gone}")
            there.discard(gone)
    numbers = [issue["issue_number"] for issue in seen]
    assert numbers == sorted(set(numbers), reverse=order == "DESC")
    assert there <= {issue["id"] for issue in seen}
