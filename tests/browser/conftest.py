"""People who use the portal in Chromium, and a portal with an OpenID Connect provider."""

import json
import re
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, expect

from issue_portal.client.client import IssuesClient
from issue_portal.models.requests import NewIssue
from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import IssueType, ResourceType
from tests.browser.person import Person
from tests.browser.remote_portal import RemotePortal, start_portal
from tests.client.conftest import VARIANTS
from tests.servers.installation import Server, make_portal_server
from tests.servers.oidc import COOKIE_SECRET, PEOPLE, ROLE_SETTINGS
from tests.servers.processes import find_free_port

expect.set_options(timeout=15_000)

RECEIVED = re.compile(r"Report #\d+ received")
"""Heading of the page after a report was sent."""


def report(
    client: IssuesClient,
    text: str,
    issue_type: IssueType = IssueType.FORMAT,
    *,
    anonymous: bool = False,
) -> Issue:
    """Send a report to the API, and return the issue."""
    return client.create(
        NewIssue(
            description=text,
            resource_type=ResourceType.THREAD,
            type=issue_type,
            anonymous=anonymous,
        )
    )


@pytest.fixture
def words() -> str:
    """A word that no other test uses, to find the issues of this test."""
    return f"mark{uuid.uuid4().hex[:10]}"


@pytest.fixture
def new_person(chromium, portal) -> Iterator:
    """A function that makes a `Person` at the portal; the test fails if they have ``failures``."""
    with people_at(chromium, portal) as make:
        yield make


@contextmanager
def people_at(browser: Browser, server: Server) -> Iterator:
    """Yield a function that makes a `Person`, by default at ``server``.

    At the end, the test fails if a person has ``failures``.
    """
    persons: list[Person] = []

    def make(server: Server = server, **options) -> Person:
        persons.append(Person(browser, server, **options))
        return persons[-1]

    yield make
    failures = [failure for person in persons for failure in person.failures]
    for person in persons:
        person.leaves()
    assert not failures


@pytest.fixture(scope="module", params=VARIANTS)
def remote(request, remote_api, tmp_path_factory) -> Iterator[RemotePortal]:
    variant = request.param.partition("-")[0]
    api = remote_api(variant, **VARIANTS[request.param])
    portal = start_portal(variant, api, tmp_path_factory.mktemp(variant) / "data")
    yield RemotePortal(variant, portal, api)
    portal.stop()


@pytest.fixture(scope="session")
def provider(tmp_path_factory) -> Iterator[Server]:
    """An OpenID Connect provider with the users of `tests.servers.oidc`."""
    port = find_free_port()
    people = [json.dumps({"sub": name, **claims}) for name, claims in PEOPLE.items()]
    options = [option for claims in people for option in ("--user-claims", claims)]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), *options]
    data_dir = tmp_path_factory.mktemp("provider") / "data"
    ready_path = "/.well-known/openid-configuration"
    server = Server(command, port, data_dir, {}, ready_path=ready_path).start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def oidc_portal(provider, tmp_path_factory) -> Iterator[Server]:
    """A portal with a provider under two names, and another provider that does not respond."""
    data_dir = tmp_path_factory.mktemp("oidc") / "data"
    roles = ROLE_SETTINGS | {"ISSUES_ROLE_CLAIM": "realm_access.roles"}
    server = make_portal_server(data_dir, **roles)
    server.provider_url = provider.url
    client = f"""
    client_id = "issue-portal"
    client_secret = "a secret"
    server_metadata_url = "{provider.url}{provider.ready_path}"
    """
    secrets = data_dir.parent / "secrets.toml"
    secrets.write_text(
        f"""
    [auth]
    redirect_uri = "{server.url}/oauth2callback"
    cookie_secret = "{COOKIE_SECRET}"
    {client}
    [auth.acme]
    {client}
    [auth.gone]
    {client.replace(provider.url, f"http://localhost:{find_free_port()}")}
    """
    )
    server.env["STREAMLIT_SECRETS_FILES"] = str(secrets)
    yield server.start()
    server.stop()
