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
from tests.api.commands import add_reports, assert_refused, create_token, make_email, parse_output
from tests.servers.installation import make_api_server
from tests.servers.processes import ROOT


def dump_issue(number: int, **fields) -> str:
    """Return an issue of 2024 as a line of JSON for `import`."""
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


def import_lines(server, lines, tmp_path):
    """Import these lines of JSON."""
    (tmp_path / "old.jsonl").write_text("\n".join(lines))
    assert (
        parse_output(server.run_command("import", str(tmp_path / "old.jsonl"), "--json"))["refused"]
        == 0
    )


def read_archive(file):
    """Return the issues in an archive."""
    with gzip.open(file, "rt") as lines:
        return [json.loads(line) for line in lines]


def run_archive(server, file, day="2025-01-01"):
    return server.run_command("archive", str(file), "--closed-before", day, "--json")


def test_archive_moves_issues_closed_or_deleted_before_a_day(new_server, tmp_path):
    creator = {"id": "user_1", "name": "Ann", "email": "ann@example.com"}
    not_archived = [
        dump_issue(1, state="InReview"),
        dump_issue(2, state="NotReviewed"),
        dump_issue(3, updated_at="2025-01-01T00:00:00Z"),
        dump_issue(4, state="Deleted", updated_at="2025-06-01T00:00:00Z"),
    ]
    moved = [dump_issue(5, created_by=creator), dump_issue(6), dump_issue(7, state="Deleted")]
    import_lines(new_server, [*not_archived, *moved], tmp_path)
    new_server.start()
    token, _, anonymous = add_reports(new_server)
    with new_server.client(token) as client:
        client.update(anonymous, state=IssueState.CLOSED)
        before = client.get("issue_0000000000000005")
        history = client.history(before.id)
        file = tmp_path / "2024.gz"
        counts = parse_output(run_archive(new_server, file))
        assert counts == {
            "file": str(file),
            "archived": 3,
            "removed": 3,
            "kept": 0,
            "recent": 0,
        }
        with pytest.raises(NotFoundError):
            client.get(before.id)
        states = IssueQuery(states=tuple(IssueState), page_size=100)
        numbers = [issue.issue_number for issue in client.iterate(states)]
        # Issues created today stay, because a client may still repeat the requests for them.
        counts = parse_output(run_archive(new_server, tmp_path / "x.gz", "2099-01-01"))
        assert (counts["archived"], counts["recent"]) == (2, 1)
        nothing = new_server.run_command(
            "archive", str(tmp_path / "y.gz"), "--closed-before", "2099-01-01"
        )
        assert "1 issue was created in the last 24 hours" in nothing.stderr
        assert "was not written" in nothing.stderr
        assert not (tmp_path / "y.gz").exists()
        assert client.look_up_receipt(anonymous.receipt).state == IssueState.CLOSED
    new_server.stop()
    assert numbers == [9, 8, 4, 3, 2, 1]
    first, second, third = read_archive(file)
    assert IssueHistory.model_validate({"data": first.pop("history")}) == history
    assert Issue.model_validate(first) == before.model_copy(update={"etag": None})
    assert (second["created_by"], second["history"][0]["by"]) == (None, None)
    assert third["state"] == "Deleted"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    imported = parse_output(new_server.run_command("import", str(file), "--json"))
    assert (imported["imported"], imported["refused"]) == (3, 0)
    counts = parse_output(run_archive(new_server, tmp_path / "none.gz", "2020-01-01"))
    assert (counts["file"], counts["archived"]) == (None, 0)
    assert not (tmp_path / "none.gz").exists()


def test_killed_archive_command_can_be_repeated(new_server, tmp_path):
    count = 1000
    import_lines(new_server, [dump_issue(number) for number in range(1, count + 1)], tmp_path)
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
    with subprocess.Popen(command, cwd=ROOT, env=new_server.env) as process:
        while not file.exists():
            assert process.poll() is None
        process.kill()
    assert len(read_archive(file)) == count
    new_server.start()
    token = create_token(new_server, "--email", make_email(), "--role", "AppAdmin")["token"]
    with new_server.client(token) as client:
        remaining = [issue.id for issue in client.iterate(IssueQuery(page_size=100))]
        assert remaining, "the command was killed too late for this test"
        client.update(client.get(remaining[0]), state=IssueState.IN_REVIEW)
        counts = parse_output(run_archive(new_server, file))
        assert counts == {
            "file": str(file),
            "archived": count,
            "removed": len(remaining) - 1,
            "kept": 1,
            "recent": 0,
        }
        assert [issue.id for issue in client.iterate()] == remaining[:1]
    new_server.stop()


@pytest.mark.parametrize("hard_links_work", [True, False])
def test_file_written_by_another_command_is_not_overwritten(monkeypatch, tmp_path, hard_links_work):
    """Regression: a second archive overwrote the file of the first, and its issues were lost."""
    if not hard_links_work:
        monkeypatch.setattr(os, "link", Mock(side_effect=PermissionError))
    file = tmp_path / "2024.gz"
    with (
        pytest.raises(FatalError, match=r"2024\.gz now exists"),
        replace_when_complete(file, overwrite=False) as second_file,
    ):
        with replace_when_complete(file, overwrite=False) as first_file:
            first_file.write_text("first archive")
        second_file.write_text("second archive")
    assert file.read_text() == "first archive"


def test_archive_with_a_damaged_or_unwritable_file_removes_nothing(tmp_path):
    server = make_api_server(tmp_path / "data")
    import_lines(server, [dump_issue(1), dump_issue(2)], tmp_path)
    truncated = gzip.compress((dump_issue(1, history=[]) + "\n").encode())[:-4]
    without_history = gzip.compress(dump_issue(1).encode())
    for damaged in (truncated, without_history):
        (tmp_path / "bad.gz").write_bytes(damaged)
        assert_refused(run_archive(server, tmp_path / "bad.gz"), "bad.gz")
    assert_refused(run_archive(server, "/nowhere/file.gz"), "/nowhere")
    with sqlite3.connect(server.data_dir / "issues.db") as database:
        assert database.execute("SELECT count(*) FROM issues").fetchone() == (2,)
