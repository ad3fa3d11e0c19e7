"""A full disk: failures are reported, and the server works again when there is space."""

import json
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from issue_portal.client.errors import IssuesError
from issue_portal.core import revoked_sign_ins
from issue_portal.core.revoked_sign_ins import RevokedSignIns
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.core.settings import Settings
from issue_portal.models.vocabulary import Role
from tests.factories import make_new_issue
from tests.servers.installation import SECRET, Server, make_api_server, make_portal_server
from tests.waiting import wait_until


class Disk:
    """A small file system that tests can fill."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def filler(self) -> Path:
        return self.path / "filler"

    def fill(self) -> None:
        """Fill the file system to the last byte."""
        with self.filler.open("ab", buffering=0) as file:
            for size in (1_000_000, 4096, 1):
                try:
                    while file.write(bytes(size)) == size:
                        pass
                except OSError:
                    pass

    def empty(self) -> None:
        self.filler.unlink()


@pytest.fixture
def disk(tmp_path) -> Iterator[Disk]:
    directory = tmp_path / "disk"
    directory.mkdir()
    # Requires root, as in continuous integration.
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(directory)], check=True)
    yield Disk(directory)
    subprocess.run(["umount", "--lazy", str(directory)], check=True)


@pytest.fixture
def server(disk) -> Iterator[Server]:
    server = make_api_server(disk.path / "data", ISSUES_RATE_LIMITS="off")
    server.env.pop("ISSUES_SECRET_KEY")
    yield server
    server.stop()


def assert_failed(process: subprocess.CompletedProcess) -> None:
    """Assert that a command failed with a one-line error message."""
    assert process.returncode == 1, process.stdout
    assert "Traceback" not in process.stderr
    [line] = process.stderr.strip().splitlines()
    # "Done, but the output could not be written" reports a command that did its work.
    assert "done, but" not in line.lower(), line


def fetch_ready_status(server: Server) -> int | None:
    """Return the status of `GET /api/ready`; None while the server does not respond."""
    try:
        return httpx.get(f"{server.url}/api/ready").status_code
    except httpx.TransportError:
        return None


def wait_for_ready_status(server: Server, status: int) -> None:
    """Wait until `GET /api/ready` has this status."""
    wait_until(lambda: httpx.get(f"{server.url}/api/ready").status_code == status)


def test_commands_report_failure_on_a_full_disk(server, disk, tmp_path):
    assert server.run_command("user", "add", "ann@example.com").returncode == 0
    token = server.create_api_token("Rob", Role.ADMIN)
    key = (server.data_dir / "secret.key").read_text()
    accounts = (server.data_dir / "accounts.yaml").read_text()
    disk.fill()
    assert_failed(server.run_command("user", "disable", "ann"))
    assert_failed(server.run_command("user", "password", "ann"))
    assert_failed(server.run_command("key", "rotate"))
    assert_failed(server.run_command("token", "create", "--email", "eve@example.com"))
    assert_failed(server.run_command("backup", str(server.data_dir / "backup.gz")))
    assert (server.data_dir / "secret.key").read_text() == key
    assert (server.data_dir / "accounts.yaml").read_text() == accounts
    database = {"issues.db", "issues.db-wal", "issues.db-shm"}
    files = {file.name for file in server.data_dir.iterdir()} - database
    assert files == {"secret.key", "accounts.yaml", ".accounts", ".lock"}
    disk.empty()
    assert server.run_command("user", "disable", "ann").returncode == 0
    server.start()
    with server.client(token) as client:
        assert client.me()


def test_running_server_reports_a_full_disk_and_recovers(server, disk, tmp_path):
    token = server.create_api_token("Rob", Role.ADMIN)
    server.start()
    wait_for_ready_status(server, 200)
    with server.client(token) as client:
        issue = client.create(make_new_issue())
        disk.fill()
        wait_for_ready_status(server, 503)
        with pytest.raises(IssuesError):
            for number in range(500):  # Use up the space that SQLite has reserved.
                client.create(make_new_issue(f"{number} {'x' * 9000}"))
        # The server can still read, and a backup to another disk works.
        assert client.get(issue.id) == issue
        backup = server.run_command("backup", str(tmp_path / "backup.gz"), "--json")
        assert json.loads(backup.stdout)["rows"]["issues"] >= 1, backup.stderr
        listed = server.run_command("token", "list", "--json")
        assert len(json.loads(listed.stdout)) == 1
        disk.empty()
        wait_for_ready_status(server, 200)
        assert client.create(make_new_issue()).issue_number > issue.issue_number
    assert "Traceback" not in server.log


@pytest.mark.parametrize("make", [make_api_server, make_portal_server], ids=["api", "portal"])
def test_server_on_a_full_disk_exits_with_a_short_error_or_is_not_ready(server, disk, make):
    server.create_api_token("Rob", Role.ADMIN)
    disk.fill()
    other = make(server.data_dir)
    other.env.pop("ISSUES_SECRET_KEY")
    log = disk.path.parent / "start.log"
    with log.open("w") as file:
        process = subprocess.Popen(other.command, env=other.env, stdout=file, stderr=file)
    try:
        wait_until(lambda: process.poll() is not None or fetch_ready_status(other) == 503)
        if process.returncode is not None:
            assert process.returncode == 1
            assert len(log.read_text().strip().splitlines()) <= 2
    finally:
        process.kill()
        process.wait()
    assert "Traceback" not in log.read_text()


def test_readiness_checks_the_disk_of_the_database(disk, tmp_path):
    url = f"sqlite:///{disk.path / 'elsewhere.db'}"
    server = make_api_server(tmp_path / "data", ISSUES_DATABASE_URL=url).start()
    try:
        wait_for_ready_status(server, 200)
        disk.fill()
        wait_for_ready_status(server, 503)
    finally:
        server.stop()


def test_sign_ins_can_be_revoked_concurrently(tmp_path):
    settings, keys, until = Settings(data_dir=tmp_path), SecretKeys(SECRET), time.time() + 600
    names = [f"sign-in {number}" for number in range(400)]
    with ThreadPoolExecutor(8) as pool:
        results = pool.map(lambda name: RevokedSignIns(settings, keys).add(name, until), names)
        assert all(results)
    assert all(RevokedSignIns(settings, keys).contains(name) for name in names)


def test_sign_in_is_revoked_in_memory_while_the_disk_is_full(tmp_path):
    settings = Settings(data_dir=tmp_path)
    revoked = RevokedSignIns(settings, SecretKeys(SECRET))
    # A file in place of the folder makes writing fail, even for root.
    (tmp_path / "ended").write_text("")
    until = time.time() + 600
    assert revoked.add("one", until) is False
    # All instances in a process share the revoked sign-ins that are not on disk.
    assert RevokedSignIns(settings, SecretKeys(SECRET)).contains("one")
    assert not revoked.contains("two")
    (tmp_path / "ended").unlink()
    assert revoked.add("two", until) is True
    assert len(list((tmp_path / "ended").iterdir())) == 2
    assert revoked.contains("one")
    assert revoked.contains("two")


def test_revoked_sign_in_is_written_when_the_disk_has_space(tmp_path, monkeypatch):
    """Regression: a revocation waited for the next sign-out, or was lost when the process ended."""
    monkeypatch.setattr(revoked_sign_ins, "_RETRY_SECONDS", 0.05)
    revoked = RevokedSignIns(Settings(data_dir=tmp_path), SecretKeys(SECRET))
    (tmp_path / "ended").write_text("")
    assert revoked.add("one", time.time() + 600) is False
    assert revoked.flush() is False
    (tmp_path / "ended").unlink()
    folder = tmp_path / "ended"
    wait_until(lambda: folder.is_dir() and list(folder.iterdir()))
    assert revoked.flush() is True
