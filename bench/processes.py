"""The processes that are measured, each with data of its own below ``bench/data``."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

FOLDER = Path(__file__).parent
DATA = FOLDER / "data"
ROOT = FOLDER.parent
SECRET = "of the benchmark and known to everybody"
LONGEST_START = 120

Running = AbstractContextManager["Process"]


@dataclass
class Process:
    """One that answers at ``url``."""

    url: str
    pid: int
    started_in: float
    """Seconds until it answered."""

    def megabytes(self) -> float:
        """Memory that it holds."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        resident = next(line for line in lines if line.startswith("VmRSS"))
        return int(resident.split()[1]) / 1024


def environment(issues: int) -> dict[str, str]:
    """For an installation with so many issues."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("ISSUES_")},
        "ISSUES_DATA_DIR": str(DATA / str(issues)),
        "ISSUES_SECRET_KEY": SECRET,
        "ISSUES_RATE_LIMITS": "off",
    }


def filled(issues: int) -> None:
    """Make an installation with so many issues, unless it is there already."""
    done = DATA / str(issues) / "filled"
    if not done.exists():
        print(f"filling {issues:,} issues...", file=sys.stderr)
        _run(["-m", "bench.fill_database", str(issues)], environment(issues))
        done.touch()


def emptied(issues: int) -> None:
    """Remove an installation."""
    shutil.rmtree(DATA / str(issues), ignore_errors=True)


def token(issues: int) -> str:
    """An API token of a reviewer."""
    command = [
        "-m",
        "issue_portal",
        "token",
        "create",
        "--email",
        "bench@example.com",
        "--role",
        "AppAdmin",
    ]
    return _run(command, environment(issues)).strip()


def reviewer(issues: int) -> tuple[str, str]:
    """User name and password of somebody who reviews."""
    env = environment(issues)
    listed = _run(["-m", "issue_portal", "user", "list", "--json"], env)
    if "bench@example.com" not in listed:
        role = ["--role", "AppAdmin"]
        return "bench", _run(
            ["-m", "issue_portal", "user", "add", "bench@example.com", *role], env
        ).strip()
    return "bench", _run(["-m", "issue_portal", "user", "password", "bench"], env).strip()


def chromium() -> str | None:
    """Where the browser is; Playwright's own if there is none."""
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")


def megabytes_on_disk(issues: int) -> float:
    """The size of the database."""
    files = (DATA / str(issues)).glob("issues.db*")
    return sum(file.stat().st_size for file in files) / 2**20


@contextmanager
def api(issues: int) -> Iterator[Process]:
    """The API alone."""
    port = _free_port()
    command = [sys.executable, "-m", "issue_portal", "serve", "--port", str(port)]
    with _running(command, environment(issues), port, "/api/ready") as process:
        yield process


@contextmanager
def portal(issues: int) -> Iterator[Process]:
    """The portal with its API."""
    port = _free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with _running(command, environment(issues), port, "/_stcore/health") as process:
        yield process


@contextmanager
def proxy(portal: Process) -> Iterator[str]:
    """The proxy of `deploy/haproxy.cfg`; it believes what the PROXY protocol says."""
    port, server = _free_port(), f"127.0.0.1:{urlsplit(portal.url).port}"
    where = {"BIND": f"127.0.0.1:{port} accept-proxy", "BIND_INSIDE": f"127.0.0.1:{_free_port()}"}
    replicas = dict.fromkeys(("PORTAL_1", "PORTAL_2", "API_1", "API_2"), server)
    command = ["haproxy", "-f", str(ROOT / "deploy" / "haproxy.cfg")]
    process = subprocess.Popen(
        command,
        env=dict(os.environ) | where | replicas,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


@contextmanager
def bare_form() -> Iterator[Process]:
    """A bare Streamlit form, with Streamlit's own defaults."""
    port = _free_port()
    folder = DATA / "bare"
    folder.mkdir(parents=True, exist_ok=True)
    page = (FOLDER / "bare_streamlit_page.py").read_text()
    (folder / "bare.py").write_text(page)
    options = ["--server.headless", "true", "--browser.gatherUsageStats", "false"]
    command = [sys.executable, "-m", "streamlit", "run", "bare.py", "--server.port", str(port)]
    with _running(command + options, dict(os.environ), port, "/_stcore/health", folder) as process:
        yield process


@contextmanager
def limit(answers: Path) -> Iterator[Process]:
    """A bare ASGI application that gives the ``answers``, on the same server, loop and parser."""
    port = _free_port()
    command = [sys.executable, "-m", "uvicorn", "bench.bare_asgi_app:app", "--port", str(port)]
    quiet = ["--no-access-log", "--log-level", "error"]
    given = {**os.environ, "BENCH_ANSWERS": str(answers)}
    with _running(command + quiet, given, port, "/issue") as process:
        yield process


@contextmanager
def _running(
    command: list[str], env: dict[str, str], port: int, path: str, folder: Path = ROOT
) -> Iterator[Process]:
    url = f"http://localhost:{port}"
    begun = time.monotonic()
    process = subprocess.Popen(
        command, cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while True:
            try:
                if httpx.get(url + path, verify=False).is_success:
                    break
            except httpx.TransportError:
                pass
            if process.poll() is not None or time.monotonic() - begun > LONGEST_START:
                raise RuntimeError(f"does not start: {' '.join(command)}")
            time.sleep(0.02)
        yield Process(url, process.pid, time.monotonic() - begun)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _run(command: list[str], env: dict[str, str]) -> str:
    command = [sys.executable, *command]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
