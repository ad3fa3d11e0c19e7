"""Clients of both kinds, and servers of each form of the contract."""

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
from issue_portal.models.vocabulary import IssueType, ResourceType, Role
from tests.servers import newer_form, original_form
from tests.servers.installation import DATABASES, Server

# Made once: it takes longer than a whole test.
TLS = ssl.create_default_context()


def waiting(url: str, token, **settings) -> IssuesClient:
    return IssuesClient(url, token, transport=httpx.HTTPTransport(verify=TLS), **settings)


class Awaited:
    """Wraps an `AsyncIssuesClient` like an `IssuesClient`, so that one test checks both."""

    def __init__(self, url: str, token, **settings) -> None:
        # In a thread of its own: Playwright keeps an event loop running in the tests' own one.
        self._thread = ThreadPoolExecutor(1)
        self._runner = asyncio.Runner()
        self._client = self._run(self._make(url, token, settings))

    def _run(self, coroutine):
        return self._thread.submit(self._runner.run, coroutine).result()

    async def _make(self, url, token, settings):
        transport = httpx.AsyncHTTPTransport(verify=TLS)
        return AsyncIssuesClient(url, token, transport=transport, **settings)

    def iterate(self, *arguments):
        issues = self._client.iterate(*arguments)
        while True:
            try:
                yield self._run(anext(issues))
            except StopAsyncIteration:
                return

    def close(self) -> None:
        self._run(self._client.aclose())
        self._thread.submit(self._runner.close).result()
        self._thread.shutdown()

    def __getattr__(self, name: str):
        method = getattr(self._client, name)
        assert inspect.iscoroutinefunction(method), name
        return lambda *arguments, **named: self._run(method(*arguments, **named))


Connect = Callable[..., IssuesClient]


@pytest.fixture(params=[waiting, Awaited], ids=["sync", "async"])
def connect(request) -> Iterator[Connect]:
    """Make a client of either kind."""
    made = []

    def connect(url: str, token="the-token-of-the-tests", **settings) -> IssuesClient:
        made.append(request.param(url, token, **settings))
        return made[-1]

    yield connect
    for client in made:
        client.close()


@pytest.fixture
def quick(connect) -> Connect:
    """Make a client that gives up soon, but not on a busy machine."""
    return lambda url, **settings: connect(url, **{"timeout": 4.0, "patience": 10.0} | settings)


def apart(function, *arguments):
    """Call a function in a thread, since Playwright keeps an event loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(function, *arguments).result()


@dataclass
class Form:
    """A running server of one form, and the settings of a client for it."""

    name: str
    server: Server
    token: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    given: dict[str, object] = field(default_factory=dict)

    def connect(self, connect: Connect, *, url: str = "", **settings) -> IssuesClient:
        """Make a client with all permissions."""
        token = self.token or self.server.token(f"R{uuid.uuid4().hex[:8]}", Role.ADMIN)
        return connect(url or self.server.url, token, **self.settings, **settings)

    def new(self, description: str, *, anonymous: bool = False, **fields) -> NewIssue:
        return new(description, anonymous=anonymous, **self.given, **fields)


def new(description="x", **fields) -> NewIssue:
    return NewIssue(
        description=description,
        resource_type=ResourceType.THREAD,
        **{"type": IssueType.OTHER, "anonymous": False} | fields,
    )


@pytest.fixture(params=["original", "newer", *DATABASES])
def form(request, api_on) -> Form:
    """Each form of the contract in turn, and ours on either database."""
    if request.param in DATABASES:
        return Form("ours", api_on(request.param))
    server = request.getfixturevalue(f"{request.param}_server")
    if request.param == "original":
        return Form("original", server, original_form.TOKEN)
    config = ThreadConfig(thread_id="thread_1", reported_interaction_id="interaction_1")
    given = {"project_id": newer_form.PROJECT, "config": config}
    return Form("newer", server, newer_form.TOKEN, {"org": newer_form.ORG}, given)
