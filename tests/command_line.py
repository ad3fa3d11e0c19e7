"""Run commands of the command line, each in a separate process."""

import sys
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory

from tests.servers.forked_process import ForkedProcess
from tests.servers.processes import ROOT

TIMEOUT_SECONDS = 120


def run_command(command: tuple[str, ...], env: dict[str, str]) -> CompletedProcess:
    """Run ``python -m issue_portal …`` with ``env`` as its whole environment."""
    return run_module([sys.executable, "-m", "issue_portal", *command], env)


def run_module(command: list[str], env: dict[str, str]) -> CompletedProcess:
    """Run ``command``, ``[sys.executable, "-m", module, …]``, with ``env`` as its environment."""
    with TemporaryDirectory() as folder:
        stdout, stderr = Path(folder, "stdout"), Path(folder, "stderr")
        process = ForkedProcess(command, folder=ROOT, env=env, stdout=stdout, stderr=stderr)
        returncode = process.wait(TIMEOUT_SECONDS)
        return CompletedProcess(command, returncode, stdout.read_text(), stderr.read_text())
