"""Measure pages, totals and insights of the API with 1,000,000 issues, one request at a time."""

from collections.abc import Iterator

from bench import processes
from bench.api_requests import PATH, Contents, make_distinct
from bench.http_load import SECONDS, Load, LoadResult, measure_in_turn
from bench.list_queries import ListQueries
from bench.results import Row
from tests.servers.processes import ServerProcess

FEW_ISSUES, ISSUES = 1_000, 1_000_000
DISTINCT_REQUESTS = 15_000
"""Number of different requests for a load."""

FIRST_PAGES, PERIODS = 60_000, 10_000
"""Numbers of different requests for the first page, in all rounds, and for insights."""

INSIGHTS_SECONDS = max(SECONDS, 10)
"""Duration of a load of insights, which may take seconds each."""

TOTAL_LIMIT, ALL_TIME_LIMIT, MONTH_LIMIT = 10, 150, 50
"""Longest median response times in ms."""


def measure_rows() -> Iterator[Row]:
    """Measure the first page against the one with 1,000 issues, totals, insights, other pages."""
    few_token, token = processes.create_token(FEW_ISSUES), processes.create_token(ISSUES)
    with processes.make_api(FEW_ISSUES) as few, processes.make_api(ISSUES) as api:
        queries = ListQueries(Contents.fetch(api.url, token))
        first_pages = make_distinct(FIRST_PAGES, queries.draw_first_page)
        ours, reference = measure_in_turn(
            Load(api, [*first_pages], token, at_once=1),
            Load(few, [*first_pages], few_token, at_once=1),
        )
        yield from _compare_first_pages(ours, reference)
        yield from _measure_totals(api, token, queries)
        yield from _measure_insights(api, token, queries)
        for kind, draw_query in queries.pages().items():
            requests = make_distinct(DISTINCT_REQUESTS, draw_query)
            page = Load(api, requests, token, at_once=1).measure()
            yield _compare_p99(kind, page, reference)


def _compare_first_pages(ours: LoadResult, reference: LoadResult) -> Iterator[Row]:
    yield Row.at_most(
        "1,000,000 issues: the first page and its total; processor ms, against 1,000 issues",
        ours.processor_ms,
        reference.processor_ms,
        target=1.1,
        processor_ms=ours.processor_ms,
    )
    yield _compare_p99("the first page", ours, reference)


def _measure_totals(api: ServerProcess, token: str, queries: ListQueries) -> Iterator[Row]:
    for kind, draw_query in queries.totals().items():
        requests = make_distinct(DISTINCT_REQUESTS, draw_query)
        result = Load(api, requests, token, at_once=1).measure()
        yield _compare_median(f"total of {kind}", result, TOTAL_LIMIT)


def _measure_insights(api: ServerProcess, token: str, queries: ListQueries) -> Iterator[Row]:
    for period, draw_query, limit in (
        ("all time", queries.draw_all_time, ALL_TIME_LIMIT),
        ("a month", queries.draw_month, MONTH_LIMIT),
    ):
        requests = make_distinct(PERIODS, draw_query, f"{PATH}/stats")
        result = Load(api, requests, token, at_once=1, seconds=INSIGHTS_SECONDS).measure()
        yield _compare_median(f"insights of {period}", result, limit)


def _compare_median(name: str, result: LoadResult, limit: float) -> Row:
    return Row.at_most(
        f"1,000,000 issues: {name}; median in ms, against the limit",
        result.median,
        limit,
        target=1,
        processor_ms=result.processor_ms,
    )


def _compare_p99(kind: str, page: LoadResult, first_page: LoadResult) -> Row:
    return Row.at_most(
        f"1,000,000 issues: {kind}; p99 in ms, against the first page with 1,000 issues",
        page.p99,
        first_page.p99,
        target=3,
        processor_ms=page.processor_ms,
    )
