"""The lock of the data directory, and a read-only data directory."""

import multiprocessing
import stat
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from issue_portal.core.files import lock_directory
from tests.servers.installation import make_api_server
from tests.servers.processes import ROOT, make_environment

INCREMENTS = 50
# Runs a command, but not as root: root can write even to a read-only directory.
RUN_AS_ANOTHER_USER = """
import os, sys
from issue_portal.cli.main import main
import issue_portal.cli.key, issue_portal.cli.user
if os.geteuid() == 0:
    os.setuid(65534)
main()
"""


def increment(directory: Path) -> None:
    """Increment a number in a file 50 times, each time with the lock."""
    number = directory / "number"
    for _ in range(INCREMENTS):
        with lock_directory(directory):
            number.write_text(str(int(number.read_text()) + 1))


def test_lock_excludes_other_processes_and_is_readable_by_its_owner_only(tmp_path):
    (tmp_path / "number").write_text("0")
    others = [
        multiprocessing.get_context("spawn").Process(target=increment, args=[tmp_path])
        for _ in range(2)
    ]
    for other in others:
        other.start()
    increment(tmp_path)
    for other in others:
        other.join(60)
    assert (tmp_path / "number").read_text() == str(3 * INCREMENTS)
    assert stat.S_IMODE((tmp_path / ".lock").stat().st_mode) == 0o600


def test_lock_does_not_create_a_missing_directory(tmp_path):
    server = make_api_server(tmp_path / "data")
    result = server.run_command("user", "password", "ann")
    assert result.returncode == 1
    assert "No such file or directory" in result.stderr
    assert not server.data_dir.exists()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["user", "add", "ann@example.com"], "Cannot write to the data directory"),
        (["key", "rotate"], "Cannot write to the data directory"),
        (["user", "password", "ann"], "Permission denied"),
    ],
)
def test_read_only_data_directory_is_reported_in_one_line(command, message):
    with TemporaryDirectory() as directory:
        Path(directory).chmod(0o555)
        process = subprocess.run(
            [sys.executable, "-c", RUN_AS_ANOTHER_USER, *command],
            cwd=ROOT,
            env=make_environment(Path(directory)),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert not list(Path(directory).iterdir())
    assert process.returncode == 1, process.stderr
    assert message in process.stderr
    assert directory in process.stderr
    assert len(process.stderr.strip().splitlines()) == 1
