"""Server processes for tests, benchmarks and screenshots: start, wait until ready, stop.

This module imports no code of the portal or the API.
"""

import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

import httpx

ROOT: Final = Path(__file__).parents[2]
START_TIMEOUT: Final = 120.0
"""Longest time from the start of a process until it is ready, in seconds."""

PORTAL_READY: Final = "/_stcore/health"
API_READY: Final = "/api/ready"
"""Paths that return a success status once the portal or the API is ready."""

HAPROXY: Final = ["haproxy", "-f", str(ROOT / "deploy" / "haproxy.cfg")]


@dataclass
class ServerProcess:
    """A server process that can stop or be killed, and start again with the same data."""

    command: list[str]
    port: int
    data_dir: Path
    env: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    ready_path: str = API_READY
    folder: Path = ROOT
    log_file: Path | None = None
    """File for the output of the process; by default next to the data directory."""
    start_duration: float = field(default=0.0, init=False)
    """Seconds from the start of the process until it was ready."""

    def __post_init__(self) -> None:
        self.log_file = self.log_file or self.data_dir.parent / f"{self.data_dir.name}.log"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Base URL, without a path."""
        return f"http://localhost:{self.port}"

    @property
    def log(self) -> str:
        """Output of the process so far."""
        return self.log_file.read_text() if self.log_file else ""

    @property
    def passwords(self) -> dict[str, str]:
        """Passwords of the first accounts by user name, which the portal has printed."""
        # On one line if the log is JSON.
        notice = self.log.partition("are shown only once:")[2]
        return dict(re.findall(r"\s(member|reviewer) +([^\s\"]+)", notice)[:2])

    def start(self) -> Self:
        """Start the process and wait until it is ready."""
        start_time = time.monotonic()
        self.process = self._launch()
        while not self._is_ready():
            is_running = self.process.poll() is None
            if not is_running or time.monotonic() - start_time > START_TIMEOUT:
                self.stop()
                raise AssertionError(f"not ready: {' '.join(self.command)}\n{self.log}")
            time.sleep(0.02)
        self.start_duration = time.monotonic() - start_time
        return self

    def _launch(self) -> subprocess.Popen[bytes]:
        with (self.log_file or Path(os.devnull)).open("a") as output:
            return subprocess.Popen(
                self.command, cwd=self.folder, env=self.env, stdout=output, stderr=output
            )

    def _is_ready(self) -> bool:
        if not self.ready_path:
            return True
        try:
            # The URL is HTTP, and loading certificates takes longer than the request.
            return httpx.get(f"{self.url}{self.ready_path}", timeout=5, verify=False).is_success
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        """Send SIGTERM, and wait until the process has ended."""
        if self.process:
            self.process.terminate()
            # Open connections, such as those of an attack, get 25 s.
            self.process.wait(40)
            self.process = None

    def kill(self) -> None:
        """Send SIGKILL, and wait until the process has ended."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def measure_memory(self) -> float:
        """Return the resident memory of the process in megabytes."""
        assert self.process
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.findall(r"^VmRSS:\s+(\d+)", status, re.MULTILINE)[0]) / 1024

    def measure_processor_time(self) -> float:
        """Return the processor time that the process has used, in seconds."""
        assert self.process
        stat = Path(f"/proc/{self.process.pid}/stat").read_text()
        in_user, in_system = stat.rpartition(")")[2].split()[11:13]
        return (int(in_user) + int(in_system)) / os.sysconf("SC_CLK_TCK")


def make_environment(data_dir: Path, **extra: str) -> dict[str, str]:
    """Return the environment for a server with this data directory and the ``extra`` variables.

    The server inherits all variables of this process except ``ISSUES_…``.
    """
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("ISSUES_")
    }
    return {**inherited, "ISSUES_DATA_DIR": str(data_dir), **extra}


def find_free_port() -> int:
    """Return a TCP port on which no process listens.

    It is not an ephemeral port (on Linux, from 32768): the system could give such a port to another
    process before the server listens on it.
    """
    while True:
        port = 11_000 + secrets.randbelow(20_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def make_api_command(port: int) -> list[str]:
    """Return the command that starts the API without the portal."""
    return [sys.executable, "-m", "issue_portal", "serve", "--port", str(port)]


def make_portal_command(port: int, script: str = "app.py") -> list[str]:
    """Return the command that starts the portal, or another Streamlit script."""
    return [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)]


def make_uvicorn_command(app: str, port: int) -> list[str]:
    """Return the command that starts an ASGI application (``module:name``)."""
    return [sys.executable, "-m", "uvicorn", app, "--port", str(port)]


def make_proxy_environment(
    bind: str, bind_inside: str, portals: Iterable[str], apis: Iterable[str]
) -> dict[str, str]:
    """Return the environment for `deploy/haproxy.cfg`.

    The proxy listens at ``bind`` for browsers and at ``bind_inside`` for the portals, which reach
    the API there. ``portals`` and ``apis`` are addresses of replicas.
    """
    replicas = {
        f"{kind}_{number}": address
        for kind, addresses in (("PORTAL", portals), ("API", apis))
        for number, address in enumerate(addresses, 1)
    }
    return {**os.environ, "BIND": bind, "BIND_INSIDE": bind_inside, **replicas}


def find_chromium() -> str | None:
    """Return the path of the installed Chromium, or None to use Playwright's."""
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")
