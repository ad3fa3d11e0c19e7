"""What a server can filter by is learned from its lists, also if it ignores parameters."""

from collections.abc import Callable

import pytest

from components.list_probes import probe_extra_filters, probe_search
from issue_portal.client import errors
from issue_portal.models.issue_search import matches_search
from issue_portal.models.requests import IssueQuery
from issue_portal.models.responses import Issue, IssuePage, Problem, User

USER = User(id="user_1", name="Ann")
ISSUES = (
    Issue(id="b", issue_number=2, description="x", is_read=True, created_by=USER),
    Issue(id="a", issue_number=1, description="#2", is_read=False, created_by=None),
)
ALL = frozenset({"numbers", "is_read", "anonymous", "search"})


class FilteringClient:
    """A client of a server that applies some parameters of a list and ignores the others."""

    def __init__(self, *applied: str, issues: tuple[Issue, ...] = ISSUES) -> None:
        self.applied = applied
        self.issues = issues

    def list(self, query: IssueQuery) -> IssuePage:
        matching = [issue for issue in self.issues if self.matches(query, issue)]
        return IssuePage(data=tuple(matching[: query.page_size]))

    def matches(self, query: IssueQuery, issue: Issue) -> bool:
        checks: dict[str, Callable[[], bool | None]] = {
            "numbers": lambda: issue.issue_number in query.numbers,
            "is_read": lambda: issue.is_read is query.is_read,
            "anonymous": lambda: (issue.created_by is None) is query.anonymous,
            "search": lambda: matches_search(query.search or "", issue),
            "text": lambda: (query.search or "") in (issue.description or ""),
        }
        sent = {*query.model_fields_set} | ({"text"} if query.search else set())
        return all(checks[name]() for name in sent & {*self.applied})


class RefusingClient:
    """A client of a server that refuses some parameters of a list."""

    def __init__(self, error: type[errors.ApiError], *refused: str) -> None:
        self.error = error
        self.refused = refused

    def list(self, query: IssueQuery) -> IssuePage:
        if query.model_fields_set & {*self.refused}:
            raise self.error(Problem(status=400))
        return FilteringClient(*ALL).list(query)


@pytest.mark.parametrize("issues", [ISSUES, ISSUES[1:]])
def test_our_server_has_all_filters(issues):
    client = FilteringClient(*ALL, issues=issues)
    assert probe_extra_filters(client) is True
    assert probe_search(client) is True


@pytest.mark.parametrize("ignored", ["numbers", "is_read", "anonymous"])
@pytest.mark.parametrize("issues", [ISSUES, ISSUES[1:]])
def test_server_that_ignores_a_filter_lacks_the_extra_filters(ignored, issues):
    client = FilteringClient(*ALL - {ignored}, issues=issues)
    assert probe_extra_filters(client) is False


@pytest.mark.parametrize("applied", [[], ["numbers"], ["text"], ["numbers", "text"]])
def test_server_that_ignores_search_or_searches_the_text_only_lacks_search(applied):
    assert probe_search(FilteringClient(*applied)) is False


@pytest.mark.parametrize("error", [errors.BadRequestError, errors.NotSupportedError])
def test_server_that_refuses_a_filter_lacks_it(error):
    for refused in ("numbers", "is_read", "anonymous"):
        assert probe_extra_filters(RefusingClient(error, refused)) is False
    assert probe_search(RefusingClient(error, "search")) is False
    assert probe_search(RefusingClient(error, "is_read")) is True


def test_empty_list_shows_nothing():
    client = FilteringClient(issues=())
    assert probe_extra_filters(client) is None
    assert probe_search(client) is None


def test_issues_without_number_or_reporter_show_that_the_server_is_another():
    assert probe_search(FilteringClient(*ALL, issues=(Issue(id="a"),))) is False
    assert probe_extra_filters(FilteringClient(*ALL, issues=(Issue(id="a"),))) is False
    unnamed = Issue(id="a", issue_number=1)
    assert probe_extra_filters(FilteringClient(*ALL, issues=(unnamed,))) is False


def test_issue_that_is_read_in_the_meantime_does_not_hide_the_filters():
    class ChangingClient(FilteringClient):
        def list(self, query: IssueQuery) -> IssuePage:
            if query.is_read is not None:
                read = [issue.model_copy(update={"is_read": True}) for issue in self.issues]
                self.issues = tuple(read)
            return super().list(query)

    client = ChangingClient(*ALL, issues=ISSUES[1:])
    assert probe_extra_filters(client) is True


def test_other_failures_are_raised():
    class FailingClient:
        def list(self, _query: IssueQuery) -> IssuePage:
            raise errors.UnreachableError

    for probe in (probe_search, probe_extra_filters):
        with pytest.raises(errors.UnreachableError):
            probe(FailingClient())
