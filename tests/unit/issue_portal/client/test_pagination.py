"""Iteration over all pages of a list, also of servers with broken cursors."""

import pytest

from issue_portal.client import errors
from issue_portal.models.requests import IssueQuery
from tests.servers.script import serving


def page(ids, more=None, cursor=None):
    flags = {"has_next_page": more, "next_cursor": cursor}
    return (200, {}, {"data": [{"id": i} for i in ids], **flags})


@pytest.mark.parametrize(
    ("pages", "expected", "last"),
    [
        ([page("ab", True), page("bc", True), page("d", False)], "abcd", "page=3"),
        ([page("ab", True, "x"), page("c", False, "end")], "abc", "after=x"),
        ([page("ab", None, "x"), page("c")], "abc", "after=x"),
        ([page("ab", True, "x"), page("", True, "y"), page("c", False)], "abc", "after=y"),
        ([page("aa", True), page("ab", True), page("")], "ab", "page=3"),
        ([page("a", True, "x"), page("b", True), page("c", False)], "abc", "page=2"),
        ([page("", True)], "", "issue"),
    ],
    ids=["by number", "by cursor", "no flag", "empty page", "repeated", "both", "empty"],
)
def test_each_issue_is_returned_once(quick, pages, expected, last):
    with serving(*pages) as script:
        assert "".join(issue.id for issue in quick(script.url).iterate()) == expected
        assert script.requests[-1][1].endswith(last)


@pytest.mark.parametrize(
    "pages",
    [
        [page("ab", True)],
        [page("ab", True, "x")],
        [page("a", True, "x"), page("b", True, "y"), page("c", True, "x")],
        [page("", True, cursor) for cursor in "abcdefghij"],
    ],
    ids=["same page", "same cursor", "circle", "nothing ever"],
)
def test_endless_list_is_stopped(quick, pages):
    with serving(*pages) as script:
        with pytest.raises(errors.BadResponseError, match="no end"):
            list(quick(script.url).iterate())
        assert len(script.requests) < 7


def test_query_is_sent_for_each_page(quick):
    with serving(page("a", True, "x"), page("b", False)) as script:
        list(quick(script.url).iterate(IssueQuery(page=3, page_size=1, filter_by_text="x y")))
        assert script.calls == [
            "GET /issue?page=3&page_size=1&filter_by_text=x+y",
            "GET /issue?page_size=1&after=x&filter_by_text=x+y",
        ]


def test_pages_are_fetched_lazily(quick):
    with serving(page("ab", True), page("c", False)) as script:
        issues = quick(script.url).iterate()
        next(issues), next(issues)
        assert len(script.requests) == 1


@pytest.mark.parametrize("query", [IssueQuery(last=3), IssueQuery(before="x")])
def test_iteration_goes_forwards_only(quick, query):
    with pytest.raises(ValueError, match="page_order"):
        list(quick("http://127.0.0.1:1").iterate(query))
