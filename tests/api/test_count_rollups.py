"""The counts behind totals and statistics follow every change of an issue."""

import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import delete, select, update

from issue_portal.models.vocabulary import IssueState, IssueType, Role
from issue_portal.server.db import count_rollups
from issue_portal.server.db.count_rollups import find_bucket, get_bucket_middle
from issue_portal.server.db.tables import issue_counts, issues, organisations
from tests.api.commands import parse_output
from tests.api.conftest import ApiCaller
from tests.servers.installation import Server, make_api_server

HOUR = 3_600


@pytest.fixture
def server(database_url, tmp_path) -> Iterator[Server]:
    """An API with a database of its own and no rate limits."""
    settings = {"ISSUES_DATABASE_URL": database_url, "ISSUES_RATE_LIMITS": "off"}
    server = make_api_server(tmp_path / "data", **settings)
    yield server.start()
    server.stop()


@pytest.fixture
def reviewer(server) -> ApiCaller:
    return ApiCaller(server.url, server.token("reviewer", Role.ADMIN))


def count_differences(server: Server) -> int:
    with server.database.read() as connection:
        org_id = connection.scalar(select(organisations.c.org_id))
        return count_rollups.find_differences(connection, org_id)


def age(server: Server, seconds: int) -> None:
    """Move the creation of all issues to the past, and count the issues again."""
    with server.database.write() as connection:
        connection.execute(update(issues).values(created_at=issues.c.created_at - seconds))
        org_id = connection.scalar(select(organisations.c.org_id))
        count_rollups.rebuild(connection, org_id)


def fetch_stats(reviewer: ApiCaller) -> dict:
    return reviewer("GET", "/issue/stats").json()


def test_counts_follow_random_changes(server, reviewer):
    rng = random.Random(1)
    ids = []
    for number in range(200):
        if not ids or rng.random() < 0.4:
            project = {"project_id": rng.choice("ab")} if rng.random() < 0.5 else {}
            fields = {"anonymous": rng.random() < 0.3, "type": rng.choice(["Format", "Other"])}
            ids.append(reviewer.report(f"Report {number}", **fields, **project)["id"])
        elif rng.random() < 0.2:
            reviewer("DELETE", f"/issue/{rng.choice(ids)}")
        elif rng.random() < 0.2:
            reviewer("POST", f"/issue/{rng.choice(ids)}/restore")
        else:
            change = rng.choice(
                [
                    {"state": rng.choice(list(IssueState))},
                    {"is_read": rng.random() < 0.5},
                    {"type": "Inaccurate"},
                    {"description": "Other words"},
                ]
            )
            # The API refuses changes of deleted issues: a refused change must not count.
            reviewer("PATCH", f"/issue/{rng.choice(ids)}", json=change)
    assert count_differences(server) == 0
    assert fetch_stats(reviewer)["total"] == len(reviewer.list_issues(page_size=100))


def test_counts_follow_simultaneous_changes_of_two_processes(server, reviewer, database_url):
    """Transactions that lock the counts in different orders would deadlock on PostgreSQL."""
    settings = {"ISSUES_DATABASE_URL": database_url, "ISSUES_RATE_LIMITS": "off"}
    other = make_api_server(server.data_dir, **settings).start()
    try:
        callers = [
            ApiCaller(api.url, api.token(f"person-{number}", Role.ADMIN))
            for number in range(4)
            for api in (server, other)
        ]
        ids = [reviewer.report(type=issue_type)["id"] for issue_type in IssueType]

        def change_issues(caller: ApiCaller) -> list[int]:
            statuses = []
            for position, issue_id in enumerate(ids * 3):
                caller.report(type=list(IssueType)[position % 5], anonymous=position % 2 == 0)
                change = {"is_read": position % 2 == 0, "type": list(IssueType)[position % 5]}
                response = caller("PATCH", f"/issue/{issue_id}", json=change)
                statuses.append(response.status_code)
            return statuses

        with ThreadPoolExecutor(len(callers)) as executor:
            statuses = list(executor.map(change_issues, callers))
    finally:
        other.stop()
    assert {status for caller in statuses for status in caller} == {200}
    assert count_differences(server) == 0
    assert fetch_stats(reviewer)["total"] == 5 + 8 * 15


def test_counts_follow_import_and_archive(server, reviewer, tmp_path):
    lines = [
        {
            "id": f"issue_{number:016x}",
            "description": f"Old {number}",
            "resource_type": "Thread",
            "type": "Other",
            "state": "Closed" if number % 2 else "Deleted",
            "created_at": f"2024-01-{number + 1:02}T10:00:00Z",
            "updated_at": "2024-02-01T10:00:00Z",
        }
        for number in range(25)
    ]
    file = tmp_path / "old.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    reviewer.report()
    for imported in (25, 0):  # The second run changes nothing.
        output = parse_output(server.run_command("import", str(file), "--json"))
        assert output["imported"] == imported
        assert count_differences(server) == 0
    assert fetch_stats(reviewer)["total"] == 13
    command = ["archive", str(tmp_path / "old.gz"), "--closed-before", "2025-01-01", "--json"]
    assert parse_output(server.run_command(*command))["removed"] == 25
    assert count_differences(server) == 0
    assert fetch_stats(reviewer)["total"] == 1


def test_counts_are_right_after_a_restore(server, reviewer, tmp_path):
    for _ in range(3):
        reviewer.report()
    backup = tmp_path / "backup.gz"
    assert server.run_command("backup", str(backup)).returncode == 0
    restored = make_api_server(tmp_path / "other")
    assert restored.run_command("restore", str(backup)).returncode == 0
    assert count_differences(restored) == 0
    with restored.database.read() as connection:
        total = connection.execute(
            select(issue_counts.c.count).where(issue_counts.c.day == count_rollups.ALL_DAYS)
        )
        assert total.scalars().all() == [3]


def test_check_repairs_wrong_counts(server, reviewer):
    reviewer.report()
    assert parse_output(server.run_command("check", "--json")) == {"repaired": 0}
    assert "correct" in server.run_command("check").stderr
    with server.database.write() as connection:
        connection.execute(update(issue_counts).values(count=7))
        connection.execute(delete(count_rollups.issue_quarter_hours))
    assert fetch_stats(reviewer)["total"] == 7
    assert parse_output(server.run_command("check", "--json"))["repaired"] > 0
    assert fetch_stats(reviewer)["total"] == 1
    assert parse_output(server.run_command("check", "--json")) == {"repaired": 0}


def test_time_to_close_ends_when_the_issue_is_closed(server, reviewer):
    """Changes before and after the closing do not count as closing."""
    path = f"/issue/{reviewer.report()['id']}"
    reviewer("PATCH", path, json={"state": "InReview"})
    stats = fetch_stats(reviewer)
    assert (stats["time_to_review"]["count"], stats["time_to_close"]) == (1, None)
    age(server, HOUR)
    reviewer("PATCH", path, json={"state": "Closed"})
    age(server, 2 * HOUR)
    reviewer("PATCH", path, json={"is_read": True})
    reviewer("PATCH", path, json={"type": "Format"})
    closing = fetch_stats(reviewer)["time_to_close"]
    assert closing["count"] == 1
    assert closing["median"] == pytest.approx(3 * HOUR, rel=0.04)
    assert fetch_stats(reviewer)["by_day"][-1]["closed"] == 1


def test_reopening_takes_back_the_closing_but_not_the_review(server, reviewer):
    path = f"/issue/{reviewer.report()['id']}"
    reviewer("PATCH", path, json={"state": "Closed"})
    age(server, HOUR)
    reviewer("PATCH", path, json={"state": "InReview"})
    stats = fetch_stats(reviewer)
    assert stats["time_to_close"] is None
    assert stats["time_to_review"]["median"] == pytest.approx(HOUR, rel=0.04)
    assert [day["closed"] for day in stats["by_day"]] == [0]
    age(server, HOUR)
    reviewer("PATCH", path, json={"state": "Closed"})
    stats = fetch_stats(reviewer)
    assert stats["time_to_close"]["median"] == pytest.approx(2 * HOUR, rel=0.04)
    assert stats["time_to_review"]["median"] == pytest.approx(2 * HOUR, rel=0.04)


def test_back_to_not_reviewed_takes_back_the_review_and_the_closing(server, reviewer):
    path = f"/issue/{reviewer.report()['id']}"
    for state in ("InReview", "Closed"):
        reviewer("PATCH", path, json={"state": state})
        age(server, HOUR)
        reviewer("PATCH", path, json={"state": "NotReviewed"})
        stats = fetch_stats(reviewer)
        assert (stats["time_to_review"], stats["time_to_close"]) == (None, None)
        assert [day["closed"] for day in stats["by_day"]] == [0]
        assert count_differences(server) == 0
    reviewer("PATCH", path, json={"state": "Closed"})
    assert fetch_stats(reviewer)["time_to_review"]["median"] == pytest.approx(2 * HOUR, rel=0.04)


def test_restored_issue_is_in_the_statistics_again(server, reviewer):
    path = f"/issue/{reviewer.report()['id']}"
    reviewer("PATCH", path, json={"state": "Closed"})
    before = fetch_stats(reviewer)
    reviewer("DELETE", path)
    reviewer("POST", f"{path}/restore")
    assert fetch_stats(reviewer) == before
    assert count_differences(server) == 0


def test_deleted_issues_leave_the_statistics(server, reviewer):
    path = f"/issue/{reviewer.report()['id']}"
    reviewer("PATCH", path, json={"state": "Closed"})
    assert reviewer("DELETE", path).status_code == 204
    stats = fetch_stats(reviewer)
    assert (stats["total"], stats["by_day"], stats["time_to_close"]) == (0, [], None)
    assert len(reviewer.list_issues(states="Deleted")) == 1
    assert count_differences(server) == 0


@pytest.mark.parametrize("seconds", [0, 1, 31, 32, 33, 63, 64, 1_000, 86_399, 10**6, 10**9])
def test_middle_of_a_bucket_is_close_to_every_duration_in_it(seconds):
    assert get_bucket_middle(find_bucket(seconds)) == pytest.approx(seconds, rel=1 / 31)
    assert find_bucket(seconds) <= find_bucket(seconds + 1)


def test_negative_duration_counts_as_zero():
    assert find_bucket(-5) == find_bucket(0) == 0
