"""Fixtures for all tests: databases, shared servers and a browser."""

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
    VariantServer,
    make_api_server,
    make_portal_server,
    make_variant_server,
    postgresql_server,
    redis_server,
)
from tests.servers.processes import find_chromium


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shuffle", metavar="SEED", help="run the tests in a random order")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With ``--shuffle``, run the files in a random order, and the tests of each file, too.

    The tests of a file stay together, so that module fixtures start once.
    """
    if seed := config.getoption("--shuffle"):
        rng = random.Random(seed)
        file_order = {item.path: rng.random() for item in sorted(items, key=lambda i: i.nodeid)}
        items.sort(key=lambda item: item.nodeid)
        rng.shuffle(items)
        items.sort(key=lambda item: file_order[item.path])


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen]]:
    """A Redis server: its URL, and its process, which a test may kill."""
    with redis_server(tmp_path) as (port, process):
        yield f"redis://localhost:{port}", process


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Callable[[], str]]:
    """A function that creates a database on the PostgreSQL server and returns its URL."""
    with postgresql_server() as server:

        def make_database() -> str:
            name = f"test_{uuid.uuid4().hex}"
            server.psql(f"CREATE DATABASE {name}")
            return server.get_uri(database=name)

        yield make_database


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest) -> str:
    """A value for `ISSUES_DATABASE_URL`: a new PostgreSQL database, or "" for SQLite."""
    return request.getfixturevalue("postgresql")() if request.param == "postgresql" else ""


@pytest.fixture(scope="session")
def api_on(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Server]]:
    """A function that returns the shared API on ``sqlite`` or ``postgresql``.

    Its first call for a database starts the API.
    """
    started: list[Server] = []

    @cache
    def start(kind: str) -> Server:
        url = request.getfixturevalue("postgresql")() if kind == "postgresql" else ""
        data_dir = tmp_path_factory.mktemp(f"api-{kind}") / "data"
        server = make_api_server(data_dir, ISSUES_DATABASE_URL=url, ISSUES_RATE_LIMITS="off")
        started.append(server.start())
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture(params=DATABASES)
def api(request: pytest.FixtureRequest, api_on: Callable[[str], Server]) -> Server:
    """The API without the portal, once per database; shared by many tests."""
    return api_on(request.param)


@pytest.fixture(scope="session")
def remote_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., VariantServer]]:
    """A function that returns the shared server with a variant of the API and its options.

    For example ``remote_api("newer", latency=150)``. Its first call for each set of options starts
    the server.
    """
    started: list[VariantServer] = []

    @cache
    def start(variant: str, **options: int) -> VariantServer:
        server = make_variant_server(variant, tmp_path_factory.mktemp(variant) / "data", **options)
        started.append(server.start())
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="session")
def original_api_server(remote_api: Callable[..., VariantServer]) -> VariantServer:
    """A server with the original variant of the API; shared by many tests."""
    return remote_api("original")


@pytest.fixture(scope="session")
def newer_api_server(remote_api: Callable[..., VariantServer]) -> VariantServer:
    """A server with the newer variant of the API; shared by many tests."""
    return remote_api("newer")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Chromium; shared by all tests of a process."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--process-per-site",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The portal with its embedded API; shared by many tests."""
    # The limits count per address, and all tests have the same address.
    high_limits = dict.fromkeys(
        ("ISSUES_LIMIT_CREATE_VISITOR", "ISSUES_LIMIT_RECEIPT"), "1000/minute"
    )
    server = make_portal_server(tmp_path_factory.mktemp("portal") / "data", **high_limits).start()
    yield server
    server.stop()
