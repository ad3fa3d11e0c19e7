"""Runs the command line, each command in a process of its own.

Loading the program takes ten times as long as most commands, so one process loads it and forks.
"""

import multiprocessing
import os
import sys
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory

from issue_portal.cli.commands import COMMANDS
from issue_portal.cli.main import main

SECONDS = 120

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(
    [
        "issue_portal.server.services.service",
        *{where.partition(":")[0] for where in COMMANDS.values()},
    ]
)


def run_command(command: tuple[str, ...], env: dict[str, str]) -> CompletedProcess:
    """Run ``python -m issue_portal …`` with only these environment variables."""
    with TemporaryDirectory() as folder:
        process = _forks.Process(target=_run, args=(command, env, folder))
        process.start()
        process.join(SECONDS)
        assert process.exitcode is not None, f"{command} takes longer than {SECONDS} s"
        said = [Path(folder, name).read_text() for name in ("stdout", "stderr")]
    return CompletedProcess(command, process.exitcode, *said)


def _run(command: tuple[str, ...], env: dict[str, str], folder: str) -> None:
    for stream in (sys.stdout, sys.stderr):
        written = os.open(Path(folder, stream.name.strip("<>")), os.O_WRONLY | os.O_CREAT)
        os.dup2(written, stream.fileno())
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["issue-portal", *command]
    main()
