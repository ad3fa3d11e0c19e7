"""Every route of the OpenAPI document, called with every role."""

import uuid
from typing import Any

import httpx
import pytest

from issue_portal.models.vocabulary import Role
from tests.api.conftest import ApiCaller

CALLERS = {
    "guest": Role.GUEST,
    "other member": Role.MEMBER,
    "reporter": Role.MEMBER,
    "reviewer": Role.ADMIN,
    "owner": Role.OWNER,
}

EXPECTED_STATUSES: dict[tuple[str, str], tuple[int, ...]] = {
    # The status without a token, then for each of CALLERS in order. The reporter has just created
    # the issue by name.
    ("GET", "/v1/app/issue"): (401, 403, 200, 200, 200, 200),
    ("POST", "/v1/app/issue"): (401, 403, 201, 201, 201, 201),
    ("POST", "/v1/app/issue/receipt"): (401, 404, 404, 404, 404, 404),
    ("GET", "/v1/app/issue/stats"): (401, 403, 403, 403, 200, 200),
    ("GET", "/v1/app/issue/{issue_id}"): (401, 403, 404, 200, 200, 200),
    ("PUT", "/v1/app/issue/{issue_id}"): (401, 403, 404, 200, 200, 200),
    ("PATCH", "/v1/app/issue/{issue_id}"): (401, 403, 404, 200, 200, 200),
    ("GET", "/v1/app/issue/{issue_id}/history"): (401, 403, 404, 200, 200, 200),
    ("DELETE", "/v1/app/issue/{issue_id}"): (401, 403, 404, 204, 204, 204),
    ("POST", "/v1/app/issue/{issue_id}/restore"): (401, 403, 404, 409, 409, 409),
    ("POST", "/v1/app/issue/bulk"): (401, 403, 200, 200, 200, 200),
    ("GET", "/v1/app/project"): (401, 403, 403, 403, 200, 200),
    ("PUT", "/v1/app/project/{project_id}"): (401, 403, 403, 403, 200, 200),
    ("GET", "/v1/app/me"): (401, 200, 200, 200, 200, 200),
    ("GET", "/v1/app/me/token"): (401, 200, 200, 200, 200, 200),
    ("POST", "/v1/app/me/token"): (401, 201, 201, 201, 201, 201),
    ("DELETE", "/v1/app/me/token/{token_id}"): (401, 404, 404, 404, 404, 404),
    ("GET", "/v1/app/user"): (401, 403, 403, 403, 200, 200),
    ("GET", "/health"): (200,) * 6,
    ("GET", "/ready"): (200,) * 6,
}
VISITOR_STATUSES = {
    ("GET", "/v1/app/me"): 404,
    ("GET", "/v1/app/me/token"): 404,
    ("POST", "/v1/app/me/token"): 404,
}
"""Statuses for a visitor's portal token that differ from those for a guest's API token."""

API_TOKEN_STATUSES = {("POST", "/v1/app/me/token"): 403}
"""Statuses for every API token that differ from those for a portal token."""

PATH_VALUES = {"project_id": "a/b", "token_id": "token_0000000000000000"}
REPORT = {"description": "x", "resource_type": "Thread", "type": "Other", "anonymous": False}
BODIES: dict[str, dict[str, Any]] = {
    "create_issue": REPORT,
    "look_up_receipt": {"receipt": "0000-0000-0000-0000"},
    "put_issue": {"description": "y"},
    "create_token": {"name": "A script", "scopes": ["read"], "expires_in_days": 1},
    "change_issues": {"ids": [], "change": {"delete": True}},
    "name_project": {"name": "A project"},
    "patch_issue": {"description": "y"},
}


@pytest.fixture(scope="module")
def server(api_on):
    """The API alone; permissions do not depend on the database."""
    return api_on("sqlite")


def make_tokens(server, token_type: str) -> dict[str, str]:
    """Make tokens for CALLERS; ``token_type`` is ``portal token`` or ``API token``."""
    make = server.create_api_token if token_type == "API token" else server.token
    tokens = {
        name: make(f"{name.replace(' ', '')}{uuid.uuid4().hex}", role)
        for name, role in CALLERS.items()
    }
    return tokens if token_type == "API token" else tokens | {"guest": server.visitor_token()}


@pytest.mark.parametrize("token_type", ["portal token", "API token"])
def test_every_route_has_the_expected_status_for_each_role(server, token_type):
    paths = httpx.get(f"{server.url}/api/openapi.json").json()["paths"]
    routes = {
        (method.upper(), path): route["operationId"]
        for path, methods in paths.items()
        for method, route in methods.items()
    }
    assert routes.keys() == EXPECTED_STATUSES.keys()
    tokens = make_tokens(server, token_type)
    reporter = ApiCaller(server.url, tokens["reporter"])
    for position, token in enumerate([None, *tokens.values()]):
        caller = ApiCaller(server.url, token)
        expected = {route: statuses[position] for route, statuses in EXPECTED_STATUSES.items()}
        if token_type == "portal token" and position == 1:
            expected |= VISITOR_STATUSES
        if token_type == "API token" and token:
            expected |= API_TOKEN_STATUSES
        for (method, path), status in expected.items():
            issue_id = reporter.report()["id"] if "{issue_id}" in path else ""
            address = f"{server.url}/api{path.format(issue_id=issue_id, **PATH_VALUES)}"
            response = caller.http.request(method, address, json=BODIES.get(routes[method, path]))
            assert response.status_code == status, f"{method} {path} as {[None, *tokens][position]}"
