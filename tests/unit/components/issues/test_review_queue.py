"""The review queue: its columns, its page numbers, and the issues before and after an issue."""

from datetime import timedelta

import pytest

from components.issues import known_issues, pagination, review_queue
from components.issues.queue_columns import format_columns
from components.issues.review_queue import QueuePage, has_neighbour, mark_read, open_neighbour
from components.ui import preferences
from issue_portal.client.errors import UnreachableError
from issue_portal.models.requests import IssueQuery
from issue_portal.models.responses import Issue, IssuePage
from tests.factories import REPORTED_AT, make_issue


@pytest.fixture(autouse=True)
def opened(monkeypatch) -> list[str]:
    """Ids of the issues that were opened."""
    ids: list[str] = []
    monkeypatch.setattr(review_queue.st, "session_state", {})
    monkeypatch.setattr(review_queue.issue_list, "open_issue", ids.append)
    return ids


def make_queue(
    ids: str = "abc", *, has_previous: bool = False, has_next: bool = False, number: int = 1
) -> QueuePage:
    """Make a page of the queue; each letter of ``ids`` is the id of an issue."""
    data = tuple(make_issue(issue_id) for issue_id in ids)
    page = IssuePage(data=data, has_previous_page=has_previous, has_next_page=has_next)
    query = IssueQuery(page=number)
    return QueuePage(query, page, 0, query, page)


@pytest.mark.parametrize(
    ("issue_id", "step", "other_pages", "expected"),
    [
        ("a", 1, {}, True),
        ("a", -1, {}, False),
        ("a", -1, {"has_previous": True}, True),
        ("c", 1, {}, False),
        ("c", 1, {"has_next": True}, True),
        ("x", 1, {"has_next": True}, False),
    ],
)
def test_neighbour_may_be_on_another_page(issue_id, step, other_pages, expected):
    assert has_neighbour(make_queue(**other_pages), issue_id, step) is expected


@pytest.mark.parametrize(("step", "expected"), [(1, ["c"]), (-1, ["a"])])
def test_neighbour_is_opened(opened, step, expected):
    open_neighbour(make_queue(), "b", step)
    assert opened == expected


@pytest.mark.parametrize(("step", "expected"), [(1, ["c"]), (-1, ["a"])])
def test_issue_that_left_the_list_keeps_its_neighbours(opened, step, expected):
    # This call also stores the position of the issue.
    assert has_neighbour(make_queue(), "b", 1)
    open_neighbour(make_queue("ac"), "b", step)
    assert opened == expected


@pytest.mark.parametrize(
    ("issue_id", "step", "number", "expected"), [("c", 1, 3, ["d"]), ("a", -1, 1, ["e"])]
)
def test_neighbour_on_another_page_turns_the_page(
    client, opened, monkeypatch, issue_id, step, number, expected
):
    requested: list[int] = []
    monkeypatch.setattr(review_queue, "go_to_page", requested.append)
    client.list.return_value = make_queue("de").page
    before = make_queue(has_previous=True, has_next=True, number=2)
    after = open_neighbour(before, issue_id, step)
    assert (after.query.page, requested, opened) == (number, [number], expected)


@pytest.mark.parametrize(
    ("closed", "left", "expected"),
    [
        ("a", "", ["b"]),
        ("c", "abcd", ["d"]),
        ("c", "abde", ["d"]),
        ("c", "ab", ["b"]),
        ("c", "", [None]),
    ],
    ids=[
        "next on the page",
        "closed issues stay",
        "moved up from the next page",
        "last one before",
        "queue is empty",
    ],
)
def test_closing_an_issue_opens_the_next_one(client, opened, closed, left, expected):
    client.list.side_effect = [make_queue(left).page, make_queue("de").page]
    review_queue.advance(make_queue(has_next="d" in left), closed)
    assert opened == expected


def test_closing_an_issue_keeps_it_open_if_the_person_prefers(opened):
    preferences.store("advance", "0")
    review_queue.advance(make_queue(), "a")
    assert opened == []


@pytest.mark.parametrize(("step", "expected"), [(1, [3]), (-1, [])])
def test_page_is_turned_only_if_there_is_one(opened, monkeypatch, step, expected):
    requested: list[int] = []
    monkeypatch.setattr(review_queue, "go_to_page", requested.append)
    review_queue.turn_page(make_queue(has_next=True, number=2), step)
    assert (requested, opened) == (expected, [None] * len(expected))


def test_page_that_fails_to_load_changes_nothing(client, opened):
    client.list.side_effect = UnreachableError
    before = make_queue(has_next=True)
    assert open_neighbour(before, "c", 1) == before
    assert opened == []


def test_issue_opens_even_if_marking_it_read_fails(client):
    client.update.side_effect = UnreachableError
    assert mark_read(make_issue()) == make_issue()


def test_read_issue_is_not_marked_again(client):
    mark_read(make_issue(is_read=True))
    client.update.assert_not_called()


def test_mark_that_is_on_its_way_arrives_before_the_next_change(client):
    client.update.return_value = make_issue(is_read=True)
    review_queue.start_marking_read(make_issue(is_read=False))
    review_queue.wait_for_marking()
    assert known_issues.get("issue_1").is_read
    review_queue.wait_for_marking()
    assert client.update.call_count == 1


def test_columns_show_the_reporter_and_the_type():
    assert format_columns(make_issue()) == "Ann · Other"
    assert format_columns(make_issue(created_by=None)) == "Anonymous · Other"


def test_columns_leave_out_what_the_server_did_not_send():
    answer = {"id": "1", "issue_number": 0, "state": "NotReviewed"}
    assert format_columns(Issue.model_validate(answer)) == "Reporter unknown"


@pytest.fixture
def load(client, monkeypatch):
    """Load a page of the queue; the server has the ``issues`` when it is loaded."""
    monkeypatch.setattr(review_queue.return_after_sign_in, "is_first_run_on_page", lambda: False)
    monkeypatch.setattr(review_queue.server_capabilities, "learn_projects", lambda _issues: None)
    monkeypatch.setattr(review_queue.server_capabilities, "look_for_other_values", lambda: None)

    def load(*issues: Issue) -> QueuePage:
        def list_issues(query: IssueQuery) -> IssuePage:
            def is_in_period(issue: Issue) -> bool:
                at = issue.created_at.timestamp() * 1000
                return (query.start_date or 0) <= at < (query.end_date or 2**60)

            matching = tuple(filter(is_in_period, issues))
            return IssuePage(data=matching[: query.page_size], total_count=len(matching))

        client.list.side_effect = list_issues
        client.list.reset_mock()
        return review_queue.fetch_queue_page(IssueQuery(), 1)

    return load


def list_ids(page: IssuePage) -> list[str]:
    return [issue.id for issue in page.data]


NEWER = make_issue("newer", created_at=REPORTED_AT + timedelta(seconds=5))
OLD = make_issue("old", is_read=False)


def test_newer_issues_are_counted_but_not_listed(load):
    assert list_ids(load(OLD).page) == ["old"]
    queue = load(NEWER, OLD)
    assert (list_ids(queue.page), queue.newer_count, queue.page.total_count) == (["old"], 1, 1)
    review_queue._reset_cutoff()
    queue = load(NEWER, OLD)
    assert (list_ids(queue.page), queue.newer_count) == (["newer", "old"], 0)


def test_unchanged_queue_takes_one_call(load, client):
    load(OLD)
    load(OLD)
    assert client.list.call_count == 1


def test_poll_notices_changes_of_others_but_not_of_this_session(load, client):
    queue = load(OLD)
    known = review_queue.describe(queue)
    assert review_queue.poll(queue) == known
    assert client.list.call_count == 2  # One for the page, one for the poll.
    read = OLD.model_copy(update={"is_read": True, "etag": "x"})
    known_issues.remember(read)
    client.list.side_effect = lambda _query: IssuePage(data=(read,), total_count=1)
    assert review_queue.poll(queue) == review_queue.describe(queue)
    closed = OLD.model_copy(update={"state": "Closed"})
    client.list.side_effect = lambda _query: IssuePage(data=(closed,), total_count=1)
    assert review_queue.poll(queue) != review_queue.describe(queue)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("", 1), ("1", 1), ("7", 7), ("0", 1), ("-3", 1), ("x", 1), ("999999999", 1), ("\u00b2", 1)],
)
def test_invalid_page_numbers_in_the_url_are_page_one(monkeypatch, value, expected):
    monkeypatch.setattr(pagination.query_params, "read", lambda _name: value)
    assert pagination.get_page_number() == expected
