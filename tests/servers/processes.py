"""Server processes for tests, benchmarks and screenshots: start, wait until ready, stop.

It imports nothing of the portal. The portal and the API never import it.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

import httpx

ROOT: Final = Path(__file__).parents[2]
LONGEST_START: Final = 120.0
"""Seconds after which a process that is not ready counts as broken."""

PORTAL_READY: Final = "/_stcore/health"
API_READY: Final = "/api/ready"
HAPROXY: Final = ["haproxy", "-f", str(ROOT / "deploy" / "haproxy.cfg")]


@dataclass
class ServerProcess:
    """A server that can be killed and started again on the same data."""

    command: list[str]
    port: int
    data_dir: Path
    env: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    ready_path: str = API_READY
    folder: Path = ROOT
    log_file: Path | None = None
    """File for its output. The default lies beside the data directory."""
    started_in: float = field(default=0.0, init=False)
    """Seconds from the start of the process to its first response."""

    def __post_init__(self) -> None:
        self.log_file = self.log_file or self.data_dir.parent / f"{self.data_dir.name}.log"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Address without a path."""
        return f"http://localhost:{self.port}"

    @property
    def log(self) -> str:
        """Output so far."""
        return self.log_file.read_text() if self.log_file else ""

    @property
    def passwords(self) -> dict[str, str]:
        """Passwords of the first accounts, which the portal prints once."""
        return dict(re.findall(r"^ +(member|reviewer) +(\S+)$", self.log, re.MULTILINE))

    def start(self) -> Self:
        """Start the process and wait until it is ready."""
        begun = time.monotonic()
        with (self.log_file or Path(os.devnull)).open("a") as output:
            self.process = subprocess.Popen(
                self.command, cwd=self.folder, env=self.env, stdout=output, stderr=output
            )
        while not self._is_ready():
            is_running = self.process.poll() is None
            if not is_running or time.monotonic() - begun > LONGEST_START:
                self.stop()
                raise AssertionError(f"not ready: {' '.join(self.command)}\n{self.log}")
            time.sleep(0.02)
        self.started_in = time.monotonic() - begun
        return self

    def _is_ready(self) -> bool:
        if not self.ready_path:
            return True
        try:
            # Loading certificates takes longer than the request.
            return httpx.get(f"{self.url}{self.ready_path}", timeout=5, verify=False).is_success
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        """Ask the process to stop, and wait until it has."""
        if self.process:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    def kill(self) -> None:
        """End the process without notice."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def megabytes(self) -> float:
        """Resident memory."""
        assert self.process
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.findall(r"^VmRSS:\s+(\d+)", status, re.MULTILINE)[0]) / 1024


def environment(data_dir: Path, **extra: str) -> dict[str, str]:
    """Our environment without settings of the portal, plus a data directory and ``extra``."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("ISSUES_")}
    return {**others, "ISSUES_DATA_DIR": str(data_dir), **extra}


def free_port() -> int:
    """Find a port that no process listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def api_command(port: int) -> list[str]:
    """Command of the API alone."""
    return [sys.executable, "-m", "issue_portal", "serve", "--port", str(port)]


def portal_command(port: int, script: str = "app.py") -> list[str]:
    """Command of the portal with its embedded API, or of another Streamlit script."""
    return [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)]


def uvicorn_command(app: str, port: int) -> list[str]:
    """Command of an ASGI application."""
    return [sys.executable, "-m", "uvicorn", app, "--port", str(port)]


def proxy_environment(
    bind: str, bind_inside: str, portals: Iterable[str], apis: Iterable[str]
) -> dict[str, str]:
    """Values for `deploy/haproxy.cfg`: its two addresses, and those of the replicas."""
    replicas = {
        f"{kind}_{number}": address
        for kind, addresses in (("PORTAL", portals), ("API", apis))
        for number, address in enumerate(addresses, 1)
    }
    return {**os.environ, "BIND": bind, "BIND_INSIDE": bind_inside, **replicas}


def find_chromium() -> str | None:
    """Path of the installed browser, or None for Playwright's own."""
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")
