"""Callers of the API with each role."""

import itertools
import uuid

import httpx
import pytest
from hypothesis import settings

from issue_portal.models.vocabulary import Role
from tests.servers.installation import make_api_server

_numbers = itertools.count()

# By default, each run tests the same examples. `pytest --hypothesis-profile long` tests new ones.
settings.register_profile(
    "short", max_examples=200, deadline=None, derandomize=True, database=None, print_blob=True
)
settings.register_profile("long", max_examples=20_000, deadline=None, print_blob=True)
settings.load_profile("short")


class ApiCaller:
    """Calls the API over HTTP with one token, or without a token."""

    def __init__(self, url: str, token: str | None, name: str = "") -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        address = f"{url}/api/v1/app"
        self.http = httpx.Client(base_url=address, headers=headers, timeout=20, verify=False)
        self.name = name

    def __call__(self, method: str, path: str, **request) -> httpx.Response:
        """Send a request to ``/api/v1/app`` + ``path``."""
        return self.http.request(method, path, **request)

    def report(self, description: str = "It said nothing.", **fields) -> dict:
        """Create an issue; return the issue."""
        body = {
            "description": description,
            "resource_type": "Thread",
            "type": "NoAnswer",
            "anonymous": False,
            **fields,
        }
        response = self("POST", "/issue", json=body)
        assert response.status_code == 201, response.text
        return response.json()

    def list_issues(self, **params) -> list[dict]:
        """Return the issues on one page of the list."""
        response = self("GET", "/issue", params=params)
        assert response.status_code == 200, response.text
        return response.json()["data"]


def _make_caller(api, role: Role) -> ApiCaller:
    name = f"{role.value}{uuid.uuid4().hex[:8]}{next(_numbers)}"
    return ApiCaller(api.url, api.token(name, role), name)


@pytest.fixture
def member(api) -> ApiCaller:
    return _make_caller(api, Role.MEMBER)


@pytest.fixture
def other_member(api) -> ApiCaller:
    return _make_caller(api, Role.MEMBER)


@pytest.fixture
def reviewer(api) -> ApiCaller:
    return _make_caller(api, Role.ADMIN)


@pytest.fixture
def visitor(api) -> ApiCaller:
    """A caller with the token of a visitor, who may only report anonymously."""
    return ApiCaller(api.url, api.visitor_token())


@pytest.fixture
def unauthenticated(api) -> ApiCaller:
    """A caller without a token."""
    return ApiCaller(api.url, None)


@pytest.fixture
def new_server(tmp_path, database_url):
    """An API server on an empty database, SQLite or PostgreSQL; the test starts it."""
    return make_api_server(
        tmp_path / "data", ISSUES_DATABASE_URL=database_url, ISSUES_RATE_LIMITS="off"
    )
