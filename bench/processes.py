"""The processes that are measured, each with data of its own below ``bench/data``."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.servers.processes import (
    API_READY,
    HAPROXY,
    PORTAL_READY,
    ROOT,
    ServerProcess,
    api_command,
    free_port,
    portal_command,
    proxy_environment,
    uvicorn_command,
)
from tests.servers.processes import environment as environment_of

FOLDER = Path(__file__).parent
DATA = FOLDER / "data"
SECRET = "of the benchmark and known to everybody"
NO_LOG: Final = Path(os.devnull)


def environment(issues: int) -> dict[str, str]:
    """For an installation with so many issues."""
    settings = {"ISSUES_SECRET_KEY": SECRET, "ISSUES_RATE_LIMITS": "off"}
    return environment_of(DATA / str(issues), **settings)


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


def megabytes_on_disk(issues: int) -> float:
    """The size of the database."""
    files = (DATA / str(issues)).glob("issues.db*")
    return sum(file.stat().st_size for file in files) / 2**20


def api(issues: int) -> ServerProcess:
    """Make the API alone, which starts as a context manager."""
    port = free_port()
    return _server(api_command(port), port, environment(issues), API_READY)


def portal(issues: int) -> ServerProcess:
    """Make the portal with its API."""
    port = free_port()
    return _server(portal_command(port), port, environment(issues), PORTAL_READY)


def proxy(portal: ServerProcess) -> ServerProcess:
    """Make the proxy of `deploy/haproxy.cfg`. It trusts addresses sent by the PROXY protocol."""
    port, replicas = free_port(), 2 * [f"127.0.0.1:{portal.port}"]
    bind, inside = f"127.0.0.1:{port} accept-proxy", f"127.0.0.1:{free_port()}"
    env = proxy_environment(bind, inside, replicas, replicas)
    return _server(HAPROXY, port, env, "")


def bare_form() -> ServerProcess:
    """Make a bare Streamlit form with Streamlit's own defaults."""
    port = free_port()
    folder = DATA / "bare"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bare.py").write_text((FOLDER / "bare_streamlit_page.py").read_text())
    options = ["--server.headless", "true", "--browser.gatherUsageStats", "false"]
    command = [*portal_command(port, "bare.py"), *options]
    return _server(command, port, dict(os.environ), PORTAL_READY, folder)


def limit(answers: Path) -> ServerProcess:
    """Make a bare ASGI application that sends the ``answers``, on the server that we use."""
    port = free_port()
    command = uvicorn_command("bench.bare_asgi_app:app", port)
    quiet = ["--no-access-log", "--log-level", "error"]
    env = {**os.environ, "BENCH_ANSWERS": str(answers)}
    return _server([*command, *quiet], port, env, "/issue")


def _server(
    command: list[str], port: int, env: dict[str, str], ready_path: str, folder: Path = ROOT
) -> ServerProcess:
    return ServerProcess(
        command, port, DATA, env, ready_path=ready_path, folder=folder, log_file=NO_LOG
    )


def _run(command: list[str], env: dict[str, str]) -> str:
    command = [sys.executable, *command]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout
