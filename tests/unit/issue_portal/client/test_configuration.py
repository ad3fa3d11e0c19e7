"""Settings of a client: arguments, environment variables, headers and options."""

import os
import subprocess
import sys

import pytest

import issue_portal
from issue_portal import AuthenticationError, ConfigurationError, ServerError, __version__, errors
from issue_portal.client.async_client import AsyncIssuesClient
from issue_portal.client.client import IssuesClient
from tests.servers.scripted_server import serving

OK = (200, {}, {"id": "x", "issue_number": 7})
VARIABLES = ("ISSUES_API_URL", "ISSUES_API_TOKEN", "ISSUES_ORG")


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def get_headers(server) -> dict:
    """Return the headers of the last request, with lower-case names."""
    return {name.lower(): value for name, value in server.requests[-1][2].items()}


def test_missing_arguments_come_from_the_environment(client_factory, monkeypatch):
    with serving(OK) as server:
        monkeypatch.setenv("ISSUES_API_URL", f" {server.url}/api/v1 ")
        monkeypatch.setenv("ISSUES_API_TOKEN", "token-of-the-environment")
        monkeypatch.setenv("ISSUES_ORG", "aurora")
        client_factory(None, None).get("x")
        assert server.calls == ["GET /issue/x"]
        headers = get_headers(server)
        assert headers["authorization"] == "Bearer token-of-the-environment"
        assert headers["x-org"] == "aurora"


def test_arguments_win_over_the_environment(client_factory, monkeypatch):
    for name in VARIABLES:
        monkeypatch.setenv(name, "http://127.0.0.1:1/wrong")
    with serving(OK) as server:
        client_factory(server.url, "own-token", org="own").get("x")
        assert get_headers(server)["authorization"] == "Bearer own-token"
        assert get_headers(server)["x-org"] == "own"
        client_factory(server.url, lambda: "own-token", org="").get("x")
        assert "x-org" not in get_headers(server)
        client_factory(server.url, "own-token", default_headers={"X-Org": "own"}).get("x")
        assert get_headers(server)["x-org"] == "own"


@pytest.mark.parametrize("client_type", [IssuesClient, AsyncIssuesClient])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_missing_settings_are_named(client_type, value, monkeypatch):
    if value is not None:
        for name in VARIABLES:
            monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=r"base_url.*ISSUES_API_URL"):
        client_type(token="t")
    with pytest.raises(ConfigurationError, match=r"token.*ISSUES_API_TOKEN"):
        client_type("http://localhost")


@pytest.mark.parametrize("path", ["", "/", "/api/v1", "/api/v1/app", "/api/v1/app/", "/?a=b#c"])
@pytest.mark.parametrize("prefix", ["", "/issues", "/a%2Fb/c"])
def test_base_url_may_have_a_path(client_factory, prefix, path):
    with serving(OK) as server:
        client_factory(server.url + prefix + path).get("x")
        assert server.requests[0][1] == f"{prefix}/api/v1/app/issue/x"


@pytest.mark.parametrize(
    "url",
    [
        *("http://[::1", "http://localhost:port", "http://a\nb"),
        *("", "localhost", "localhost:8501", "ftp://localhost", "http://", "https:///api"),
    ],
)
def test_malformed_base_url_is_refused(url):
    with pytest.raises(ConfigurationError, match="base_url"):
        IssuesClient(url, "token")


@pytest.mark.parametrize(
    "options",
    [
        *({"timeout": value} for value in (0, -1, float("inf"), float("nan"), "5")),
        *({"total_timeout": value} for value in (0, -1, float("inf"), "5")),
        *({"max_retries": value} for value in (-1, 1.5, "5")),
    ],
    ids=str,
)
def test_limits_out_of_range_are_refused(options):
    (name,) = options
    client = IssuesClient("http://localhost", "token")
    for make in (
        lambda: IssuesClient("http://localhost", "token", **options),
        lambda: client.with_options(**options),
    ):
        with pytest.raises(ConfigurationError, match=f"^{name} must"):
            make()
    with pytest.raises(ConfigurationError, match=f"^{name} must"):
        IssuesClient("http://localhost", "token", **{name: None})


def test_function_without_a_token_fails_like_an_empty_token(client_factory):
    with pytest.raises(AuthenticationError, match="empty"):
        client_factory("http://localhost", lambda: None).get("x")


def test_requests_name_the_version_and_have_default_headers(client_factory):
    with serving(OK) as server:
        client = client_factory(server.url, default_headers={"X-Gateway": "one", "accept": "a/b"})
        client.get("x")
        headers = get_headers(server)
        assert headers["user-agent"] == f"issue-portal-python/{__version__}"
        assert (headers["x-gateway"], headers["accept"]) == ("one", "a/b")


@pytest.mark.parametrize(
    "name", ["Authorization", "authorization", "Accept-Encoding", "Idempotency-Key", "X-Request-ID"]
)
def test_default_headers_cannot_replace_those_of_the_client(name):
    with pytest.raises(ConfigurationError, match=f"(?i){name}") as raised:
        IssuesClient("http://localhost", "token", default_headers={name: "secret"})
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    "headers",
    [{"X-Key": "secret\n"}, {"X-Key": "secret\u00e9"}, {"X Key": "secret"}, {"X-Key": b"secret"}],
)
def test_unsafe_headers_are_refused_without_their_value(client_factory, headers):
    client = client_factory("http://localhost")
    for call in (
        lambda: client_factory("http://localhost", default_headers=headers),
        lambda: client.with_options(default_headers=headers),
        lambda: client.request("GET", "/tag", headers=headers),
    ):
        with pytest.raises(ConfigurationError) as raised:
            call()
        assert "secret" not in str(raised.value)
    with pytest.raises(ConfigurationError, match="x-org"):
        client_factory("http://localhost", org="secret\n")


def test_options_apply_to_a_copy_that_shares_connections_and_memory(client_factory):
    lifetime = {"Idempotency-Key-Lifetime": "86400"}
    down = (503, {}, {})
    with serving((200, lifetime, {"id": "x"}), OK, down, down, down) as server:
        client = client_factory(server.url, default_headers={"X-A": "1", "X-B": "1"})
        client.get("x")
        copy = client.with_options(max_retries=1, default_headers={"x-b": "2"})
        copy.get("x")
        assert (get_headers(server)["x-a"], get_headers(server)["x-b"]) == ("1", "2")
        assert len(server.connections) == 1
        with pytest.raises(ServerError, match="Unavailable"):
            copy.get("x")
        assert len(server.requests) == 4, "one retry"
        with pytest.raises(ServerError, match="Unavailable"):
            client.with_options(max_retries=0).get("x")
        assert len(server.requests) == 5


def test_closing_a_copy_leaves_the_original_open():
    with serving(OK) as server, IssuesClient(server.url, "token") as client:
        with client.with_options(timeout=1) as copy:
            copy.get("x")
        assert client.get("x").issue_number == 7


def test_package_exports_what_a_script_needs_and_imports_httpx_on_first_use():
    code = (
        "import sys, issue_portal\n"
        "assert 'httpx' not in sys.modules and 'pydantic' not in sys.modules\n"
        "for name in issue_portal.__all__: getattr(issue_portal, name)\n"
        "from issue_portal import *\n"
        "assert issubclass(NotFoundError, IssuesError) and not NOT_GIVEN\n"
        "assert errors.NotFoundError is NotFoundError\n"
        "assert not hasattr(issue_portal, 'NoSuchError')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ}, timeout=60)


def test_package_exports_all_errors():
    kinds = {
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.IssuesError)
    }
    assert kinds <= set(issue_portal.__all__)
