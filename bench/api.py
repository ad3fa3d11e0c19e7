"""Measure one API process against a bare ASGI app, and many issues against few."""

import itertools
import json
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpx

from bench import processes
from bench.http_load import LoadResult, measure_load
from bench.results import Row
from issue_portal.models.vocabulary import IssueState, IssueType

NO_ISSUES, FEW_ISSUES, MANY_ISSUES = 0, 1_000, 1_000_000
"""The number of issues identifies an installation."""

ROUNDS = 3
"""Number of measurements of each figure. The result is their median."""

DISTINCT_PATHS = 2_500
"""Different paths to request, more than the API caches."""

PATH = "/api/v1/app/issue"
REPORT = {
    "description": "Response missed the attached policy details.",
    "resource_type": "Thread",
    "type": "NoContextUsed",
    "anonymous": False,
}
DAY_MILLISECONDS = 86_400_000


def measure_rows() -> Iterator[Row]:
    """Measure lists, reports and disk usage of the API."""
    for issues in (FEW_ISSUES, MANY_ISSUES):
        processes.create_installation(issues)
    yield from _measure_newest_page()
    yield from _measure_uncached_pages()
    yield _measure_reports()
    yield _measure_disk()


def _measure_newest_page() -> list[Row]:
    """Request the newest page repeatedly, as open browser tabs do."""
    few_token, many_token = processes.create_token(FEW_ISSUES), processes.create_token(MANY_ISSUES)
    with processes.make_api(FEW_ISSUES) as few, processes.make_api(MANY_ISSUES) as many:
        responses = _store_responses(few.url, few_token)
        with processes.make_bare_app(responses) as bare:
            ours, reference, large = _measure_in_turn(
                lambda: measure_load(few.url + PATH + "?page_size=20", token=few_token),
                lambda: measure_load(bare.url + "/issue"),
                lambda: measure_load(many.url + PATH + "?page_size=20", token=many_token),
            )
    return [
        Row.at_least(
            "GET /issue?page_size=20, 8 at once, requests/s against a bare ASGI app",
            ours,
            reference,
            target=0.25,
        ),
        Row.at_least(
            "GET /issue?page_size=20 with 1,000,000 issues, against 1,000 issues",
            large,
            ours,
            target=0.9,
        ),
    ]


def _measure_uncached_pages() -> Iterator[Row]:
    """Request pages that are not cached, one at a time; measure the 99th percentile in ms."""
    few_token, many_token = processes.create_token(FEW_ISSUES), processes.create_token(MANY_ISSUES)
    with processes.make_api(FEW_ISSUES) as few, processes.make_api(MANY_ISSUES) as many:
        people = _list_people(many.url, many_token)
        first_page = _measure_p99(few.url, few_token, _make_first_page_paths())
        for page, paths in _make_paths(people).items():
            name = f"1,000,000 issues: {page}; p99 in ms, against the first page with 1,000 issues"
            yield Row.at_most(name, _measure_p99(many.url, many_token, paths), first_page, target=3)


def _measure_reports() -> Row:
    """Send reports, each of which is on disk before its response."""
    processes.remove_installation(NO_ISSUES)
    token = processes.create_token(NO_ISSUES)
    body = json.dumps(REPORT)
    with processes.make_api(NO_ISSUES) as api:
        responses = _store_responses(api.url, token)
        with processes.make_bare_app(responses) as bare:
            ours, reference = _measure_in_turn(
                lambda: measure_load(api.url + PATH, token=token, body=body, at_once=32),
                lambda: measure_load(bare.url + "/issue", body=body, at_once=32),
            )
    name = "POST /issue, durable, 32 at once, requests/s against a bare ASGI app"
    return Row.at_least(name, ours, reference, target=0.15)


def _measure_disk() -> Row:
    size = processes.measure_database_bytes(MANY_ISSUES) / MANY_ISSUES
    return Row.at_most("bytes on disk for each of 1,000,000 issues", size, 1024, target=1)


def _measure_in_turn(*measures: Callable[[], LoadResult]) -> list[float]:
    """Take the measures in turn, `ROUNDS` times; return the median requests per second of each."""
    rounds = [[measure().per_second for measure in measures] for _ in range(ROUNDS)]
    return [statistics.median(values) for values in zip(*rounds, strict=True)]


def _measure_p99(url: str, token: str, paths: Sequence[str]) -> float:
    return measure_load(url, token=token, paths=paths, at_once=1).p99


def _store_responses(url: str, token: str) -> Path:
    """Store real responses of the API for the bare ASGI app."""
    folder = processes.DATA / "responses"
    folder.mkdir(exist_ok=True)
    headers = {"Authorization": f"Bearer {token}"}
    list_response = httpx.get(f"{url}{PATH}?page_size=20", headers=headers)
    create_response = httpx.post(url + PATH, json=REPORT, headers=headers)
    (folder / "list.json").write_bytes(list_response.content)
    (folder / "one.json").write_bytes(create_response.content)
    return folder


def _list_people(url: str, token: str) -> list[str]:
    response = httpx.get(
        f"{url}/api/v1/app/user", headers={"Authorization": f"Bearer {token}"}
    ).json()
    return [user["id"] for user in response["data"] if user["name"].startswith("Person")]


def _make_first_page_paths() -> list[str]:
    """Return many different paths that all lead to the first page of all issues."""
    undeleted = [state for state in IssueState if state is not IssueState.DELETED]
    paths = [
        f"{PATH}?page_size={size}&states={','.join(states)}&type={','.join(types)}"
        for size in range(18, 23)
        for states in itertools.permutations(undeleted)
        for types in itertools.permutations(IssueType)
    ]
    return paths[:DISTINCT_PATHS]


def _make_paths(people: Sequence[str]) -> dict[str, list[str]]:
    """Return many different paths for each kind of page, by the name of the kind.

    Longer than 40 lines because the dict has an entry for each kind.
    """
    rng = random.Random(1)
    now = int(time.time() * 1000)

    def make_distinct(make_query: Callable[[], str]) -> list[str]:
        paths: dict[str, None] = {}
        while len(paths) < DISTINCT_PATHS:
            paths[f"{PATH}?{make_query()}&page_size={rng.randrange(15, 26)}"] = None
        return list(paths)

    def make_period(days: int) -> str:
        end = now - rng.randrange(330) * DAY_MILLISECONDS - rng.randrange(DAY_MILLISECONDS)
        return f"start_date={end - days * DAY_MILLISECONDS}&end_date={end}"

    def make_case_search(digits: int) -> str:
        """Search for the start of a number in a text, such as "case 123456": six digits at most."""
        return f"filter_by_text=case%20{rng.randrange(10 ** (digits - 1), 10**digits)}"

    def make_word_search() -> str:
        return f"filter_by_text={rng.choice(words)}&{make_period(300)}"

    words = ["policy", "report", "contract", "manual", "minutes", "onboarding"]
    return {
        "the first page": _make_first_page_paths(),
        "a state and a type": make_distinct(
            lambda: f"states=Closed&type=Format,Other&page={rng.randrange(1, 900)}"
        ),
        "a reporter": make_distinct(lambda: f"created_by={rng.choice(people)}"),
        "a week": make_distinct(lambda: make_period(7)),
        "a reporter's month": make_distinct(
            lambda: f"created_by={rng.choice(people)}&{make_period(30)}"
        ),
        "a page far from the first": make_distinct(lambda: f"page={rng.randrange(10_000, 44_000)}"),
        "a project": make_distinct(lambda: f"projects=sales&page={rng.randrange(1, 900)}"),
        "a text with few matches": make_distinct(lambda: make_case_search(6)),
        "a text with 1,000 matches": make_distinct(lambda: make_case_search(3)),
        "a text with 100,000 matches, without the total": make_distinct(
            lambda: f"{make_word_search()}&total_count=false"
        ),
        "a text with 100,000 matches": make_distinct(make_word_search),
    }
