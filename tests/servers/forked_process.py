"""Python programs that start quickly: one process imports the libraries and forks for each program.

Importing takes most of the time of a command, and half of that of a server until its first page.
"""

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import time
from pathlib import Path

from issue_portal.cli.commands import COMMANDS

_forkserver = multiprocessing.get_context("forkserver")
_forkserver.set_forkserver_preload(
    [
        "alembic.command",
        "issue_portal.server.http.app",
        "numpy",
        "PIL.Image",
        "streamlit.web.cli",
        "streamlit.web.server.starlette",
        "uvicorn.main",
        "zxcvbn",
        *{target.partition(":")[0] for target in COMMANDS.values()},
    ]
)


class ForkedProcess:
    """A process that runs a Python module, with what tests use of `subprocess.Popen`."""

    def __init__(
        self, command: list[str], *, folder: Path, env: dict[str, str], stdout: Path, stderr: Path
    ) -> None:
        """Run ``command``, ``[sys.executable, "-m", module, …]``, with ``env`` as its environment.

        Output is appended to the files ``stdout`` and ``stderr``.
        """
        assert command[:2] == [sys.executable, "-m"]
        for file in (stdout, stderr):
            file.touch()
        arguments = (command[2:], folder, env, stdout, stderr)
        # A daemon, so that it ends with the tests.
        self._process = _forkserver.Process(target=_run, args=arguments, daemon=True)
        self._process.start()
        self.pid: int = self._process.pid

    def poll(self) -> int | None:
        """Return the exit code, or None while the process runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the process has ended; return its exit code."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout or 0)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send SIGTERM, unless the process has ended."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL, unless the process has ended."""
        self.send_signal(signal.SIGKILL)


def _run(command: list[str], folder: Path, env: dict[str, str], stdout: Path, stderr: Path) -> None:
    for path, stream in ((stdout, sys.stdout), (stderr, sys.stderr)):
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
        os.dup2(descriptor, stream.fileno())
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    sys.argv = command
    runpy.run_module(command[0], run_name="__main__", alter_sys=True)
