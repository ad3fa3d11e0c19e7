"""Commands `backup` and `restore`, on either database."""

import gzip
import hashlib
import json
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from contextlib import suppress

import pytest

from issue_portal.core.files import lock_directory, make_data_directory
from issue_portal.core.revoked_sign_ins import RevokedSignIns
from issue_portal.core.secret_keys import load_keys
from issue_portal.core.settings import Settings
from issue_portal.models.requests import IssueQuery
from issue_portal.models.vocabulary import IssueState, Role
from issue_portal.server.db.database import Database
from issue_portal.server.services import backup
from tests.api.commands import add_reports, assert_refused, create_token, make_email, parse_output
from tests.api.conftest import ApiCaller
from tests.factories import make_new_issue
from tests.servers.installation import SECRET, make_api_server
from tests.servers.processes import ROOT


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
def test_backup_of_a_running_server_can_be_restored_to_either_database(
    new_server, target, tmp_path, postgresql
):
    new_server.env.pop("ISSUES_SECRET_KEY")  # Then the backup includes the file of the key.
    new_server.start()
    token, named, anonymous = add_reports(new_server)
    history = new_server.client(token).history(named.id)
    reviewer = ApiCaller(new_server.url, new_server.create_api_token("reviewer", Role.ADMIN))
    reviewer("PUT", "/project/p", json={"name": "Handbook"})
    create_token(new_server, "--email", make_email(), "--name", "Nightly", "--scope", "read")
    tokens = parse_output(new_server.run_command("token", "list", "--json"))
    bulk = {"ids": [named.id], "change": {"is_read": False}}
    reviewer("POST", "/issue/bulk", json=bulk, headers={"Idempotency-Key": "k"})
    settings = Settings(data_dir=new_server.data_dir)
    RevokedSignIns(settings, load_keys(settings)).add("revoked id", time.time() + 600)
    backup_file = tmp_path / "backup.gz"
    with lock_directory(new_server.data_dir):  # A backup does not wait for this lock.
        counts = parse_output(new_server.run_command("backup", str(backup_file), "--json"))["rows"]
    assert (counts["issues"], counts["tokens"]) == (2, 3)
    assert (counts["projects"], counts["repeatable_calls"]) == (1, 1)
    assert stat.S_IMODE(backup_file.stat().st_mode) == 0o600
    new_server.stop()

    url = postgresql() if target == "postgresql" else ""
    other = make_api_server(tmp_path / "other", ISSUES_DATABASE_URL=url)
    other.env.pop("ISSUES_SECRET_KEY")
    assert parse_output(other.run_command("restore", str(backup_file), "--json"))["rows"] == counts
    restored = parse_output(other.run_command("token", "list", "--json"))
    names_and_scopes = [(token["name"], token["scopes"]) for token in tokens]
    assert ("Nightly", ["read"]) in names_and_scopes
    assert [(token["name"], token["scopes"]) for token in restored] == names_and_scopes
    # The lock file is not part of a backup.
    assert (new_server.data_dir / ".lock").exists()
    assert not (other.data_dir / ".lock").exists()
    settings = Settings(data_dir=other.data_dir)
    revoked = RevokedSignIns(settings, load_keys(settings))
    assert (revoked.contains("revoked id"), revoked.contains("other id")) == (True, False)
    other.start()
    try:
        with other.client(token) as client:
            assert client.get(named.id) == named
            assert client.history(named.id) == history
            receipt = client.look_up_receipt(anonymous.receipt)
            assert receipt.issue_number == anonymous.issue_number
            search = client.list(IssueQuery(filter_by_text="ÄRGER"))
            assert [issue.id for issue in search.data] == [named.id]
            assert client.create(make_new_issue("after")).issue_number > anonymous.issue_number
    finally:
        other.stop()
    assert_refused(other.run_command("restore", str(backup_file)), "in use")


def test_backup_during_writes_is_consistent(new_server, tmp_path):
    new_server.start()
    token, _, _ = add_reports(new_server)
    stop = threading.Event()
    written = threading.Semaphore(0)

    def write():
        with new_server.client(token) as client:
            while not stop.is_set():
                client.update(client.create(make_new_issue("one more")), state=IssueState.CLOSED)
                written.release()

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    backups = [tmp_path / f"{number}.gz" for number in range(3)]
    counts = []
    for file in backups:
        assert written.acquire(timeout=20)
        counts.append(parse_output(new_server.run_command("backup", str(file), "--json"))["rows"])
    stop.set()
    for writer in writers:
        writer.join()
    new_server.stop()
    assert 2 < counts[0]["issues"] < counts[-1]["issues"]
    other = make_api_server(tmp_path / "other")
    assert other.run_command("restore", str(backups[-1])).returncode == 0
    with sqlite3.connect(other.data_dir / "issues.db") as database:
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        query = "SELECT count(*) FROM issues WHERE (state = 'Closed') != (closed_at IS NOT NULL)"
        assert database.execute(query).fetchone() == (0,)
        last, entries = database.execute(
            "SELECT last_issue_number, (SELECT count(*) FROM history WHERE action = 'created')"
            " FROM organisations"
        ).fetchone()
    assert last == entries == counts[-1]["issues"]


def test_killed_restore_can_be_repeated_and_receipts_still_work(tmp_path):
    server = make_api_server(tmp_path / "data")
    server.env.pop("ISSUES_SECRET_KEY")
    server.run_command("demo")
    server.start()
    _, _, anonymous = add_reports(server)
    server.stop()
    backup_file = tmp_path / "backup.gz"
    assert server.run_command("backup", str(backup_file)).returncode == 0
    other = make_api_server(tmp_path / "other")
    other.env.pop("ISSUES_SECRET_KEY")
    command = [sys.executable, "-m", "issue_portal", "restore", str(backup_file)]
    start = time.monotonic()
    timing_env = other.env | {"ISSUES_DATA_DIR": str(tmp_path / "timed")}
    subprocess.run(command, cwd=ROOT, env=timing_env, check=True)
    duration = time.monotonic() - start
    for fraction in (0.7, 0.85, 0.95):
        process = subprocess.Popen(command, cwd=ROOT, env=other.env, stderr=subprocess.DEVNULL)
        with suppress(subprocess.TimeoutExpired):
            process.wait(duration * fraction)
        process.kill()
        process.wait()
    process = other.run_command("restore", str(backup_file))
    # If a restore was complete before it was killed, the database is already in use.
    assert process.returncode == 0 or "in use" in process.stderr
    other.start()
    try:
        with other.client(
            other.run_command("token", "create", "--email", make_email()).stdout.strip()
        ) as client:
            report = client.look_up_receipt(anonymous.receipt)
            assert report.issue_number == anonymous.issue_number
    finally:
        other.stop()


def test_restore_killed_before_its_commit_leaves_files_but_no_rows(tmp_path, monkeypatch):
    server = make_api_server(tmp_path / "data")
    server.env.pop("ISSUES_SECRET_KEY")
    server.run_command("demo")
    backup_file = tmp_path / "backup.gz"
    server.run_command("backup", str(backup_file))
    settings = Settings(data_dir=tmp_path / "other")
    make_data_directory(settings)
    database = Database(settings.database)

    class Killed(BaseException):
        pass

    def raise_killed(*_, **__):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(backup, "restore_revoked", raise_killed)
        with pytest.raises(Killed):
            backup.restore_backup(database, settings, backup_file)
    assert (settings.data_dir / "secret.key").exists()
    with sqlite3.connect(settings.data_dir / "issues.db") as connection:
        assert connection.execute("SELECT count(*) FROM issues").fetchone() == (0,)
    assert backup.restore_backup(database, settings, backup_file)["issues"] > 0
    database.close()


def test_backup_is_not_restored_over_another_installation(tmp_path, postgresql):
    server = make_api_server(tmp_path / "data")
    server.env.pop("ISSUES_SECRET_KEY")
    server.run_command("demo")
    server.run_command("backup", str(tmp_path / "backup.gz"))
    other = make_api_server(tmp_path / "other")
    other.env.pop("ISSUES_SECRET_KEY")
    token = create_token(other, "--email", make_email())["id"]
    key = (other.data_dir / "secret.key").read_text()
    process = other.run_command(
        "restore", str(tmp_path / "backup.gz"), ISSUES_DATABASE_URL=postgresql()
    )
    assert_refused(process, "another installation")
    assert (other.data_dir / "secret.key").read_text() == key
    assert [t["id"] for t in parse_output(other.run_command("token", "list", "--json"))] == [token]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"revision":"000', '"revision":"9'),
        ('"revision":"', '"revisions":"'),
        ('"table":"users"', '"table":"sqlite_master"'),
        ('"columns":["org_id"', '"columns":["nothing"'),
        ('["org_', '["somewhere_else_'),
        pytest.param('["org_', "[" * 100_000, id="deep"),
    ],
)
def test_forged_backup_is_refused_in_one_line(tmp_path, old, new):
    server = make_api_server(tmp_path / "data")
    server.run_command("demo")
    server.run_command("backup", str(tmp_path / "backup.gz"))
    text = gzip.decompress((tmp_path / "backup.gz").read_bytes()).decode()
    body = "".join(text.replace(old, new, 1).splitlines(keepends=True)[:-1])
    seal = json.dumps({"sha256": hashlib.sha256(body.encode()).hexdigest()}, separators=(",", ":"))
    (tmp_path / "forged.gz").write_bytes(gzip.compress(f"{body}{seal}\n".encode()))
    other = make_api_server(tmp_path / "other")
    assert_refused(other.run_command("restore", str(tmp_path / "forged.gz")), "")
    assert parse_output(other.run_command("user", "list", "--json")) == []


def test_damaged_backup_is_refused(tmp_path, new_server):
    new_server.start()
    add_reports(new_server)
    backup_file = tmp_path / "backup.gz"
    new_server.run_command("backup", str(backup_file))
    new_server.stop()
    content = backup_file.read_bytes()
    lines = gzip.decompress(content).decode().splitlines(keepends=True)
    changed = [line.replace("Named", "Named!") for line in lines]
    other = make_api_server(tmp_path / "other")
    for damaged in (
        content[: len(content) // 2],
        b"not a backup",
        gzip.compress("".join(changed).encode()),
        gzip.compress("".join(lines[:-1]).encode()),
        gzip.compress(b"[1]\n[2]\n"),
        gzip.compress(b'{"table":\n[1]\n'),
        gzip.compress(b'{"table": ["users"]}\n[1]\n'),
    ):
        (tmp_path / "damaged.gz").write_bytes(damaged)
        process = other.run_command("restore", str(tmp_path / "damaged.gz"))
        assert process.returncode == 1
        assert "damaged" in process.stderr or "not a backup" in process.stderr
        assert "Traceback" not in process.stderr
    assert_refused(
        other.run_command("restore", str(backup_file), ISSUES_SECRET_KEY=SECRET + "!"),
        "another ISSUES_SECRET",
    )
    assert_refused(new_server.run_command("backup", str(backup_file)), "already")
    assert_refused(new_server.run_command("backup", "/nowhere/backup.gz"), "/nowhere")
