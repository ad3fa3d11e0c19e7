"""Fixtures of all tests: databases, shared servers and a browser."""

import random
import subprocess
import uuid
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.servers.installation import (
    DATABASES,
    Server,
    api_server,
    portal_server,
    postgresql_server,
    redis_server,
    strict_server,
)
from tests.servers.processes import find_chromium


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shuffle", metavar="SEED", help="run the tests in a random order")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Shuffle the files, and the tests in each: module fixtures start once per file."""
    if seed := config.getoption("--shuffle"):
        chance = random.Random(seed)
        places = {item.path: chance.random() for item in sorted(items, key=lambda i: i.nodeid)}
        items.sort(key=lambda item: item.nodeid)
        chance.shuffle(items)
        items.sort(key=lambda item: places[item.path])


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen]]:
    """A Redis server: its URL, and its process, which a test may kill."""
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
    """Return the API on a kind of database; it starts at the first call."""

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
            executable_path=find_chromium(),
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
