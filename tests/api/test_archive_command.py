"""Command `archive`."""

import gzip
import json
import os
import sqlite3
import stat
import subprocess
import sys
from unittest.mock import Mock

import pytest

from issue_portal.client.errors import NotFoundError
from issue_portal.core.files import replace_when_complete
from issue_portal.core.settings import FatalError
from issue_portal.models.requests import IssueQuery
from issue_portal.models.responses import Issue, IssueHistory
from issue_portal.models.vocabulary import IssueState
from tests.api.command_results import email, filled, new_token, refused, result
from tests.servers.installation import api_server
from tests.servers.processes import ROOT


def old_issue(number: int, **fields) -> str:
    """Return a line for `import`."""
    return json.dumps(
        {
            "id": f"issue_{number:016x}",
            "issue_number": number,
            "description": f"Old {number}",
            "resource_type": "Thread",
            "type": "Other",
            "state": "Closed",
            "created_at": "2024-01-01T10:00:00Z",
            "updated_at": "2024-02-01T10:00:00Z",
            **fields,
        }
    )


def take_in(server, lines, tmp_path):
    (tmp_path / "old.jsonl").write_text("\n".join(lines))
    assert result(server.run("import", str(tmp_path / "old.jsonl"), "--json"))["refused"] == 0


def archived_in(file):
    with gzip.open(file, "rt") as lines:
        return [json.loads(line) for line in lines]


def archive(server, file, day="2025-01-01"):
    return server.run("archive", str(file), "--closed-before", day, "--json")


def test_archive_moves_issues_closed_or_deleted_before_a_day(fresh, tmp_path):
    named = {"id": "user_1", "name": "Ann", "email": "ann@example.com"}
    kept = [
        old_issue(1, state="InReview"),
        old_issue(2, state="NotReviewed"),
        old_issue(3, updated_at="2025-01-01T00:00:00Z"),
        old_issue(4, state="Deleted", updated_at="2025-06-01T00:00:00Z"),
    ]
    moved = [old_issue(5, created_by=named), old_issue(6), old_issue(7, state="Deleted")]
    take_in(fresh, [*kept, *moved], tmp_path)
    fresh.start()
    token, _, anonymous = filled(fresh)
    with fresh.client(token) as client:
        client.update(anonymous, state=IssueState.CLOSED)
        before = client.get("issue_0000000000000005")
        history = client.history(before.id)
        file = tmp_path / "2024.gz"
        counts = result(archive(fresh, file))
        assert counts == {"file": str(file), "archived": 3, "removed": 3, "kept": 0}
        with pytest.raises(NotFoundError):
            client.get(before.id)
        states = IssueQuery(states=tuple(IssueState), page_size=100)
        numbers = [issue.issue_number for issue in client.iterate(states)]
        # One of today is not moved on any day, since its report may still be repeated.
        assert result(archive(fresh, tmp_path / "x.gz", "2099-01-01"))["archived"] == 2
        assert client.look_up_receipt(anonymous.receipt).state == IssueState.CLOSED
    fresh.stop()
    assert numbers == [9, 8, 4, 3, 2, 1]
    first, second, third = archived_in(file)
    assert Issue.model_validate(first) == before.model_copy(update={"etag": None})
    assert IssueHistory.model_validate({"data": first["history"]}) == history
    assert (second["created_by"], second["history"][0]["by"]) == (None, None)
    assert third["state"] == "Deleted"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    back = result(fresh.run("import", str(file), "--json"))
    assert (back["imported"], back["refused"]) == (3, 0)
    assert result(archive(fresh, tmp_path / "none.gz", "2020-01-01"))["archived"] == 0
    assert not (tmp_path / "none.gz").exists()


def test_killed_archive_loses_nothing_and_can_be_resumed(fresh, tmp_path):
    count = 1000
    take_in(fresh, [old_issue(number) for number in range(1, count + 1)], tmp_path)
    file = tmp_path / "2024.gz"
    command = [
        sys.executable,
        "-m",
        "issue_portal",
        "archive",
        str(file),
        "--closed-before",
        "2025-01-01",
    ]
    with subprocess.Popen(command, cwd=ROOT, env=fresh.env) as working:
        while not file.exists():
            assert working.poll() is None
        working.kill()
    assert len(archived_in(file)) == count
    fresh.start()
    token = new_token(fresh, "--email", email(), "--role", "AppAdmin")["token"]
    with fresh.client(token) as client:
        left = [issue.id for issue in client.iterate(IssueQuery(page_size=100))]
        assert left, "it was killed too late to try anything"
        client.update(client.get(left[0]), state=IssueState.IN_REVIEW)
        counts = result(archive(fresh, file))
        assert counts == {
            "file": str(file),
            "archived": count,
            "removed": len(left) - 1,
            "kept": 1,
        }
        assert [issue.id for issue in client.iterate()] == left[:1]
    fresh.stop()


@pytest.mark.parametrize("has_links", [True, False])
def test_file_written_by_another_command_is_not_overwritten(monkeypatch, tmp_path, has_links):
    """Regression: a second archive replaced the file of the first, whose issues were removed."""
    if not has_links:
        monkeypatch.setattr(os, "link", Mock(side_effect=PermissionError))
    file = tmp_path / "2024.gz"
    with (
        pytest.raises(FatalError, match=r"2024\.gz now exists"),
        replace_when_complete(file, overwrite=False) as second,
    ):
        with replace_when_complete(file, overwrite=False) as first:
            first.write_text("of the first")
        second.write_text("of the second")
    assert file.read_text() == "of the first"


def test_archive_removes_nothing_unless_its_file_is_complete(tmp_path):
    server = api_server(tmp_path / "data")
    take_in(server, [old_issue(1), old_issue(2)], tmp_path)
    whole = gzip.compress((old_issue(1, history=[]) + "\n").encode())
    for damaged in (whole[:-4], gzip.compress(old_issue(1).encode())):
        (tmp_path / "bad.gz").write_bytes(damaged)
        refused(archive(server, tmp_path / "bad.gz"), "bad.gz")
    refused(archive(server, "/nowhere/file.gz"), "/nowhere")
    with sqlite3.connect(server.data_dir / "issues.db") as database:
        assert database.execute("SELECT count(*) FROM issues").fetchone() == (2,)
