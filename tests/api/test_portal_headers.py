"""Trusted headers of proxies, and security headers of responses."""

import re
from contextlib import ExitStack

import httpx
import pytest
from websockets.sync.client import connect

from tests.api.test_portal_sessions import assert_refused
from tests.servers.installation import make_portal_server


def test_two_identities_in_one_request_are_refused(tmp_path):
    headers = '{"X-Forwarded-Email": "email"}'
    server = make_portal_server(tmp_path / "data", STREAMLIT_SERVER_TRUSTED_USER_HEADERS=headers)
    server.env["ISSUES_REVIEWERS"] = "boss@example.com"
    server.start()
    member_headers = [("X-Forwarded-Email", "member@example.com")]
    both_headers = [*member_headers, ("X-Forwarded-Email", "boss@example.com")]
    try:
        url = f"{server.url}/issues.csv"
        assert httpx.get(url, headers=[]).status_code == 401
        assert httpx.get(url, headers=both_headers[1:]).status_code == 200
        assert httpx.get(url, headers=both_headers).status_code == 400
        assert httpx.get(url, headers=both_headers[::-1]).status_code == 400

        def open_session(request_headers):
            stream = f"ws://localhost:{server.port}/_stcore/stream"
            with connect(
                stream, subprotocols=["streamlit"], additional_headers=request_headers
            ) as connection:
                return connection.response.status_code

        assert open_session(member_headers) == 101
        assert_refused(open_session, both_headers, status=400)
    finally:
        server.stop()


def test_client_addresses_of_untrusted_proxies_are_ignored(tmp_path):
    settings = {"ISSUES_MAX_SESSIONS_OF_ONE": "1", "FORWARDED_ALLOW_IPS": "192.0.2.1"}
    server = make_portal_server(tmp_path / "data", **settings).start()
    try:
        with ExitStack() as stack:
            # The proxy is not trusted, so the portal counts the connections for localhost, which
            # has no limit.
            for _ in range(3):
                connection = connect(
                    f"ws://localhost:{server.port}/_stcore/stream",
                    subprotocols=["streamlit"],
                    additional_headers={"X-Forwarded-For": "203.0.113.1"},
                )
                stack.enter_context(connection)
    finally:
        server.stop()


@pytest.mark.parametrize(
    "path",
    ["/", "/review", "/_stcore/health", "/api/health", "/api/docs", "/api/v1/app/me", "/none.js"],
)
def test_every_response_has_the_security_headers(portal, path):
    headers = httpx.get(portal.url + path).headers
    policy = headers["Content-Security-Policy"]
    # The hash allows the only inline script of the pages.
    assert re.match(r"default-src 'none'; script-src 'self' 'sha256-[\w+/]{43}='; ", policy)
    assert "frame-ancestors 'self'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
