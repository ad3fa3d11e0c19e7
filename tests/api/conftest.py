"""Callers of the API in its different roles."""

import itertools
import uuid

import httpx
import pytest
from hypothesis import settings

from issue_portal.models.vocabulary import Role
from tests.servers.installation import api_server

_names = itertools.count()

# The same examples in every run; `pytest --hypothesis-profile long` looks for new ones.
settings.register_profile(
    "short", max_examples=200, deadline=None, derandomize=True, database=None, print_blob=True
)


settings.register_profile("long", max_examples=20_000, deadline=None, print_blob=True)


settings.load_profile("short")


class Caller:
    """A caller of the API over HTTP."""

    def __init__(self, url: str, token: str | None, name: str = "") -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        address = f"{url}/api/v1/app"
        self.http = httpx.Client(base_url=address, headers=headers, timeout=20, verify=False)
        self.name = name

    def __call__(self, method: str, path: str, **request) -> httpx.Response:
        return self.http.request(method, path, **request)

    def report(self, description: str = "It said nothing.", **fields) -> dict:
        body = {
            "description": description,
            "resource_type": "Thread",
            "type": "NoAnswer",
            "anonymous": False,
            **fields,
        }
        answer = self("POST", "/issue", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def listed(self, **params) -> list[dict]:
        answer = self("GET", "/issue", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]


def _caller(api, role: Role) -> Caller:
    name = f"{role.value}{uuid.uuid4().hex[:8]}{next(_names)}"
    return Caller(api.url, api.token(name, role), name)


@pytest.fixture
def member(api) -> Caller:
    return _caller(api, Role.MEMBER)


@pytest.fixture
def other_member(api) -> Caller:
    return _caller(api, Role.MEMBER)


@pytest.fixture
def reviewer(api) -> Caller:
    return _caller(api, Role.ADMIN)


@pytest.fixture
def visitor(api) -> Caller:
    return Caller(api.url, api.guest_token())


@pytest.fixture
def stranger(api) -> Caller:
    return Caller(api.url, None)


@pytest.fixture
def fresh(tmp_path, database_url):
    """A new server, not started, with an empty database of either kind."""
    return api_server(tmp_path / "data", ISSUES_DATABASE_URL=database_url, ISSUES_RATE_LIMITS="off")
