"""Commands `export` and `import`."""

import csv
import io
import json
import os
import subprocess
import sys

import pytest

from issue_portal.models.requests import IssueQuery
from issue_portal.models.vocabulary import IssueState, Role
from tests.api.commands import add_reports, create_token, make_email, parse_output
from tests.client.conftest import VARIANTS, SyncClient, make_variant
from tests.factories import make_new_issue
from tests.servers.installation import make_api_server
from tests.servers.processes import ROOT


def test_jsonl_export_has_one_line_per_issue(tmp_path):
    server = make_api_server(tmp_path / "data")
    text = "one\u2028two\u2029three\u0085four"
    server.start()
    with server.client(server.create_api_token("Rob", Role.ADMIN)) as client:
        client.create(make_new_issue(text))
    process = server.run_command("export", "--format", "jsonl")
    server.stop()
    [line] = process.stdout.splitlines()
    assert json.loads(line)["description"] == text


def test_import_of_an_export_adds_each_issue_once(new_server, tmp_path):
    new_server.start()
    token, _, _ = add_reports(new_server)
    with new_server.client(token) as client:
        before = {issue.id: issue for issue in client.iterate()}
    new_server.stop()
    process = new_server.run_command(
        "export", "--format", "jsonl", "--output", str(tmp_path / "issues.jsonl")
    )
    assert process.returncode == 0, process.stderr
    lines = [json.loads(line) for line in (tmp_path / "issues.jsonl").open()]
    assert [line["id"] for line in lines] == list(before)[::-1]
    assert lines[1]["created_by"] is None

    other = make_api_server(tmp_path / "other").start()
    try:
        file = str(tmp_path / "issues.jsonl")
        first = parse_output(other.run_command("import", file, "--json"))
        again = parse_output(other.run_command("import", file, "--json"))
        assert (first["imported"], again["imported"], again["known"]) == (2, 0, 2)
        token = create_token(other, "--email", "reader@example.com", "--role", "AppAdmin")["token"]
        with other.client(token) as client:
            for issue in client.iterate():
                original = before[issue.id]
                assert issue.model_copy(update={"created_by": None}) == original.model_copy(
                    update={"created_by": None}
                )
                assert (issue.created_by and issue.created_by.email) == (
                    original.created_by and original.created_by.email
                )
    finally:
        other.stop()


def test_import_with_a_blocked_output_does_not_block_reports(tmp_path):
    """Regression: the command locked the database while waiting to write to a full pipe."""
    server = make_api_server(tmp_path / "data").start()
    (tmp_path / "bad.jsonl").write_text("nonsense\n" * 5_000)
    command = [sys.executable, "-m", "issue_portal", "import", str(tmp_path / "bad.jsonl")]
    process = subprocess.Popen(command, cwd=ROOT, env=server.env, stderr=subprocess.PIPE)
    try:
        assert process.stderr.read(7) == b"line 1:"
        with server.client(server.token("Ann")) as client:
            assert client.create(make_new_issue("meanwhile")).issue_number == 1
    finally:
        process.kill()
        process.communicate()
        server.stop()


def test_import_reports_invalid_lines_and_imports_the_others(new_server, tmp_path):
    lines = [
        "nonsense",
        json.dumps({"id": "issue-1", "state": "Closed"}),
        json.dumps({"id": "issue-1", "type": "Other", "state": "Closed", "issue_number": 7}),
        json.dumps({"id": "issue-2", "type": "Other", "state": "Closed", "issue_number": 7}),
        json.dumps({"id": "issue-3", "type": "Other", "state": "Closed", "description": "\x00"}),
        json.dumps(
            {
                "id": "issue-4",
                "type": "Other",
                "state": "Closed",
                "created_at": "9999-12-31T23:59:59-12:00",
            }
        ),
    ]
    (tmp_path / "issues.jsonl").write_text("\n".join(lines))
    process = new_server.run_command("import", str(tmp_path / "issues.jsonl"), "--json")
    assert process.returncode == 1
    assert json.loads(process.stdout) == {"imported": 2, "known": 0, "refused": 4}
    assert [line.partition(":")[0] for line in process.stderr.splitlines()] == [
        "line 1",
        "line 2",
        "line 5",
        "line 6",
    ]
    exported = new_server.run_command("export", "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line)["issue_number"] for line in exported] == [7, 8]


def test_import_accepts_what_another_server_exports(new_server, tmp_path):
    """Unknown values become known ones, because the answers of this API are closed sets."""
    user_id = "5f0c8a52-4c38-4b39-a27e-1d5f7f3c2b10"
    issue = {
        "id": "0b6cbb83-3a4b-4d05-9d42-1f2a3c4d5e6f",
        "issue_number": 0,
        "resource_type": "Message",
        "type": "Toxic",
        "state": "Parked",
        "description": None,
        "created_at": "2026-01-02T03:04:05Z",
    }
    named = issue | {"id": "b", "issue_number": 4, "created_by": {"id": user_id, "name": "Vera"}}
    (tmp_path / "issues.jsonl").write_text("\n".join(map(json.dumps, (issue, named))))
    process = new_server.run_command("import", str(tmp_path / "issues.jsonl"), "--json")
    assert json.loads(process.stdout) == {"imported": 2, "known": 0, "refused": 0}
    assert process.stderr.splitlines() == [
        f"line {number}: {text}"
        for number in (1, 2)
        for text in (
            "type: unknown, imported as Other",
            "state: unknown, imported as NotReviewed",
            "resource_type: unknown, imported as Thread",
        )
    ]
    new_server.start()
    try:
        with new_server.client(new_server.token("Ann", Role.ADMIN)) as client:
            # The issues of a period that ended long ago are found by their range of numbers.
            page = client.list(IssueQuery(page_order="ASC", end_date=1_768_000_000_000))
            first, second = page.data
            assert (page.total_count, client.stats().total) == (2, 2)
    finally:
        new_server.stop()
    assert (first.issue_number, first.description, first.created_by) == (0, None, None)
    assert (first.type, first.state, first.resource_type) == ("Other", "NotReviewed", "Thread")
    assert (second.issue_number, second.created_by.name) == (4, "Vera")


def test_csv_export_escapes_formulas(api, member):
    formulas = ["=1+1", "+1", "-1", "@a", "\t=1", " =1"]
    other_texts = ['"quoted", and\nbroken', "plain"]
    created = {member.report(text)["id"]: text for text in formulas + other_texts}
    process = api.run_command("export", "--format", "csv")
    assert process.returncode == 0, process.stderr
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(process.stdout, newline=""))}
    for issue_id, text in created.items():
        shown = rows[issue_id]["description"]
        # Some programs treat a tab as the start of a cell, so a formula after it is escaped, too.
        assert shown == (text if text in other_texts else "'" + text.replace("\t=", "\t'="))
    assert rows[next(iter(created))]["reporter"] == member.name


def test_export_writes_through_links_and_pipes(api, tmp_path):
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    assert (
        api.run_command(
            "export", "--format", "csv", "--output", str(tmp_path / "link.csv")
        ).returncode
        == 0
    )
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text().startswith("id,issue_number")
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cat", tmp_path / "pipe"], stdout=subprocess.PIPE) as reader:
        api.run_command("export", "--format", "csv", "--output", str(tmp_path / "pipe"))
        assert reader.stdout.read().startswith(b"id,issue_number")


def test_export_from_a_remote_api_uses_the_configured_token(api, tmp_path):
    token = create_token(api, "--email", make_email(), "--role", "AppMember")["token"]
    installation = make_api_server(
        tmp_path / "data", ISSUES_API_URL=api.url, ISSUES_API_TOKEN=token
    )
    process = installation.run_command("export", "--format", "jsonl")
    # The owner of the token has reported nothing, so the export is empty.
    assert (process.returncode, process.stdout) == (0, "")
    refused = installation.run_command("export", "--format", "jsonl", ISSUES_API_TOKEN="wrong")
    assert refused.returncode == 1
    assert "token" in refused.stderr


@pytest.mark.parametrize("name", VARIANTS)
def test_export_from_other_variants_of_the_api(remote_api, tmp_path, name):
    variant = make_variant(
        name.partition("-")[0], remote_api(name.partition("-")[0], **VARIANTS[name])
    )
    with variant.make_client(SyncClient) as client:
        ids = [
            client.create(variant.make_new_issue("x", anonymous=is_anonymous)).id
            for is_anonymous in (False, True)
        ]
        closed = client.create(variant.make_new_issue("closed"))
        client.update(closed, state=IssueState.CLOSED)
    installation = make_api_server(
        tmp_path / "data", ISSUES_API_URL=variant.server.url, ISSUES_API_TOKEN=variant.token
    )
    if org := variant.settings.get("org"):
        installation.env["ISSUES_ORG"] = org
    process = installation.run_command("export", "--format", "jsonl", "--state", "NotReviewed")
    assert process.returncode == 0, process.stderr
    lines = [json.loads(line) for line in process.stdout.splitlines()]
    exported = {line["id"]: line for line in lines}
    assert closed.id not in exported
    assert [line["id"] for line in lines if line["id"] in ids] == ids
    assert exported[ids[0]]["created_by"]["name"]
    assert exported[ids[1]]["created_by"] is None
