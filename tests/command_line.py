"""Run commands of the command line, each in a separate process.

Importing the program takes ten times as long as most commands. So one process imports the program
and forks for each command.
"""

import multiprocessing
import os
import sys
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory

from issue_portal.cli.commands import COMMANDS
from issue_portal.cli.main import main

TIMEOUT_SECONDS = 120

_forkserver = multiprocessing.get_context("forkserver")
_forkserver.set_forkserver_preload(
    [
        "issue_portal.server.services.service",
        *{target.partition(":")[0] for target in COMMANDS.values()},
    ]
)


def run_command(command: tuple[str, ...], env: dict[str, str]) -> CompletedProcess:
    """Run ``python -m issue_portal …`` with ``env`` as its whole environment."""
    with TemporaryDirectory() as folder:
        process = _forkserver.Process(target=_run, args=(command, env, folder))
        process.start()
        process.join(TIMEOUT_SECONDS)
        assert process.exitcode is not None, f"{command} took longer than {TIMEOUT_SECONDS} s"
        outputs = [Path(folder, name).read_text() for name in ("stdout", "stderr")]
    return CompletedProcess(command, process.exitcode, *outputs)


def _run(command: tuple[str, ...], env: dict[str, str], folder: str) -> None:
    for stream in (sys.stdout, sys.stderr):
        descriptor = os.open(Path(folder, stream.name.strip("<>")), os.O_WRONLY | os.O_CREAT)
        os.dup2(descriptor, stream.fileno())
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["issue-portal", *command]
    main()
