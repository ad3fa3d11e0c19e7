"""Requests to the API as reviewers, reporters and open portals send them."""

import json
import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import httpx

from bench.fill_database import PROJECTS, STATE_WEIGHTS
from bench.http_load import Request
from issue_portal.models.vocabulary import LIVE_STATES, IssueState, IssueType

PATH = "/api/v1/app/issue"
PORTALS = 20
"""Portals that poll at the same time in the portal mix."""

ANONYMOUS_SHARE = 0.35
PAGE_SIZES = range(15, 26)
LISTED_WEIGHT = sum(STATE_WEIGHTS[state] for state in LIVE_STATES)
"""Weight of the states that a list shows by default."""


@dataclass(frozen=True)
class Contents:
    """Facts about the issues of an installation.

    ``people`` has the ids of the reporters. ``start`` and ``end`` are the times at which the first
    and the last issue were created, in milliseconds since 1970.
    """

    issue_count: int
    people: Sequence[str]
    start: int
    end: int

    @classmethod
    def fetch(cls, url: str, token: str) -> Self:
        """Ask the API at ``url``."""
        with _make_client(url, token) as client:
            users = client.get("/api/v1/app/user").json()["data"]
            newest, oldest = (
                client.get(PATH, params={"page_size": 1, "page_order": order}).json()
                for order in ("DESC", "ASC")
            )
        return cls(
            newest["total_count"],
            [user["id"] for user in users if user["name"].startswith("Person")],
            _to_milliseconds(oldest["data"][0]["created_at"]),
            _to_milliseconds(newest["data"][0]["created_at"]),
        )


def make_distinct(count: int, draw_query: Callable[[], str], path: str = PATH) -> list[Request]:
    """Return ``count`` requests to ``path`` whose queries all differ.

    Raises ``RuntimeError`` if ``draw_query`` has too few different queries.
    """
    paths: dict[str, None] = {}
    for _ in range(10 * count):
        if len(paths) == count:
            break
        paths[f"{path}?{draw_query()}"] = None
    else:
        raise RuntimeError(f"only {len(paths)} of {count} queries differ")
    return [Request("GET", path) for path in paths]


def make_pages(contents: Contents, count: int) -> list[Request]:
    """Return requests for pages of lists with the filters that the portal offers, except texts.

    Nearly all of the pages have issues.
    """
    rng = random.Random(2)
    return make_distinct(count, lambda: _draw_page_query(rng, contents))


def _draw_page_query(rng: random.Random, contents: Contents) -> str:
    size = rng.choice(PAGE_SIZES)
    if rng.random() < 0.05:
        return f"created_by={rng.choice(contents.people)}&page_size={size}"
    query, share = f"page_size={size}", 1.0
    if rng.random() < 0.6:
        states = rng.sample(LIVE_STATES, rng.choice((1, 2)))
        query += f"&states={','.join(states)}"
        share *= sum(STATE_WEIGHTS[state] for state in states) / LISTED_WEIGHT
    if rng.random() < 0.5:
        types = rng.sample(list(IssueType), rng.choice((1, 2, 3)))
        query += f"&type={','.join(types)}"
        share *= len(types) / len(IssueType)
    if rng.random() < 0.2:
        query += f"&projects={rng.choice([name for name in PROJECTS if name])}"
        share /= len(PROJECTS)
    if rng.random() < 0.5:
        start, end = rng.uniform(0, 0.5), rng.uniform(0.5, 1)
        length = contents.end - contents.start
        query += f"&start_date={contents.start + int(start * length)}"
        query += f"&end_date={contents.start + int(end * length)}"
        share *= end - start
    pages = max(1, int(contents.issue_count * share / size))
    return f"{query}&page={rng.randint(1, pages)}"


def make_mix(contents: Contents, issues: Sequence[dict[str, Any]], count: int) -> list[Request]:
    """Return the requests of `PORTALS` open portals: 70 % polls of the same lists, 20 % issues
    that are opened, 8 % changes and 2 % reports. No issue is opened or changed twice.
    """
    rng = random.Random(3)
    polls = [_make_poll(rng, contents, portal) for portal in range(PORTALS)]
    reports = iter(make_reports(count // 20, with_key=True))
    # Each opened issue is from another part of the list than the changed ones.
    opened, changed = iter(issues[::2]), iter(issues[1::2])
    makers: dict[Callable[[], Request], int] = {
        lambda: rng.choice(polls): 70,
        lambda: Request("GET", f"{PATH}/{next(opened)['id']}"): 20,
        lambda: _make_change(rng, next(changed)): 8,
        lambda: next(reports): 2,
    }
    choices = rng.choices(list(makers), weights=list(makers.values()), k=count)
    return [make() for make in choices]


def _make_poll(rng: random.Random, contents: Contents, portal: int) -> Request:
    """Return the request that an open page repeats: three review queues, then one own list."""
    if portal % 4 == 3:
        query = f"created_by={contents.people[portal]}&page=1&page_size=20&total_count=true"
        return Request("GET", f"{PATH}?{query}")
    states = rng.choice(("NotReviewed", "NotReviewed,InReview", "InReview"))
    opened_at = contents.end + portal * 1000
    query = f"states={states}&end_date={opened_at}&page=1&page_size=20&total_count=false"
    return Request("GET", f"{PATH}?{query}")


def _make_change(rng: random.Random, issue: dict[str, Any]) -> Request:
    """Return a request that marks an issue as read or unread, or moves it to another state."""
    change: dict[str, str | bool] = {"is_read": not issue["is_read"]}
    if rng.random() < 0.5:
        is_closed = issue["state"] == IssueState.CLOSED
        change = {"state": IssueState.IN_REVIEW if is_closed else IssueState.CLOSED}
    return Request("PUT", f"{PATH}/{issue['id']}", json.dumps(change))


def make_reports(count: int, *, with_key: bool) -> list[Request]:
    """Return reports with different descriptions; with ``with_key``, each has an idempotency key,
    as the client of the portal sends it.
    """
    rng = random.Random(4)
    return [
        Request(
            "POST",
            PATH,
            json.dumps(
                {
                    "description": f"Response {number} missed the attached policy details.",
                    "resource_type": "Thread",
                    "type": rng.choice(list(IssueType)),
                    "anonymous": rng.random() < ANONYMOUS_SHARE,
                    "project_id": rng.choice(PROJECTS),
                }
            ),
            uuid.uuid4().hex if with_key else "",
        )
        for number in range(count)
    ]


def list_issues(url: str, token: str, file: Path) -> list[dict[str, Any]]:
    """Return id, state and ``is_read`` of all issues, from ``file`` or from the API at ``url``.

    Writes ``file`` if it does not exist. The order is random, but always the same.
    """
    if not file.exists():
        issues = []
        params: dict[str, str | int] = {"first": 100, "total_count": "false"}
        with _make_client(url, token) as client:
            while True:
                page = client.get(PATH, params=params).json()
                issues += [
                    {key: one[key] for key in ("id", "state", "is_read")} for one in page["data"]
                ]
                if not page["has_next_page"]:
                    break
                params["after"] = page["next_cursor"]
        file.write_text(json.dumps(issues))
    listed: list[dict[str, Any]] = json.loads(file.read_text())
    random.Random(5).shuffle(listed)
    return listed


def store_responses(url: str, token: str, folder: Path) -> None:
    """Store a page of issues and an issue of the API at ``url`` for the bare ASGI app."""
    folder.mkdir(parents=True, exist_ok=True)
    with _make_client(url, token) as client:
        page = client.get(PATH, params={"page_size": 20})
        issue = client.get(f"{PATH}/{page.json()['data'][0]['id']}")
    (folder / "list.json").write_bytes(page.content)
    (folder / "one.json").write_bytes(issue.content)


def _make_client(url: str, token: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=url, headers=headers, timeout=30, verify=False)


def _to_milliseconds(time: str) -> int:
    return int(datetime.fromisoformat(time).timestamp() * 1000)
