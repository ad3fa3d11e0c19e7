"""Sign-in at a proxy, which tells the portal in trusted headers who the user is."""

import json
import sys
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import expect

from tests.servers import original_api, proxy
from tests.servers.installation import Server, make_portal_server, make_portal_with_remote_api
from tests.servers.oidc import ROLE_SETTINGS
from tests.servers.processes import find_free_port


@pytest.fixture(scope="module")
def proxied_portal(tmp_path_factory) -> Iterator[Server]:
    """A proxy that signs people in, with a portal behind it."""
    directory = tmp_path_factory.mktemp("proxied")
    portal = make_portal_server(directory / "data", **ROLE_SETTINGS, ISSUES_ROLE_CLAIM="groups")
    portal.env["STREAMLIT_SERVER_TRUSTED_USER_HEADERS"] = json.dumps(proxy.TRUSTED_USER_HEADERS)
    portal.start()
    port = find_free_port()
    command = [sys.executable, "-m", "tests.servers.proxy", str(port), str(portal.port)]
    server = Server([*command, "203.0.113.7"], port, directory / "proxy", portal.env)
    yield server.start()
    server.stop()
    portal.stop()


def with_proxy_user(person, value: str):
    """Set the cookie from which the proxy reads the user: ``email/group,group``."""
    person.context.add_cookies([{"name": proxy.COOKIE, "value": value, "url": person.server.url}])
    return person


def test_proxy_signs_people_in(new_person, proxied_portal):
    rob = with_proxy_user(new_person(proxied_portal), "Rob@Example.com/staff,issue-reviewers")
    rob.opens("/review").sees("Newest")
    rob.opens_menu().sees("rob@example.com · Reviewer").sees(
        "Your organisation manages your sign-in."
    )
    expect(rob.page.get_by_role("button", name="Sign out")).to_have_count(0)
    cookies = {proxy.COOKIE: "rob@example.com/issue-reviewers"}
    assert httpx.get(f"{proxied_portal.url}/issues.csv", cookies=cookies).status_code == 200
    mia = with_proxy_user(new_person(proxied_portal), "mia@example.com/staff").opens("/account")
    mia.sees("mia@example.com").opens("/review").sees("This page is for reviewers.")
    eve = with_proxy_user(new_person(proxied_portal), "eve@elsewhere.example/staff").opens(
        "/my_issues"
    )
    eve.sees("Sign in to see this page.").sees("which has no access here.")


def test_identity_headers_of_a_client_are_ignored(proxied_portal, portal):
    headers = {"X-Forwarded-Email": "rob@example.com", "X-Forwarded-Groups": "issue-reviewers"}
    for server in (proxied_portal, portal):
        assert httpx.get(f"{server.url}/issues.csv", headers=headers).status_code == 401


def test_remote_api_gets_the_token_for_the_email_address(original_api_server, tmp_path):
    tokens = {"rob@example.com": original_api.TOKEN}
    portal = make_portal_with_remote_api(original_api_server.url, tmp_path / "data", tokens=tokens)
    portal.env["STREAMLIT_SERVER_TRUSTED_USER_HEADERS"] = json.dumps(proxy.TRUSTED_USER_HEADERS)
    portal.start()
    try:
        for email, status in (("Rob@Example.com", 200), ("mia@example.com", 401)):
            headers = {"X-Forwarded-Email": email}
            response = httpx.get(f"{portal.url}/issues.csv", headers=headers)
            assert response.status_code == status, response.text
    finally:
        portal.stop()
