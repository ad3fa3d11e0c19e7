"""Sync and async clients, and servers with each variant of the API."""

import asyncio
import inspect
import ssl
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx
import pytest

from issue_portal.client.async_client import AsyncIssuesClient
from issue_portal.client.client import IssuesClient
from issue_portal.models.requests import NewIssue, ThreadConfig
from issue_portal.models.vocabulary import Role
from tests.factories import make_new_issue
from tests.servers import newer_api, original_api
from tests.servers.installation import DATABASES, Server, VariantServer, make_variant_server

# Created once, because loading the certificates takes longer than a test.
TLS = ssl.create_default_context()


class SyncClient(IssuesClient):
    """An `IssuesClient` that closes the httpx client that it was made with."""

    def __init__(self, url: str, token=None, **settings) -> None:
        super().__init__(url, token, **{"http_client": httpx.Client(verify=TLS)} | settings)

    def close_connections(self) -> None:
        self._http.close()

    close = close_connections


class BlockingAsyncClient:
    """An `AsyncIssuesClient` with the methods of `IssuesClient`, so that one test checks both."""

    def __init__(self, url: str, token, **settings) -> None:
        # Playwright's event loop runs in the main thread, so this client's loop needs a new thread.
        self._thread = ThreadPoolExecutor(1)
        self._runner = asyncio.Runner()
        self._client = self._run(self._make(url, token, settings))

    def _run(self, coroutine):
        return self._thread.submit(self._runner.run, coroutine).result()

    async def _make(self, url, token, settings):
        settings = {"http_client": httpx.AsyncClient(verify=TLS)} | settings
        return AsyncIssuesClient(url, token, **settings)

    def iterate(self, *arguments, **named):
        yield from self._iterate(self._client.iterate(*arguments, **named))

    def _iterate(self, issues):
        issues = aiter(issues)
        while True:
            try:
                yield self._run(anext(issues))
            except StopAsyncIteration:
                return

    def list(self, *arguments, **named):
        return BlockingPage(self, self._run(self._client.list(*arguments, **named)))

    def with_options(self, **options):
        return self._wrap(self._client.with_options(**options))

    @property
    def with_raw_response(self):
        return self._wrap(self._client.with_raw_response)

    def _wrap(self, client):
        other = object.__new__(BlockingAsyncClient)
        vars(other).update(vars(self) | {"_client": client})
        return other

    def close_connections(self) -> None:
        self._run(self._client._http.aclose())

    def close(self) -> None:
        self.close_connections()
        self._thread.submit(self._runner.close).result()
        self._thread.shutdown()

    def __getattr__(self, name: str):
        method = getattr(self._client, name)
        assert inspect.iscoroutinefunction(method), name
        return lambda *arguments, **named: self._run(method(*arguments, **named))


class BlockingPage:
    """An `AsyncIssuePage` with the methods of `SyncIssuePage`."""

    def __init__(self, client: BlockingAsyncClient, page) -> None:
        self._client = client
        self.page = page

    def next_page(self):
        page = self._client._run(self.page.next_page())
        return page and BlockingPage(self._client, page)

    def __iter__(self):
        return self._client._iterate(self.page)

    def __getattr__(self, name: str):
        return getattr(self.page, name)


ClientFactory = Callable[..., IssuesClient]


@pytest.fixture(params=[SyncClient, BlockingAsyncClient], ids=["sync", "async"])
def client_factory(request) -> Iterator[ClientFactory]:
    """Make a sync or an async client."""
    clients = []

    def make(url: str, token="the-token-of-the-tests", **settings) -> IssuesClient:
        clients.append(request.param(url, token, **settings))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def make_client(client_factory) -> ClientFactory:
    """Make a client with short timeouts, which still suffice on a busy machine."""
    return lambda url, **settings: client_factory(
        url, **{"timeout": 4.0, "total_timeout": 10.0} | settings
    )


def run_in_new_thread(function, *arguments):
    """Call ``function`` in another thread: Playwright keeps an event loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(function, *arguments).result()


@dataclass
class ApiVariant:
    """A running server with one variant of the API, and the settings of a client for it."""

    name: str
    """``original``, ``newer`` or ``ours``."""
    server: Server
    token: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    required_fields: dict[str, object] = field(default_factory=dict)
    """Fields that each new issue must have."""

    def make_client(
        self, client_factory: ClientFactory, *, url: str = "", **settings
    ) -> IssuesClient:
        """Make a client with all permissions, for this server or for ``url``."""
        token = self.token or self.server.token(f"R{uuid.uuid4().hex[:8]}", Role.ADMIN)
        return client_factory(url or self.server.url, token, **self.settings, **settings)

    def make_new_issue(self, description: str, **fields) -> NewIssue:
        return make_new_issue(description, **self.required_fields, **fields)


def make_variant(name: str, server: VariantServer) -> ApiVariant:
    """Return the ``original`` or the ``newer`` variant, which ``server`` has."""
    if name == "original":
        return ApiVariant(name, server, original_api.TOKEN)
    config = ThreadConfig(thread_id="thread_1", reported_interaction_id="interaction_1")
    required_fields = {"project_id": newer_api.PROJECT, "config": config}
    return ApiVariant(name, server, newer_api.TOKEN, {"org": newer_api.ORG}, required_fields)


VARIANTS = {
    "original": {},
    "original-ignoring": {"ignores_parameters": True, "plain_text_errors": True},
    "newer": {},
    "newer-strict": {
        "required_parameters": True,
        "ascending": True,
        "named_fields": True,
        "latency": 20,
    },
}
"""Options of the servers with other variants of the API."""


@pytest.fixture(params=[*VARIANTS, *DATABASES])
def api_variant(request, api_on, remote_api) -> ApiVariant:
    """One variant of the API: the original or the newer one, or this project's on a database."""
    if request.param in DATABASES:
        return ApiVariant("ours", api_on(request.param))
    name = request.param.partition("-")[0]
    return make_variant(name, remote_api(name, **VARIANTS[request.param]))


@pytest.fixture
def new_variant(request, tmp_path) -> Iterator[ApiVariant]:
    """A variant of `VARIANTS` on a new server, which no client has called yet."""
    name = request.param.partition("-")[0]
    with make_variant_server(name, tmp_path / "data", **VARIANTS[request.param]) as server:
        yield make_variant(name, server)
