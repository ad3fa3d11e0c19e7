"""The operator's command line: users, tokens, backups, export and import, on either database."""

import csv
import gzip
import hashlib
import io
import json
import os
import sqlite3
import stat
import subprocess
import sys
import threading
import time
import uuid
from contextlib import suppress
from pathlib import Path
from unittest.mock import Mock

import pytest
import yaml
from click.testing import CliRunner

from issue_portal.cli.commands import COMMANDS, cli
from issue_portal.client.errors import AuthenticationError, NotFoundError, PermissionDeniedError
from issue_portal.core.files import lock_directory, make_data_directory, replace_when_complete
from issue_portal.core.revoked_sign_ins import RevokedSignIns
from issue_portal.core.secret_keys import load_keys
from issue_portal.core.settings import FatalError, Settings
from issue_portal.models.requests import IssueQuery, NewIssue
from issue_portal.models.responses import Issue, IssueHistory
from issue_portal.models.vocabulary import IssueState, IssueType, ResourceType, Role
from issue_portal.server.db.database import Database
from issue_portal.server.services import backup
from tests.api.conftest import Caller
from tests.servers.installation import SECRET, api_server
from tests.servers.processes import ROOT


def email() -> str:
    return f"{uuid.uuid4().hex}@example.com"


def new(description: str, *, anonymous: bool = False) -> NewIssue:
    return NewIssue(
        description=description,
        resource_type=ResourceType.THREAD,
        type=IssueType.OTHER,
        anonymous=anonymous,
    )


def result(done):
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refused(done, text):
    assert done.returncode == 1, done.stdout
    assert text in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def new_token(api, *options) -> dict:
    return result(api.run("token", "create", "--json", *options))


@pytest.fixture
def fresh(tmp_path, database_url):
    """A server of its own, not started, with an empty database of either kind."""
    return api_server(tmp_path / "data", ISSUES_DATABASE_URL=database_url, ISSUES_RATE_LIMITS="off")


# Tokens


def test_token_alone_is_printed_and_only_its_hash_is_stored(tmp_path):
    server = api_server(tmp_path / "data")
    done = server.run("token", "create", "--email", "a@b.c")
    token = done.stdout.strip()
    assert (done.returncode, done.stdout, done.stderr) == (0, token + "\n", "")
    for path in server.data_dir.iterdir():
        assert token.encode() not in path.read_bytes()


def test_token_works_until_it_is_revoked(api):
    made = new_token(api, "--email", email(), "--role", "AppAdmin")
    with api.client(made["token"]) as client:
        assert client.me().email == made["email"]
        assert api.run("token", "revoke", made["id"]).returncode == 0
        with pytest.raises(AuthenticationError):
            client.me()
    refused(api.run("token", "revoke", made["id"]), made["id"])


def test_token_that_has_expired_is_refused(api):
    made = new_token(api, "--email", email(), "--expires-in-days", "0")
    with api.client(made["token"]) as client, pytest.raises(AuthenticationError, match="expired"):
        client.me()


def test_token_list_tells_the_day_of_the_last_use_but_not_of_an_anonymous_report(fresh):
    used, unused = (new_token(fresh, "--email", email()) for _ in range(2))
    fresh.start()
    with fresh.client(used["token"]) as client:
        client.me()
    report = {"description": "x", "resource_type": "Thread", "type": "Other", "anonymous": True}
    assert Caller(fresh.url, unused["token"])("POST", "/issue", json=report).status_code == 201
    fresh.stop()  # Uses are written from time to time, not with each request, and at the end.
    listed = {t["id"]: t["last_used_at"] for t in result(fresh.run("token", "list", "--json"))}
    assert len(listed[used["id"]]) == len("2026-02-08")
    assert listed[unused["id"]] is None


def test_token_is_never_stronger_than_its_user_is_now(api):
    address = email()
    made = new_token(api, "--email", address, "--role", "AppAdmin")
    weak = new_token(api, "--email", address, "--role", "AppMember")
    with api.client(made["token"]) as strong_client, api.client(weak["token"]) as weak_client:
        strong_client.users()
        with pytest.raises(PermissionDeniedError):
            weak_client.users()
        demoted = api.client(api.token(address.partition("@")[0], Role.MEMBER))
        demoted.me()
        with pytest.raises(PermissionDeniedError):
            strong_client.users()


def test_token_follows_the_account_that_an_operator_edits(api):
    address = email()
    api.run("user", "add", address, "--role", "AppAdmin")
    token = new_token(api, "--email", address, "--role", "AppAdmin")["token"]
    file = api.data_dir / "accounts.yaml"
    with api.client(token) as client:
        client.users()
        accounts = yaml.safe_load(file.read_text())
        account = next(a for a in accounts.values() if a["email"] == address)
        account["role"] = "AppMember"
        account["email"] = address.upper()
        file.write_text(yaml.safe_dump(accounts))
        with pytest.raises(PermissionDeniedError):
            client.users()
        account["disabled"] = True
        file.write_text(yaml.safe_dump(accounts))
        with pytest.raises(PermissionDeniedError, match="not active"):
            client.me()


def test_token_for_what_is_no_address_is_wrong_usage(api):
    done = api.run("token", "create", "--email", "me")
    assert done.returncode == 2
    assert "not an e-mail address" in done.stderr


# Users


def test_user_is_added_listed_disabled_and_enabled(api):
    address = email()
    added = result(api.run("user", "add", address, "--name", "Ann Other", "--json"))
    assert len(added["password"]) >= 12
    token = new_token(api, "--email", address)["token"]

    def state():
        users = result(api.run("user", "list", "--json"))
        return next(user["state"] for user in users if user["email"] == address)

    assert state() == "Active"
    with api.client(token) as client:
        client.me()
        api.run("user", "disable", address)
        assert state() == "Inactive"
        with pytest.raises(PermissionDeniedError, match="not active"):
            client.me()
        api.run("user", "enable", added["username"])
        client.me()
    assert added["password"] not in (api.data_dir / "accounts.yaml").read_text()
    refused(api.run("user", "add", address), "already")
    refused(api.run("user", "disable", "nobody"), "nobody")


def test_accounts_are_for_their_owner_only(api):
    api.run("user", "add", email())
    assert stat.S_IMODE((api.data_dir / "accounts.yaml").stat().st_mode) == 0o600


# Backups


def filled(server):
    """Two reports, one of them anonymous with its receipt, and a token."""
    token = new_token(server, "--email", "keeper@example.com", "--role", "AppAdmin")["token"]
    with server.client(token) as client:
        named = client.create(new("Named: ärger 日本"))
        anonymous = client.create(new("Anonymous one", anonymous=True))
    return token, named, anonymous


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
def test_backup_of_a_running_server_is_restored_to_either_database(
    fresh, target, tmp_path, postgresql
):
    fresh.env.pop("ISSUES_SECRET_KEY")  # So that the key is one of the files of the backup.
    fresh.start()
    token, named, anonymous = filled(fresh)
    history = fresh.client(token).history(named.id)
    settings = Settings(data_dir=fresh.data_dir)
    RevokedSignIns(settings, load_keys(settings)).add("of someone", time.time() + 600)
    backup = tmp_path / "backup.gz"
    with lock_directory(fresh.data_dir):
        counts = result(fresh.run("backup", str(backup), "--json"))["rows"]
    assert (counts["issues"], counts["tokens"]) == (2, 1)
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    fresh.stop()

    url = postgresql() if target == "postgresql" else ""
    other = api_server(tmp_path / "other", ISSUES_DATABASE_URL=url)
    other.env.pop("ISSUES_SECRET_KEY")
    assert result(other.run("restore", str(backup), "--json"))["rows"] == counts
    assert (fresh.data_dir / ".lock").exists()
    assert not (other.data_dir / ".lock").exists()
    settings = Settings(data_dir=other.data_dir)
    ended = RevokedSignIns(settings, load_keys(settings))
    assert (ended.contains("of someone"), ended.contains("of another")) == (True, False)
    other.start()
    try:
        with other.client(token) as client:
            assert client.get(named.id) == named
            assert client.history(named.id) == history
            found = client.look_up_receipt(anonymous.receipt)
            assert found.issue_number == anonymous.issue_number
            search = client.list(IssueQuery(filter_by_text="ÄRGER"))
            assert [issue.id for issue in search.data] == [named.id]
            assert client.create(new("after")).issue_number > anonymous.issue_number
    finally:
        other.stop()
    refused(other.run("restore", str(backup)), "in use")


def test_backup_amid_writers_is_of_one_moment(fresh, tmp_path):
    fresh.start()
    token, _, _ = filled(fresh)
    stop = threading.Event()
    written = threading.Semaphore(0)

    def write():
        with fresh.client(token) as client:
            while not stop.is_set():
                client.update(client.create(new("one more")), state=IssueState.CLOSED)
                written.release()

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    backups = [tmp_path / f"{number}.gz" for number in range(3)]
    counts = []
    for file in backups:
        assert written.acquire(timeout=20)
        counts.append(result(fresh.run("backup", str(file), "--json"))["rows"])
    stop.set()
    for writer in writers:
        writer.join()
    fresh.stop()
    assert 2 < counts[0]["issues"] < counts[-1]["issues"]
    other = api_server(tmp_path / "other")
    assert other.run("restore", str(backups[-1])).returncode == 0
    with sqlite3.connect(other.data_dir / "issues.db") as database:
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        wrong = "SELECT count(*) FROM issues WHERE (state = 'Closed') != (closed_at IS NOT NULL)"
        assert database.execute(wrong).fetchone() == (0,)
        last, entries = database.execute(
            "SELECT last_issue_number, (SELECT count(*) FROM history WHERE action = 'created')"
            " FROM organisations"
        ).fetchone()
    assert last == entries == counts[-1]["issues"]


def test_restore_that_is_killed_can_be_repeated_and_receipts_hold(tmp_path):
    server = api_server(tmp_path / "data")
    server.env.pop("ISSUES_SECRET_KEY")
    server.run("demo")
    server.start()
    _, _, anonymous = filled(server)
    server.stop()
    backup = tmp_path / "backup.gz"
    assert server.run("backup", str(backup)).returncode == 0
    other = api_server(tmp_path / "other")
    other.env.pop("ISSUES_SECRET_KEY")
    command = [sys.executable, "-m", "issue_portal", "restore", str(backup)]
    begun = time.monotonic()
    timed = other.env | {"ISSUES_DATA_DIR": str(tmp_path / "timed")}
    subprocess.run(command, cwd=ROOT, env=timed, check=True)
    whole = time.monotonic() - begun
    for part in (0.7, 0.85, 0.95):
        process = subprocess.Popen(command, cwd=ROOT, env=other.env, stderr=subprocess.DEVNULL)
        with suppress(subprocess.TimeoutExpired):
            process.wait(whole * part)
        process.kill()
        process.wait()
    done = other.run("restore", str(backup))
    assert done.returncode == 0 or "in use" in done.stderr
    other.start()
    try:
        with other.client(
            other.run("token", "create", "--email", email()).stdout.strip()
        ) as client:
            found = client.look_up_receipt(anonymous.receipt)
            assert found.issue_number == anonymous.issue_number
    finally:
        other.stop()


def test_files_of_a_backup_are_there_before_its_rows(tmp_path, monkeypatch):
    server = api_server(tmp_path / "data")
    server.env.pop("ISSUES_SECRET_KEY")
    server.run("demo")
    backup_file = tmp_path / "backup.gz"
    server.run("backup", str(backup_file))
    settings = Settings(data_dir=tmp_path / "other")
    make_data_directory(settings)
    database = Database(settings.database)

    class Killed(BaseException):
        pass

    def killed(*_, **__):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(backup, "restore_revoked", killed)
        with pytest.raises(Killed):
            backup.restore_backup(database, settings, backup_file)
    assert (settings.data_dir / "secret.key").exists()
    with sqlite3.connect(settings.data_dir / "issues.db") as rows:
        assert rows.execute("SELECT count(*) FROM issues").fetchone() == (0,)
    assert backup.restore_backup(database, settings, backup_file)["issues"] > 0
    database.close()


def test_each_issue_is_one_line_for_every_program(tmp_path):
    fresh = api_server(tmp_path / "data")
    text = "one\u2028two\u2029three\u0085four"
    fresh.start()
    with fresh.client(fresh.lasting_token("Rob", Role.ADMIN)) as client:
        client.create(new(text))
    done = fresh.run("export", "--format", "jsonl")
    fresh.stop()
    [line] = done.stdout.splitlines()
    assert json.loads(line)["description"] == text


def test_another_key_is_refused_at_start_unless_accepted(tmp_path):
    fresh = api_server(tmp_path / "data")
    fresh.start()
    _, _, anonymous = filled(fresh)
    fresh.stop()
    kept = fresh.env["ISSUES_SECRET_KEY"]
    other = "another secret of the tests that is long enough"
    refused(fresh.run("token", "list", ISSUES_SECRET_KEY=other), "another secret key")
    # Rotated: the new one is first, and the old one still there.
    rotated = {"ISSUES_SECRET_KEY": f"{other},{kept}"}
    assert fresh.run("token", "list", **rotated).returncode == 0
    assert fresh.run("token", "list", ISSUES_SECRET_KEY=other).returncode == 0
    refused(fresh.run("token", "list"), "key accept")
    assert fresh.run("key", "accept").returncode == 0
    fresh.start()
    with fresh.client(fresh.lasting_token("Rob", Role.ADMIN)) as client:
        assert client.look_up_receipt(anonymous.receipt).issue_number == anonymous.issue_number
    fresh.stop()


def test_missing_accounts_file_lets_nobody_in_who_was_disabled(tmp_path):
    server = api_server(tmp_path / "data")
    address = email()
    server.run("user", "add", address, "--username", "ann")
    token = server.run("token", "create", "--email", address).stdout.strip()
    file = server.data_dir / "accounts.yaml"
    server.start()
    try:
        with server.client(token) as client:
            assert client.me().email == address
            # By hand, as docs/sign-in.md allows.
            file.write_text(file.read_text() + "  disabled: true\n")
            with pytest.raises(PermissionDeniedError):
                client.me()
            for broken in ("", "{}", "ann: [", "\0" * 20, None):
                if broken is None:
                    file.unlink()
                else:
                    file.write_text(broken)
                with pytest.raises(PermissionDeniedError):
                    client.me()
    finally:
        server.stop()
    refused(server.run("token", "list"), "accounts.yaml is gone")
    file.write_text("\0" * 20)
    refused(server.run("token", "list"), "not YAML")
    file.write_text("{}")
    refused(server.run("token", "list"), "or empty")
    (server.data_dir / ".accounts").unlink()
    assert server.run("token", "list").returncode == 0


def test_backup_is_not_restored_over_another_installation(tmp_path, postgresql):
    server = api_server(tmp_path / "data")
    server.env.pop("ISSUES_SECRET_KEY")
    server.run("demo")
    server.run("backup", str(tmp_path / "backup.gz"))
    other = api_server(tmp_path / "other")
    other.env.pop("ISSUES_SECRET_KEY")
    token = new_token(other, "--email", email())["id"]
    key = (other.data_dir / "secret.key").read_text()
    done = other.run("restore", str(tmp_path / "backup.gz"), ISSUES_DATABASE_URL=postgresql())
    refused(done, "another installation")
    assert (other.data_dir / "secret.key").read_text() == key
    assert [t["id"] for t in result(other.run("token", "list", "--json"))] == [token]


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
    server = api_server(tmp_path / "data")
    server.run("demo")
    server.run("backup", str(tmp_path / "backup.gz"))
    text = gzip.decompress((tmp_path / "backup.gz").read_bytes()).decode()
    body = "".join(text.replace(old, new, 1).splitlines(keepends=True)[:-1])
    seal = json.dumps({"sha256": hashlib.sha256(body.encode()).hexdigest()}, separators=(",", ":"))
    (tmp_path / "forged.gz").write_bytes(gzip.compress(f"{body}{seal}\n".encode()))
    other = api_server(tmp_path / "other")
    refused(other.run("restore", str(tmp_path / "forged.gz")), "")
    assert result(other.run("user", "list", "--json")) == []


def test_damaged_backup_is_refused(tmp_path, fresh):
    filled_server = fresh.start()
    filled(filled_server)
    backup = tmp_path / "backup.gz"
    fresh.run("backup", str(backup))
    fresh.stop()
    whole = backup.read_bytes()
    lines = gzip.decompress(whole).decode().splitlines(keepends=True)
    changed = [line.replace("Named", "Named!") for line in lines]
    other = api_server(tmp_path / "other")
    for damaged in (
        whole[: len(whole) // 2],
        b"nothing of the kind",
        gzip.compress("".join(changed).encode()),
        gzip.compress("".join(lines[:-1]).encode()),
        gzip.compress(b"[1]\n[2]\n"),
        gzip.compress(b'{"table":\n[1]\n'),
        gzip.compress(b'{"table": ["users"]}\n[1]\n'),
    ):
        (tmp_path / "damaged.gz").write_bytes(damaged)
        done = other.run("restore", str(tmp_path / "damaged.gz"))
        assert done.returncode == 1
        assert "damaged" in done.stderr or "not a backup" in done.stderr
        assert "Traceback" not in done.stderr
    refused(
        other.run("restore", str(backup), ISSUES_SECRET_KEY=SECRET + "!"), "another ISSUES_SECRET"
    )
    refused(fresh.run("backup", str(backup)), "already")
    refused(fresh.run("backup", "/nowhere/backup.gz"), "/nowhere")


# Export and import


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


def test_import_whose_output_nobody_reads_holds_up_no_reports(tmp_path):
    """It told what it refused while it had locked the database, and the pipe was full."""
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


def test_import_names_the_lines_it_refuses_and_takes_the_others(fresh, tmp_path):
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


def test_export_goes_where_it_is_sent(api, tmp_path):
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


def test_result_that_cannot_be_written_is_told_in_one_line(api):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "issue_portal", "user", "list"],
            cwd=ROOT,
            env=api.env,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    refused(done, "Done, but the output could not be written")


def test_export_from_another_server_uses_its_token(api, tmp_path):
    token = new_token(api, "--email", email(), "--role", "AppMember")["token"]
    elsewhere = api_server(tmp_path / "data", ISSUES_API_URL=api.url, ISSUES_API_TOKEN=token)
    done = elsewhere.run("export", "--format", "jsonl")
    assert (done.returncode, done.stdout) == (0, "")
    broken = elsewhere.run("export", "--format", "jsonl", ISSUES_API_TOKEN="wrong")
    assert broken.returncode == 1
    assert "token" in broken.stderr


def test_demo_fills_an_empty_database_only(fresh):
    assert fresh.run("demo").returncode == 0
    refused(fresh.run("demo"), "empty")


def test_every_command_explains_itself():
    for command in COMMANDS:
        assert "Usage:" in CliRunner().invoke(cli, [command, "--help"]).output


# Archive


def old_issue(number: int, **fields) -> str:
    """A line for `import`."""
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


def test_archive_moves_what_was_closed_or_deleted_long_ago(fresh, tmp_path):
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


def test_archive_that_is_killed_loses_nothing_and_goes_on(fresh, tmp_path):
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
def test_file_that_another_command_has_written_meanwhile_is_kept(monkeypatch, tmp_path, has_links):
    """Two archives to one file: the later took its place, and what it had was removed already."""
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


def test_archive_removes_nothing_without_a_good_file(tmp_path):
    server = api_server(tmp_path / "data")
    take_in(server, [old_issue(1), old_issue(2)], tmp_path)
    whole = gzip.compress((old_issue(1, history=[]) + "\n").encode())
    for damaged in (whole[:-4], gzip.compress(old_issue(1).encode())):
        (tmp_path / "bad.gz").write_bytes(damaged)
        refused(archive(server, tmp_path / "bad.gz"), "bad.gz")
    refused(archive(server, "/nowhere/file.gz"), "/nowhere")
    with sqlite3.connect(server.data_dir / "issues.db") as database:
        assert database.execute("SELECT count(*) FROM issues").fetchone() == (2,)


def test_commands_do_not_make_a_second_database_beside_a_portal_without_one(api, tmp_path):
    beside = api_server(tmp_path / "data", ISSUES_API_URL=api.url, ISSUES_API_SHARES_KEY="1")
    refused(beside.run("token", "create", "--email", email()), "ISSUES_API_URL")
    assert not beside.data_dir.exists()
