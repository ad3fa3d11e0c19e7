"""Iteration over all pages of a list, including servers with broken cursors."""

import httpx
import pytest

from issue_portal.client import errors
from issue_portal.models.requests import IssueQuery
from tests.servers.scripted_server import serving


def make_page(ids, more=None, cursor=None):
    flags = {"has_next_page": more, "next_cursor": cursor}
    return (200, {}, {"data": [{"id": i} for i in ids], **flags})


@pytest.mark.parametrize(
    ("pages", "expected_ids", "last_path_end"),
    [
        ([make_page("ab", True), make_page("bc", True), make_page("d", False)], "abcd", "page=3"),
        ([make_page("ab", True, "x"), make_page("c", False, "end")], "abc", "after=x"),
        ([make_page("ab", None, "x"), make_page("c")], "abc", "after=x"),
        (
            [make_page("ab", True, "x"), make_page("", True, "y"), make_page("c", False)],
            "abc",
            "after=y",
        ),
        ([make_page("aa", True), make_page("ab", True), make_page("")], "ab", "page=3"),
        ([make_page("a", True, "x"), make_page("b", True), make_page("c", False)], "abc", "page=2"),
        ([make_page("", True)], "", "total_count=true"),
    ],
    ids=[
        "by number",
        "by cursor",
        "without has_next_page",
        "empty page with cursor",
        "repeated issues",
        "by cursor, then by number",
        "empty page without cursor",
    ],
)
def test_each_issue_is_returned_once(make_client, pages, expected_ids, last_path_end):
    with serving(*pages) as server:
        assert "".join(issue.id for issue in make_client(server.url).iterate()) == expected_ids
        assert server.requests[-1][1].endswith(last_path_end)


@pytest.mark.parametrize(
    "pages",
    [
        [make_page("ab", True)],
        [make_page("ab", True, "x")],
        [make_page("a", True, "x"), make_page("b", True, "y"), make_page("c", True, "x")],
        [make_page("", True, cursor) for cursor in "abcdefghij"],
    ],
    ids=["same page", "same cursor", "cycle", "only empty pages"],
)
def test_endless_list_raises_bad_response(make_client, pages):
    with serving(*pages) as server:
        with pytest.raises(errors.BadResponseError, match="no end"):
            list(make_client(server.url).iterate())
        assert len(server.requests) < 7


def test_query_is_sent_with_each_page(make_client):
    with serving(make_page("a", True, "x"), make_page("b", False)) as server:
        list(make_client(server.url).iterate(IssueQuery(page=3, page_size=1, filter_by_text="x y")))
        first, second = (httpx.URL(request[1]).params for request in server.requests)
        for sent in (first, second):
            assert sent["page_size"] == "1"
            assert sent["filter_by_text"] == "x y"
        assert first["page"] == "3"
        assert second["after"] == "x"
        assert "page" not in second


def test_pages_are_fetched_lazily(make_client):
    with serving(make_page("ab", True), make_page("c", False)) as server:
        issues = make_client(server.url).iterate()
        next(issues), next(issues)
        assert len(server.requests) == 1


@pytest.mark.parametrize("query", [IssueQuery(last=3), IssueQuery(before="x")])
def test_iteration_refuses_backward_queries(make_client, query):
    with pytest.raises(ValueError, match="page_order"):
        list(make_client("http://127.0.0.1:1").iterate(query))
