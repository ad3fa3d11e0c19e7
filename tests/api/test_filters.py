"""Filters of the list that only this server has, and the total of each filtered list."""

import time
import uuid
from datetime import datetime

import pytest

from tests.api.problem_documents import assert_problem


def list_ids(caller, **params) -> list[str]:
    """Return the ids on the first page; check that the total counts the same issues."""
    page = caller("GET", "/issue", params={"page_size": 100, **params}).json()
    assert page["total_count"] == len(page["data"])
    return [issue["id"] for issue in page["data"]]


@pytest.fixture
def project() -> str:
    """A project of this test only, because the tests share a server."""
    return uuid.uuid4().hex


def test_list_filters_by_number(member, reviewer):
    first, _, third = (member.report() for _ in range(3))
    numbers = f"{first['issue_number']},{third['issue_number']},{10**12}"
    assert list_ids(reviewer, numbers=numbers) == [third["id"], first["id"]]
    assert list_ids(reviewer, numbers=[third["issue_number"]]) == [third["id"]]
    for wrong in ("x", "-1", ",".join("1" * 101)):
        assert_problem(reviewer("GET", "/issue", params={"numbers": wrong}), 400)


def test_list_filters_by_read_mark(member, reviewer, project):
    read, unread = (member.report(project_id=project)["id"] for _ in range(2))
    reviewer("PUT", f"/issue/{read}", json={"is_read": True})
    for is_read, expected in ((True, [read]), (False, [unread])):
        assert list_ids(reviewer, is_read=is_read, projects=project) == expected
        period = {"start_date": 0, "end_date": int(time.time() * 1000) + 10**8}
        assert list_ids(reviewer, is_read=is_read, projects=project, **period) == expected
        assert list_ids(member, is_read=is_read) == expected


def test_list_filters_by_anonymity(member, reviewer, project):
    named = member.report(project_id=project)["id"]
    nameless = member.report(project_id=project, anonymous=True)["id"]
    assert list_ids(reviewer, anonymous=True, projects=project) == [nameless]
    assert list_ids(reviewer, anonymous=False, projects=project) == [named]
    assert list_ids(member, anonymous=False) == [named]
    assert list_ids(member, anonymous=True) == []
    me = member("GET", "/me").json()["id"]
    assert list_ids(reviewer, anonymous=True, created_by=me) == []


def test_list_filters_by_thread(member, reviewer):
    thread = f"thread/{uuid.uuid4().hex}"
    issue = member.report(config={"thread_id": thread, "reported_interaction_id": "i"})
    member.report(config={"thread_id": "another", "reported_interaction_id": "i"})
    assert list_ids(reviewer, thread_id=thread) == [issue["id"]]
    assert list_ids(reviewer, thread_id="none") == []
    assert_problem(reviewer("GET", "/issue", params={"thread_id": ""}), 400)


def test_list_filters_by_the_time_of_the_last_change(member, reviewer, project):
    issue = member.report(project_id=project)
    at = int(datetime.fromisoformat(issue["updated_at"]).timestamp()) * 1000
    assert list_ids(reviewer, projects=project, updated_since=at) == [issue["id"]]
    assert list_ids(reviewer, projects=project, updated_since=at + 1) == []


def test_place_of_nulls_in_an_order_is_ignored(member):
    ids = [member.report()["id"] for _ in range(2)]
    for place in ("", "_NULLS_FIRST", "_NULLS_LAST"):
        assert list_ids(member, page_order=f"ASC{place}") == ids
        assert list_ids(member, page_order=f"DESC{place}") == ids[::-1]
    assert_problem(member("GET", "/issue", params={"page_order": "ASC_NULLS"}), 400)
