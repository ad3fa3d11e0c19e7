"""Real servers for the tests: each is a process of its own, with a data directory of its own."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from api import portal_token
from api.client import IssuesClient
from api.contract import Role
from api.keys import Keys
from api.portal_token import Person

ROOT = Path(__file__).parent.parent
SECRET = "a secret of the tests, which is long enough"


def environment(data_dir: Path, **extra: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ISSUES_")}
    return {**kept, "ISSUES_DATA_DIR": str(data_dir), **extra}


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

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def log(self) -> str:
        return (self.data_dir.parent / f"{self.data_dir.name}.log").read_text()

    @property
    def passwords(self) -> dict[str, str]:
        return dict(re.findall(r"^ +(member|reviewer) +(\S+)$", self.log, re.MULTILINE))

    def start(self) -> "Server":
        log = (self.data_dir.parent / f"{self.data_dir.name}.log").open("a")
        self.process = subprocess.Popen(
            self.command, cwd=ROOT, env=self.env, stdout=log, stderr=subprocess.STDOUT
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log
            try:
                if httpx.get(f"{self.url}{self.ready_path}", timeout=5).is_success:
                    return self
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError(f"not ready: {self.log}")

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    def token(self, name: str, role: Role = Role.MEMBER) -> str:
        """What the portal would send for the person called ``name``."""
        person = Person(f"{name.lower()}@example.com", name, role)
        return portal_token.sign(Keys(SECRET).derive("portal"), person)

    def guest_token(self) -> str:
        return portal_token.sign(Keys(SECRET).derive("portal"), None)

    def client(self, token: str) -> IssuesClient:
        return IssuesClient(self.url, token)


def api_server(data_dir: Path, **extra: str) -> Server:
    port = free_port()
    command = [sys.executable, "-m", "api", "serve", "--port", str(port)]
    return Server(command, port, data_dir, environment(data_dir, ISSUES_SECRET_KEY=SECRET, **extra))


def portal_server(data_dir: Path, **extra: str) -> Server:
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    return Server(command, port, data_dir, environment(data_dir, ISSUES_SECRET_KEY=SECRET, **extra))


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The API alone, shared by tests that do not disturb each other."""
    server = api_server(tmp_path_factory.mktemp("api") / "data").start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The portal with its embedded API, shared by tests that do not disturb each other."""
    server = portal_server(tmp_path_factory.mktemp("portal") / "data").start()
    yield server
    server.stop()
