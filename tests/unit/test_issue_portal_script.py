"""`deploy/issue-portal`, which runs a command as the systemd service does."""

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "deploy" / "issue-portal"

RECORD_ARGUMENTS = """#!/bin/sh
until [ "$1" = issue_portal ]; do shift; done
shift
printf '%s\\0' "$@"
"""


@pytest.fixture
def run_script(tmp_path):
    """Run the script as a user, with a stand-in for systemd-run that prints its arguments."""

    def run(user_id, *arguments):
        for name, text in (
            ("systemd-run", RECORD_ARGUMENTS),
            ("id", f"#!/bin/sh\necho {user_id}\n"),
        ):
            (tmp_path / name).write_text(text)
            (tmp_path / name).chmod(0o755)
        return subprocess.run(
            ["sh", SCRIPT, *arguments],
            env={"PATH": f"{tmp_path}:{os.defpath}"},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_dollar_signs_are_escaped_for_systemd(run_script):
    arguments = ["export", "--output", "/tmp/${A} $B $$.csv", "a\\b 'c' \"d\" %n *", "", "-x"]
    printed = run_script(0, *arguments).stdout.split("\0")[:-1]
    assert printed == [argument.replace("$", "$$") for argument in arguments]


def test_other_users_are_told_to_use_root(run_script):
    process = run_script(1000, "user", "list")
    assert (process.returncode, process.stdout) == (1, "")
    assert process.stderr == "Run issue-portal as root.\n"
