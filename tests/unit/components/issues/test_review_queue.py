"""The next and the previous issue, across pages."""

import pytest

from components.issues import pagination, review_queue
from components.issues.queue_columns import format_columns
from components.issues.review_queue import QueuePage, has_neighbour, mark_read, select_neighbour
from issue_portal.client.errors import UnreachableError
from issue_portal.models.requests import IssueQuery
from issue_portal.models.responses import IssuePage
from tests.factories import make_issue


@pytest.fixture(autouse=True)
def opened(monkeypatch) -> list[str]:
    """Ids of the issues that were opened."""
    ids: list[str] = []
    monkeypatch.setattr(review_queue.st, "session_state", {})
    monkeypatch.setattr(review_queue.issue_list, "open_issue", ids.append)
    return ids


def queue(ids: str = "abc", *, before: bool = False, after: bool = False, page: int = 1):
    data = tuple(make_issue(issue_id) for issue_id in ids)
    issues_page = IssuePage(data=data, has_previous_page=before, has_next_page=after)
    return QueuePage(IssueQuery(page=page), issues_page, 0, {})


@pytest.mark.parametrize(
    ("issue_id", "step", "flags", "expected"),
    [
        ("a", 1, {}, True),
        ("a", -1, {}, False),
        ("a", -1, {"before": True}, True),
        ("c", 1, {}, False),
        ("c", 1, {"after": True}, True),
        ("x", 1, {"after": True}, False),
    ],
)
def test_neighbour_may_be_on_another_page(issue_id, step, flags, expected):
    assert has_neighbour(queue(**flags), issue_id, step) is expected


@pytest.mark.parametrize(("step", "expected"), [(1, ["c"]), (-1, ["a"])])
def test_neighbour_is_opened(opened, step, expected):
    select_neighbour(queue(), "b", step)
    assert opened == expected


@pytest.mark.parametrize(("step", "expected"), [(1, ["c"]), (-1, ["a"])])
def test_issue_that_left_the_list_keeps_its_neighbours(opened, step, expected):
    assert has_neighbour(queue(), "b", 1)
    select_neighbour(queue("ac"), "b", step)
    assert opened == expected


@pytest.mark.parametrize(
    ("start", "step", "page", "expected"), [("c", 1, 3, ["d"]), ("a", -1, 1, ["e"])]
)
def test_page_is_turned(client, opened, monkeypatch, start, step, page, expected):
    pages: list[int] = []
    monkeypatch.setattr(review_queue, "go_to_page", pages.append)
    client.list.return_value = queue("de").page
    turned = select_neighbour(queue(before=True, after=True, page=2), start, step)
    assert (turned.query.page, pages, opened) == (page, [page], expected)


def test_page_that_fails_to_load_changes_nothing(client, opened):
    client.list.side_effect = UnreachableError
    before = queue(after=True)
    assert select_neighbour(before, "c", 1) == before
    assert opened == []


def test_issue_opens_even_if_marking_it_read_fails(client):
    client.update.side_effect = UnreachableError
    assert mark_read(make_issue()) == make_issue()
    client.update.reset_mock()
    mark_read(make_issue(is_read=True))
    client.update.assert_not_called()


def test_columns_name_number_type_and_reporter():
    assert format_columns(make_issue()) == "#7 · Other · Ann"
    assert format_columns(make_issue(created_by=None)) == "#7 · Other · Anonymous"


@pytest.mark.parametrize(
    ("value", "expected"),
    [("", 1), ("1", 1), ("7", 7), ("0", 1), ("-3", 1), ("x", 1), ("999999999", 1), ("\u00b2", 1)],
)
def test_page_number_of_the_url(monkeypatch, value, expected):
    monkeypatch.setattr(pagination.query_params, "read", lambda _name: value)
    assert pagination.get_page_number() == expected
