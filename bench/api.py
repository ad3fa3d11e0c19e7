"""Measure one API process, against a bare ASGI app and against itself with fewer issues."""

import itertools
import json
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpx

from bench import processes
from bench.http_load import Load, load
from bench.results import Row
from issue_portal.models.vocabulary import IssueState, IssueType

NONE, FEW, MANY = 0, 1_000, 1_000_000
ROUNDS = 3
DISTINCT = 2_500
"""Different pages to request: more than the API caches."""

PATH = "/api/v1/app/issue"
REPORT = {
    "description": "Response missed the attached policy details.",
    "resource_type": "Thread",
    "type": "NoContextUsed",
    "anonymous": False,
}
DAY = 86_400_000


def rows() -> Iterator[Row]:
    """Measure every row of the API's table."""
    for issues in (FEW, MANY):
        processes.filled(issues)
    yield from _lists()
    yield from _pages()
    yield _create()
    yield _disk()


def _lists() -> list[Row]:
    """Request the newest page again and again, as open browser tabs do."""
    few_token, many_token = processes.token(FEW), processes.token(MANY)
    with processes.api(FEW) as few, processes.api(MANY) as many:
        answers = _answers(few.url, few_token)
        with processes.limit(answers) as limit:
            ours, theirs, large = _in_turn(
                lambda: load(few.url + PATH + "?page_size=20", token=few_token),
                lambda: load(limit.url + "/issue"),
                lambda: load(many.url + PATH + "?page_size=20", token=many_token),
            )
    return [
        Row.at_least(
            "GET /issue?page_size=20, 8 at once, requests/s against a bare ASGI app",
            ours,
            theirs,
            target=0.25,
        ),
        Row.at_least(
            "the same with 1,000,000 issues, against the figure with 1,000", large, ours, target=0.9
        ),
    ]


def _pages() -> Iterator[Row]:
    """Request pages that are not cached, one at a time: p99 in milliseconds."""
    few_token, many_token = processes.token(FEW), processes.token(MANY)
    with processes.api(FEW) as few, processes.api(MANY) as many:
        people = _people(many.url, many_token)
        usual = _p99(few.url, few_token, _first_pages())
        for what, paths in _kinds(people).items():
            name = f"1,000,000 issues: {what}, p99 in ms against the first page of 1,000"
            yield Row.at_most(name, _p99(many.url, many_token, paths), usual, target=3)


def _create() -> Row:
    """Send reports, each of which is on disk before its response."""
    processes.emptied(NONE)
    token = processes.token(NONE)
    body = json.dumps(REPORT)
    with processes.api(NONE) as api:
        answers = _answers(api.url, token)
        with processes.limit(answers) as limit:
            ours, theirs = _in_turn(
                lambda: load(api.url + PATH, token=token, body=body, at_once=32),
                lambda: load(limit.url + "/issue", body=body, at_once=32),
            )
    what = "POST /issue, durable, 32 at once, requests/s against a bare ASGI app"
    return Row.at_least(what, ours, theirs, target=0.15)


def _disk() -> Row:
    size = processes.megabytes_on_disk(MANY) * 2**20 / MANY
    return Row.at_most("bytes on disk for each of 1,000,000 issues", size, 1024, target=1)


def _in_turn(*measures: Callable[[], Load]) -> list[float]:
    """Return the requests per second of each measure: the median of several rounds in turn."""
    found = [[measure().per_second for measure in measures] for _ in range(ROUNDS)]
    return [statistics.median(each) for each in zip(*found, strict=True)]


def _p99(url: str, token: str, paths: Sequence[str]) -> float:
    return load(url, token=token, paths=paths, at_once=1).p99


def _answers(url: str, token: str) -> Path:
    """Store real responses of the API for the bare ASGI app."""
    folder = processes.DATA / "answers"
    folder.mkdir(exist_ok=True)
    headers = {"Authorization": f"Bearer {token}"}
    listed = httpx.get(f"{url}{PATH}?page_size=20", headers=headers)
    made = httpx.post(url + PATH, json=REPORT, headers=headers)
    (folder / "list.json").write_bytes(listed.content)
    (folder / "one.json").write_bytes(made.content)
    return folder


def _people(url: str, token: str) -> list[str]:
    answer = httpx.get(
        f"{url}/api/v1/app/user", headers={"Authorization": f"Bearer {token}"}
    ).json()
    return [user["id"] for user in answer["data"] if user["name"].startswith("Person")]


def _first_pages() -> list[str]:
    """Return many different queries that give the same page."""
    live = [state for state in IssueState if state is not IssueState.DELETED]
    names = [
        f"{PATH}?page_size={size}&states={','.join(states)}&type={','.join(types)}"
        for size in range(18, 23)
        for states in itertools.permutations(live)
        for types in itertools.permutations(IssueType)
    ]
    return names[:DISTINCT]


def _kinds(people: Sequence[str]) -> dict[str, list[str]]:
    """Return many different queries of each kind of page."""
    chance = random.Random(1)
    now = int(time.time() * 1000)

    def some(make: Callable[[], str]) -> list[str]:
        paths: dict[str, None] = {}
        while len(paths) < DISTINCT:
            paths[f"{PATH}?{make()}&page_size={chance.randrange(15, 26)}"] = None
        return list(paths)

    def days(length: int) -> str:
        end = now - chance.randrange(330) * DAY - chance.randrange(DAY)
        return f"start_date={end - length * DAY}&end_date={end}"

    def person() -> str:
        return f"created_by={chance.choice(people)}"

    def case(longest: int) -> str:
        return f"filter_by_text=case%20{chance.randrange(longest // 10, longest)}"

    def deep() -> str:
        return f"page={chance.randrange(10_000, 44_000)}"

    words = ["policy", "report", "contract", "manual", "minutes", "onboarding"]
    return {
        "the first page": _first_pages(),
        "a state and a kind": some(
            lambda: f"states=Closed&type=Format,Other&page={chance.randrange(1, 900)}"
        ),
        "a reporter": some(person),
        "a week": some(lambda: days(7)),
        "a reporter's month": some(lambda: f"{person()}&{days(30)}"),
        "a page up to the last": some(deep),
        "a project": some(lambda: f"projects=sales&page={chance.randrange(1, 900)}"),
        "a text that few have": some(lambda: case(10**6)),
        "a text that a thousand have": some(lambda: case(10**3)),
        "a text that 100,000 have, not counted": some(
            lambda: f"filter_by_text={chance.choice(words)}&{days(300)}&total_count=false"
        ),
        "a text that 100,000 have": some(
            lambda: f"filter_by_text={chance.choice(words)}&{days(300)}"
        ),
    }
