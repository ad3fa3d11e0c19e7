"""Sign-in by a proxy that sends the user in trusted headers."""

import json
import sys
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import expect

from tests.servers import original_api, proxy
from tests.servers.installation import Server, portal_server, portal_with_remote_api
from tests.servers.oidc import ROLE_SETTINGS
from tests.servers.processes import free_port


@pytest.fixture(scope="module")
def behind(tmp_path_factory) -> Iterator[Server]:
    """A portal behind a proxy that signs people in; the address is that of the proxy."""
    directory = tmp_path_factory.mktemp("behind")
    portal = portal_server(directory / "data", **ROLE_SETTINGS, ISSUES_ROLE_CLAIM="groups")
    portal.env["STREAMLIT_SERVER_TRUSTED_USER_HEADERS"] = json.dumps(proxy.TRUSTED_USER_HEADERS)
    portal.start()
    port = free_port()
    command = [sys.executable, "-m", "tests.servers.proxy", str(port), str(portal.port)]
    server = Server([*command, "203.0.113.7"], port, directory / "proxy", portal.env)
    yield server.start()
    server.stop()
    portal.stop()


def known_as(person, value: str):
    person.context.add_cookies([{"name": proxy.COOKIE, "value": value, "url": person.server.url}])
    return person


def test_proxy_signs_people_in(people, behind):
    rob = known_as(people(behind), "Rob@Example.com/staff,issue-reviewers")
    rob.opens("/review").sees("More filters")
    rob.goes_to("Rob").sees("rob@example.com").sees("Your organisation manages your sign-in.")
    expect(rob.page.get_by_role("button", name="Sign out")).to_have_count(0)
    jar = {proxy.COOKIE: "rob@example.com/issue-reviewers"}
    assert httpx.get(f"{behind.url}/issues.csv", cookies=jar).status_code == 200
    mia = known_as(people(behind), "mia@example.com/staff").opens("/sign_in")
    mia.sees("mia@example.com").opens("/review").sees("This page is for reviewers.")
    eve = known_as(people(behind), "eve@elsewhere.example/staff").opens("/my_issues")
    eve.sees("Sign in to see this page.").sees("which has no access here.")


def test_identity_headers_of_a_client_are_ignored(behind, portal):
    headers = {"X-Forwarded-Email": "rob@example.com", "X-Forwarded-Groups": "issue-reviewers"}
    for server in (behind, portal):
        assert httpx.get(f"{server.url}/issues.csv", headers=headers).status_code == 401


def test_remote_server_gets_the_token_of_the_persons_address(original_server, tmp_path):
    tokens = {"rob@example.com": original_api.TOKEN}
    portal = portal_with_remote_api(original_server.url, tmp_path / "data", tokens=tokens)
    portal.env["STREAMLIT_SERVER_TRUSTED_USER_HEADERS"] = json.dumps(proxy.TRUSTED_USER_HEADERS)
    portal.start()
    try:
        for email, status in (("Rob@Example.com", 200), ("mia@example.com", 401)):
            headers = {"X-Forwarded-Email": email}
            answer = httpx.get(f"{portal.url}/issues.csv", headers=headers)
            assert answer.status_code == status, answer.text
    finally:
        portal.stop()
