"""Every route of the OpenAPI document, called in every role."""

import uuid
from typing import Any

import httpx
import pytest

from issue_portal.models.vocabulary import Role
from tests.api.conftest import Caller

CALLERS = {
    "guest": Role.GUEST,
    "another": Role.MEMBER,
    "reporter": Role.MEMBER,
    "reviewer": Role.ADMIN,
    "owner": Role.OWNER,
}

ALLOWED: dict[tuple[str, str], tuple[int, ...]] = {
    # What nobody (without a token) and then each of the CALLERS is answered, about a report that
    # the reporter has just sent by name.
    ("GET", "/v1/app/issue"): (401, 403, 200, 200, 200, 200),
    ("POST", "/v1/app/issue"): (401, 403, 201, 201, 201, 201),
    ("POST", "/v1/app/issue/receipt"): (401, 404, 404, 404, 404, 404),
    ("GET", "/v1/app/issue/stats"): (401, 403, 403, 403, 200, 200),
    ("GET", "/v1/app/issue/{issue_id}"): (401, 403, 404, 200, 200, 200),
    ("PUT", "/v1/app/issue/{issue_id}"): (401, 403, 404, 200, 200, 200),
    ("PATCH", "/v1/app/issue/{issue_id}"): (401, 403, 404, 200, 200, 200),
    ("GET", "/v1/app/issue/{issue_id}/history"): (401, 403, 404, 200, 200, 200),
    ("DELETE", "/v1/app/issue/{issue_id}"): (401, 403, 404, 204, 204, 204),
    ("GET", "/v1/app/me"): (401, 200, 200, 200, 200, 200),
    ("GET", "/v1/app/user"): (401, 403, 403, 403, 200, 200),
    ("GET", "/health"): (200,) * 6,
    ("GET", "/ready"): (200,) * 6,
}
VISITORS = {("GET", "/v1/app/me"): 404}
"""Responses to a visitor that differ from those to a guest's API token."""

REPORT = {"description": "x", "resource_type": "Thread", "type": "Other", "anonymous": False}
BODIES: dict[str, dict[str, Any]] = {
    "create_issue": REPORT,
    "look_up_receipt": {"receipt": "0000-0000-0000-0000"},
    "put_issue": {"description": "y"},
    "patch_issue": {"description": "y"},
}


@pytest.fixture(scope="module")
def server(api_on):
    """The API alone; permissions do not depend on the database."""
    return api_on("sqlite")


def tokens_of(server, kind: str) -> dict[str, str]:
    """Tokens for each of the CALLERS, from the portal or from the command line."""
    make = server.lasting_token if kind == "API token" else server.token
    made = {name: make(f"{name}{uuid.uuid4().hex}", role) for name, role in CALLERS.items()}
    return made if kind == "API token" else made | {"guest": server.guest_token()}


@pytest.mark.parametrize("kind", ["portal token", "API token"])
def test_every_route_as_every_role(server, kind):
    described = httpx.get(f"{server.url}/api/openapi.json").json()["paths"]
    routes = {
        (method.upper(), path): route["operationId"]
        for path, methods in described.items()
        for method, route in methods.items()
    }
    assert routes.keys() == ALLOWED.keys()
    tokens = tokens_of(server, kind)
    reporter = Caller(server.url, tokens["reporter"])
    for position, token in enumerate([None, *tokens.values()]):
        caller = Caller(server.url, token)
        expected = {route: statuses[position] for route, statuses in ALLOWED.items()}
        if kind == "portal token" and position == 1:
            expected |= VISITORS
        for (method, path), status in expected.items():
            issue_id = reporter.report()["id"] if "{issue_id}" in path else ""
            address = f"{server.url}/api{path.format(issue_id=issue_id)}"
            answer = caller.http.request(method, address, json=BODIES.get(routes[method, path]))
            assert answer.status_code == status, f"{method} {path} as {[None, *tokens][position]}"
