"""The list and the statistics compared with a simple model, for random queries."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from issue_portal.models.vocabulary import IssueState, IssueType, Role
from issue_portal.server.db import count_rollups, tables
from tests.api.conftest import ApiCaller
from tests.api.naive_model import NaiveModel, get_creation_time
from tests.servers.installation import DATABASES, Server, make_api_server

ISSUE_COUNT = 200
BEGIN, END = 1_700_000_000, 1_700_864_000
"""Range of the creation times, in seconds."""

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


def make_text(rng: random.Random) -> str:
    words = rng.choices(WORDS, k=rng.randint(1, 6))
    return rng.choice([" ", "", "\n"]).join(words)


@pytest.fixture(scope="module", params=DATABASES)
def model(request, postgresql, tmp_path_factory) -> Iterator[NaiveModel]:
    url = postgresql() if request.param == "postgresql" else ""
    data_dir = tmp_path_factory.mktemp(f"model-{request.param}") / "data"
    server = make_api_server(data_dir, ISSUES_DATABASE_URL=url, ISSUES_RATE_LIMITS="off").start()
    try:
        yield fill_database(server)
    finally:
        server.stop()


def fill_database(server: Server) -> NaiveModel:
    """Create random issues; return the model of the database."""
    rng = random.Random(1)
    reviewer = ApiCaller(server.url, server.create_api_token("Reviewer", Role.ADMIN))
    names = ("Member", "Öther", "Third")
    reporters = [ApiCaller(server.url, server.create_api_token(name)) for name in names]
    issues = []
    times: dict[str, dict[str, int]] = {}
    for _ in range(ISSUE_COUNT):
        fields = {"type": rng.choice(list(IssueType)), "anonymous": rng.random() < 0.2}
        if rng.random() < 0.5:
            fields["project_id"] = rng.choice(PROJECTS)
        if rng.random() < 0.3:
            fields["config"] = {"thread_id": "t", "reported_interaction_id": "i"}
        text = make_text(rng) if rng.random() < 0.9 else None
        issue = rng.choice(reporters).report(text, **fields)
        issue.pop("receipt", None)
        issues.append(issue)
    # Set times and states in the database, because the API sets all times to the current one.
    with server.database.write() as connection:
        # Begin with the highest number: a new number must not be that of another issue.
        for issue in reversed(issues):
            at = rng.randint(BEGIN, END)
            # Leave gaps between the numbers.
            issue["issue_number"] *= 97
            time = f"{datetime.fromtimestamp(at, UTC):%FT%TZ}"
            changes = {"state": rng.choice(list(IssueState)), "is_read": rng.random() < 0.5}
            issue.update(changes, created_at=time, updated_at=time)
            review_times = times[issue["id"]] = {}
            if changes["state"] in ("InReview", "Closed"):
                review_times["reviewed_at"] = at + rng.randint(0, 400_000)
            if changes["state"] == "Closed":
                review_times["closed_at"] = review_times["reviewed_at"] + rng.randint(0, 400_000)
            query = update(tables.issues).where(tables.issues.c.id == issue["id"])
            connection.execute(
                query.values(
                    number=issue["issue_number"],
                    created_at=at,
                    updated_at=at,
                    **changes,
                    **review_times,
                )
            )
        org_id = connection.scalar(select(tables.organisations.c.org_id))
        count_rollups.rebuild(connection, org_id)
    for issue in issues[::5]:
        if issue["state"] == "Deleted":
            continue
        path = f"/issue/{issue['id']}"
        if rng.random() < 0.5:
            response = reviewer("PUT", path, json={"state": "NotReviewed"})
            times[issue["id"]] = {}
        else:
            reviewer("DELETE", path)
            response = reviewer("POST", f"{path}/restore")
        issue["updated_at"], issue["state"] = (response.json()[k] for k in ("updated_at", "state"))
    users = [reporter("GET", "/me").json()["id"] for reporter in reporters]
    callers = {Role.ADMIN: reviewer, Role.MEMBER: reporters[0]}
    return NaiveModel(issues, users, collect_cursors(reviewer), callers, times)


def collect_cursors(reviewer: ApiCaller) -> dict[int, str]:
    """Return the cursor of every seventh issue, by issue number."""
    query = {"first": 7, "states": ",".join(IssueState)}
    cursors = {}
    page = reviewer("GET", "/issue", params=query).json()
    while "next_cursor" in page:
        cursors[page["data"][-1]["issue_number"]] = page["next_cursor"]
        page = reviewer("GET", "/issue", params=query | {"after": page["next_cursor"]}).json()
    return cursors


def lists_of(values) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(list(values)), min_size=1, max_size=3)


CASE_CHANGES = [str, str.upper, str.lower, str.swapcase, str.title, str.casefold]
ANY_TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=3)


@st.composite
def searches(draw, issues: list[dict]) -> str:
    """Draw a search text: usually a part of an existing text with another case."""
    if draw(st.integers(0, 4)) == 0:
        return draw(ANY_TEXT)
    text = draw(st.sampled_from([i["description"] for i in issues if i["description"]]))
    start = draw(st.integers(0, len(text) - 1))
    length = draw(st.sampled_from([1, 2, 3, 4, 7, 30]))
    return draw(st.sampled_from(CASE_CHANGES))(text[start : start + length])[:200]


@st.composite
def wide_searches(draw, model: NaiveModel) -> str:
    """Draw a search for a text, a number, a reporter or a project."""
    names = ["member", "ÖTHER", "r@EXAMPLE", "example.com", "third", *PROJECTS, "projekt ä", "P"]
    numbers = st.sampled_from(model.issues).map(lambda issue: issue["issue_number"])
    number_formats = st.sampled_from(["{}", "#{}", " #{} ", "0{}", "#{}7"])
    return draw(
        st.one_of(
            searches(model.issues),
            st.sampled_from(names),
            st.builds(str.format, number_formats, numbers),
        )
    )


@st.composite
def queries(draw, model: NaiveModel) -> dict:
    """Draw the parameters of a list."""
    numbers = st.sampled_from(sorted(model.cursors))
    moments = st.sampled_from(model.issues).map(get_creation_time)
    boundary_moments = st.builds(
        int.__add__, moments, st.sampled_from([-1000, -999, -1, 0, 1, 999, 1000])
    )
    sizes = st.sampled_from([1, 2, 3, 7, 20, 100])
    query = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "states": lists_of(IssueState),
                "type": lists_of(IssueType),
                "created_by": lists_of([*model.users, "user_0000000000000000"]),
                "projects": lists_of([*PROJECTS, "none"]),
                "start_date": boundary_moments,
                "end_date": boundary_moments,
                "filter_by_text": searches(model.issues),
                "search": wide_searches(model),
                "page_size": sizes,
                "page_order": st.sampled_from(["ASC", "DESC"]),
                "total_count": st.booleans(),
                "include": lists_of(["User", "Project"]),
            },
        )
    )
    by_number = st.fixed_dictionaries({}, optional={"page": st.integers(1, 9)})
    by_cursor = st.fixed_dictionaries({}, optional={"after": numbers, "before": numbers})
    size_names = st.sampled_from([{}, "first", "last"])
    paging = draw(st.one_of(by_number, by_cursor))
    if "page" not in paging and (name := draw(size_names)):
        paging[name] = draw(sizes)
    # Half of the queries keep at most two conditions. With more conditions, few issues match.
    if draw(st.booleans()):
        names = draw(st.sets(st.sampled_from(sorted(query)), max_size=2)) if query else set()
        query = {name: query[name] for name in sorted(names)}
    return query | paging


@given(st.data())
def test_list_equals_the_model(model, data):
    query = data.draw(queries(model), "query")
    role = data.draw(st.sampled_from([Role.ADMIN, Role.ADMIN, Role.MEMBER]), "role")
    status, page = model.fetch(query, role, repeat=data.draw(st.booleans(), "repeated parameters"))
    expected = model.expect(query, role)
    if expected is None:
        assert status == 403
    else:
        assert status == 200, page
        # As JSON, to compare the order of the keys, too.
        assert json.dumps(page, indent=1) == json.dumps(expected, indent=1)


@given(st.data())
def test_statistics_equal_the_model(model, data):
    moments = st.integers(BEGIN - 100_000, END + 900_000).map(lambda second: second * 1000)
    start, end = data.draw(st.none() | moments, "start"), data.draw(st.none() | moments, "end")
    zone = data.draw(st.sampled_from(ZONES), "time zone")
    values = {"start_date": start, "end_date": end, "timezone": zone}
    params = {name: value for name, value in values.items() if value is not None}
    response = model.callers[Role.ADMIN]("GET", "/issue/stats", params=params)
    assert response.json() == model.summarize(start or 0, end or 2**60, ZoneInfo(zone))


@pytest.mark.parametrize("seed", range(6))
def test_pagination_during_changes_returns_each_issue_once(member, reviewer, seed):
    rng = random.Random(seed)
    existing = {member.report(f"issue {number}")["id"] for number in range(40)}
    order, forward = rng.choice(["ASC", "DESC"]), seed % 2 == 0
    seen: list[dict] = []
    cursor: dict = {}
    for step in range(200):
        size = {"first" if forward else "last": rng.randint(1, 7)}
        page = member("GET", "/issue", params={"page_order": order} | size | cursor).json()
        seen = seen + page["data"] if forward else page["data"] + seen
        if not page["has_next_page" if forward else "has_previous_page"]:
            break
        side, name = ("after", "next_cursor") if forward else ("before", "previous_cursor")
        cursor = {side: page[name]}
        if step < 20 and rng.random() < 0.6:
            member.report("meanwhile")
        if rng.random() < 0.6:
            # Half of the time, delete the issue of the cursor.
            edge = seen[-1 if forward else 0]["id"]
            deleted = edge if rng.random() < 0.5 else rng.choice(sorted(existing))
            reviewer("DELETE", f"/issue/{deleted}")
            existing.discard(deleted)
    numbers = [issue["issue_number"] for issue in seen]
    assert numbers == sorted(set(numbers), reverse=order == "DESC")
    assert existing <= {issue["id"] for issue in seen}
