"""Measure one API process against a bare ASGI app, PostgreSQL against SQLite, and the disk."""

from collections.abc import Iterator

from bench import api_many_issues, processes
from bench.api_requests import (
    PATH,
    Contents,
    list_issues,
    make_mix,
    make_pages,
    make_reports,
    store_responses,
)
from bench.http_load import ROUNDS, SECONDS, Load, LoadResult, Request, measure_in_turn
from bench.results import Row

NO_ISSUES, FEW_ISSUES, ISSUES = 0, 1_000, 100_000
MANY_ISSUES = api_many_issues.ISSUES
MIX = "mix"
"""Name of the installation that the portal mix changes."""

DISTINCT_REQUESTS = 5_000 * SECONDS * ROUNDS
"""Number of different requests for all rounds of a load: enough for 5,000 a second."""

RESPONSES = processes.DATA / "responses"
NEWEST_PAGE = [Request("GET", f"{PATH}?page_size=20")]


def measure_rows() -> Iterator[Row]:
    """Measure lists, single issues, a mix of requests, reports, 1,000,000 issues and the disk."""
    for issues in (FEW_ISSUES, ISSUES, MANY_ISSUES):
        processes.create_installation(issues)
    with processes.run_postgresql(FEW_ISSUES) as postgresql:
        yield from _measure_lists(postgresql)
        yield _measure_single_issues()
        yield _measure_mix()
        yield from _measure_reports(postgresql)
    yield from api_many_issues.measure_rows()
    size = processes.measure_database_bytes(MANY_ISSUES) / MANY_ISSUES
    yield Row.at_most("bytes on disk for each of 1,000,000 issues", size, 1024, target=1)


def _measure_lists(postgresql: dict[str, str]) -> Iterator[Row]:
    """Request lists: different ones, and the newest page as open browser tabs do."""
    token, many_token = processes.create_token(FEW_ISSUES), processes.create_token(MANY_ISSUES)
    other_token = processes.create_token(processes.POSTGRESQL, **postgresql)
    with (
        processes.make_api(FEW_ISSUES) as api,
        processes.make_api(MANY_ISSUES) as many,
        processes.make_api(processes.POSTGRESQL, **postgresql) as other,
    ):
        store_responses(api.url, token, RESPONSES)
        pages = make_pages(Contents.fetch(api.url, token), DISTINCT_REQUESTS)
        other_pages = make_pages(Contents.fetch(other.url, other_token), DISTINCT_REQUESTS)
        with processes.make_bare_app(RESPONSES) as bare:
            distinct, repeated, many_repeated, on_postgresql, limit = measure_in_turn(
                Load(api, pages, token),
                Load(api, NEWEST_PAGE, token, repeat=True),
                Load(many, NEWEST_PAGE, many_token, repeat=True),
                Load(other, other_pages, other_token),
                Load(bare, pages[:1000], repeat=True),
            )
    yield _compare("distinct list pages, 8 at once", distinct, limit, 0.10)
    yield _compare("the newest page asked again, 8 at once", repeated, limit, None)
    name = "the newest page asked again, 8 at once, with 1,000,000 issues"
    yield _compare(name, many_repeated, repeated, None, "1,000 issues")
    name = "PostgreSQL: distinct list pages, 8 at once"
    yield _compare(name, on_postgresql, distinct, 0.6, "SQLite")


def _measure_single_issues() -> Row:
    """Request each issue at most once."""
    token = processes.create_token(ISSUES)
    with processes.make_api(ISSUES) as api, processes.make_bare_app(RESPONSES) as bare:
        issues = list_issues(api.url, token, processes.DATA / str(ISSUES) / "listed.json")
        requests = [Request("GET", f"{PATH}/{issue['id']}") for issue in issues]
        # Three seconds are short enough for 10,000 requests a second.
        ours, limit = measure_in_turn(
            Load(api, [*requests], token, seconds=min(SECONDS, 3)),
            Load(bare, requests[:1000], repeat=True),
        )
    return _compare("distinct single issues, 8 at once", ours, limit, 0.20)


def _measure_mix() -> Row:
    """Send the requests of open portals to a copy of the installation, because they change it."""
    processes.copy_installation(ISSUES, MIX)
    token = processes.create_token(MIX)
    with processes.make_api(MIX) as api, processes.make_bare_app(RESPONSES) as bare:
        issues = list_issues(api.url, token, processes.DATA / MIX / "listed.json")
        requests = make_mix(Contents.fetch(api.url, token), issues, DISTINCT_REQUESTS)
        ours, limit = measure_in_turn(
            Load(api, requests, token), Load(bare, requests[:1000], repeat=True)
        )
    processes.remove_installation(MIX)
    return _compare("the portal mix, 8 at once", ours, limit, 0.12)


def _measure_reports(postgresql: dict[str, str]) -> Iterator[Row]:
    """Send reports, each of which is on disk before its response."""
    processes.remove_installation(NO_ISSUES)
    token = processes.create_token(NO_ISSUES)
    other_token = processes.create_token(processes.POSTGRESQL, **postgresql)
    plain = make_reports(2 * DISTINCT_REQUESTS, with_key=False)
    keyed = make_reports(2 * DISTINCT_REQUESTS, with_key=True)
    with (
        processes.make_api(NO_ISSUES) as api,
        processes.make_api(processes.POSTGRESQL, **postgresql) as other,
        processes.make_bare_app(RESPONSES) as bare,
    ):
        many, one, many_keyed, one_keyed, on_postgresql, many_limit, one_limit = measure_in_turn(
            Load(api, plain[::2], token, at_once=32),
            Load(api, plain[1::2], token, at_once=1),
            Load(api, keyed[::2], token, at_once=32),
            Load(api, keyed[1::2], token, at_once=1),
            Load(other, plain[::2], other_token, at_once=32),
            Load(bare, keyed[:1000], at_once=32, repeat=True),
            Load(bare, keyed[:1000], at_once=1, repeat=True),
        )
    yield _compare("reports, durable, 32 at once", many, many_limit, 0.12)
    yield _compare("reports, durable, 1 at once", one, one_limit, 0.05)
    yield _compare("reports with idempotency keys, 32 at once", many_keyed, many_limit, 0.12)
    yield _compare("reports with idempotency keys, 1 at once", one_keyed, one_limit, 0.05)
    yield _compare("PostgreSQL: reports, 32 at once", on_postgresql, many, None, "SQLite")


def _compare(
    name: str,
    ours: LoadResult,
    reference: LoadResult,
    target: float | None,
    reference_name: str = "a bare ASGI app",
) -> Row:
    """Return a row with requests per second."""
    return Row.at_least(
        f"{name}, requests/s against {reference_name}",
        ours.per_second,
        reference.per_second,
        target=target,
        processor_ms=ours.processor_ms,
    )
