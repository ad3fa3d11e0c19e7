"""Commands `export` and `import`."""

import csv
import io
import json
import os
import subprocess
import sys

from issue_portal.models.vocabulary import Role
from tests.api.command_results import email, filled, new, new_token, result
from tests.servers.installation import api_server
from tests.servers.processes import ROOT


def test_jsonl_export_has_one_line_for_each_issue(tmp_path):
    fresh = api_server(tmp_path / "data")
    text = "one\u2028two\u2029three\u0085four"
    fresh.start()
    with fresh.client(fresh.create_api_token("Rob", Role.ADMIN)) as client:
        client.create(new(text))
    done = fresh.run("export", "--format", "jsonl")
    fresh.stop()
    [line] = done.stdout.splitlines()
    assert json.loads(line)["description"] == text


def test_export_is_imported_elsewhere_once(fresh, tmp_path):
    fresh.start()
    token, _, _ = filled(fresh)
    with fresh.client(token) as client:
        before = {issue.id: issue for issue in client.iterate()}
    fresh.stop()
    done = fresh.run("export", "--format", "jsonl", "--output", str(tmp_path / "issues.jsonl"))
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in (tmp_path / "issues.jsonl").open()]
    assert [line["id"] for line in lines] == list(before)[::-1]
    assert lines[1]["created_by"] is None

    other = api_server(tmp_path / "other").start()
    try:
        file = str(tmp_path / "issues.jsonl")
        first = result(other.run("import", file, "--json"))
        again = result(other.run("import", file, "--json"))
        assert (first["imported"], again["imported"], again["known"]) == (2, 0, 2)
        token = new_token(other, "--email", "reader@example.com", "--role", "AppAdmin")["token"]
        with other.client(token) as client:
            for issue in client.iterate():
                was = before[issue.id]
                assert issue.model_copy(update={"created_by": None}) == was.model_copy(
                    update={"created_by": None}
                )
                assert (issue.created_by and issue.created_by.email) == (
                    was.created_by and was.created_by.email
                )
    finally:
        other.stop()


def test_import_with_a_blocked_output_does_not_block_reports(tmp_path):
    """Regression: the command wrote errors to a full pipe while it had locked the database."""
    server = api_server(tmp_path / "data").start()
    (tmp_path / "bad.jsonl").write_text("nonsense\n" * 5_000)
    command = [sys.executable, "-m", "issue_portal", "import", str(tmp_path / "bad.jsonl")]
    importing = subprocess.Popen(command, cwd=ROOT, env=server.env, stderr=subprocess.PIPE)
    try:
        assert importing.stderr.read(7) == b"line 1:"
        with server.client(server.token("Ann")) as client:
            assert client.create(new("meanwhile")).issue_number == 1
    finally:
        importing.kill()
        importing.communicate()
        server.stop()


def test_import_reports_invalid_lines_and_imports_the_others(fresh, tmp_path):
    lines = [
        "nonsense",
        json.dumps({"id": "theirs-1", "type": "Rude", "state": "Closed"}),
        json.dumps({"id": "theirs-1", "type": "Other", "state": "Closed", "issue_number": 7}),
        json.dumps({"id": "theirs-2", "type": "Other", "state": "Closed", "issue_number": 7}),
        json.dumps({"id": "theirs-3", "type": "Other", "state": "Closed", "description": "\x00"}),
        json.dumps(
            {
                "id": "theirs-4",
                "type": "Other",
                "state": "Closed",
                "created_at": "9999-12-31T23:59:59-12:00",
            }
        ),
    ]
    (tmp_path / "issues.jsonl").write_text("\n".join(lines))
    done = fresh.run("import", str(tmp_path / "issues.jsonl"), "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout) == {"imported": 2, "known": 0, "refused": 4}
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == [
        "line 1",
        "line 2",
        "line 5",
        "line 6",
    ]
    exported = fresh.run("export", "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line)["issue_number"] for line in exported] == [7, 8]


def test_csv_is_safe_in_spreadsheets(api, member):
    risky = ["=1+1", "+1", "-1", "@a", "\t=1", " =1", '"quoted", and\nbroken', "plain"]
    made = {member.report(text)["id"]: text for text in risky}
    done = api.run("export", "--format", "csv")
    assert done.returncode == 0, done.stderr
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(done.stdout, newline=""))}
    for issue_id, text in made.items():
        shown = rows[issue_id]["description"]
        # A tab separates cells for some programs: what follows it is made text as well.
        assert shown == (text if text in risky[-2:] else "'" + text.replace("\t=", "\t'="))
    assert rows[next(iter(made))]["reporter"] == member.name


def test_export_writes_through_links_and_pipes(api, tmp_path):
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    assert (
        api.run("export", "--format", "csv", "--output", str(tmp_path / "link.csv")).returncode == 0
    )
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text().startswith("id,issue_number")
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cat", tmp_path / "pipe"], stdout=subprocess.PIPE) as reader:
        api.run("export", "--format", "csv", "--output", str(tmp_path / "pipe"))
        assert reader.stdout.read().startswith(b"id,issue_number")


def test_export_from_another_server_uses_its_token(api, tmp_path):
    token = new_token(api, "--email", email(), "--role", "AppMember")["token"]
    elsewhere = api_server(tmp_path / "data", ISSUES_API_URL=api.url, ISSUES_API_TOKEN=token)
    done = elsewhere.run("export", "--format", "jsonl")
    assert (done.returncode, done.stdout) == (0, "")
    broken = elsewhere.run("export", "--format", "jsonl", ISSUES_API_TOKEN="wrong")
    assert broken.returncode == 1
    assert "token" in broken.stderr
