"""Completes the OpenAPI document that FastAPI generates.

In the completed document, the response to invalid input is a 400 instead of a 422. Commas separate
the values of list parameters. Parameters are never null. Links lead from a response to the next
operations on the same issue.
"""

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from issue_portal.models.requests import IssueQuery, PageQuery, StatsQuery
from issue_portal.server.http.query_parameters import SCHEMA_REFERENCE
from issue_portal.server.http.response_models import Problem

JsonObject = dict[str, Any]

_REASONS = {
    400: "A parameter, a state or the body is invalid; `errors` names the fields.",
    401: "The token is missing, unknown or expired.",
    403: "The role or the scopes of the token do not allow this; `code` says which.",
    404: "It does not exist, is deleted, or the caller may not see it.",
    408: "The body did not arrive in time.",
    409: "The `Idempotency-Key` was used for another request, the issue is not deleted, or you have"
    " too many API tokens.",
    412: "`If-Match` or `If-None-Match` does not hold.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    429: "Too many requests. `Retry-After` is the number of seconds to wait.",
    503: "The database does not respond.",
}


def describe_header(description: str, *, required: bool = True, **schema: Any) -> JsonObject:
    """Describe a response header."""
    return {"description": description, "required": required, "schema": schema}


ETAG = {
    "ETag": describe_header(
        "Entity tag of the issue. Its second part changes with the names in the issue only, and"
        " `If-Match` ignores it.",
        type="string",
        pattern='^"[0-9a-f]{24}-[0-9a-f]{8}"$',
    )
}
LINK = {
    "Link": describe_header(
        "URLs of the pages `next`, `prev` and `first`, if they exist (RFC 8288).", type="string"
    )
}
_RETRY_AFTER = {"Retry-After": describe_header("Seconds to wait.", type="integer", minimum=1)}
RATE_LIMIT = {
    name: describe_header(f"{text} Absent if rate limits are off.", required=False, type="string")
    for name, text in {
        "RateLimit-Policy": "The rate limit.",
        "RateLimit": "The remaining part of the rate limit.",
    }.items()
}
_PROBLEM_HEADERS = {
    401: {
        "WWW-Authenticate": describe_header("Authentication scheme.", type="string", const="Bearer")
    },
    429: _RETRY_AFTER | RATE_LIMIT,
    503: _RETRY_AFTER,
}


def describe_problem(status: int) -> JsonObject:
    """Describe a problem response with this status."""
    # FastAPI would describe a `model` as application/json.
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    response: JsonObject = {"description": _REASONS[status], "content": content}
    if headers := _PROBLEM_HEADERS.get(status):
        response["headers"] = headers
    return response


def describe_responses(
    model: type[Any] | None,
    description: str,
    *error_statuses: int,
    status: int = 200,
    example: Any = None,
    headers: JsonObject | None = None,
) -> dict[int | str, JsonObject]:
    """Describe the responses of an operation: its success and its errors."""
    response: JsonObject = {"description": description}
    if model is not None:
        response["model"] = model
    if example is not None:
        response["content"] = {"application/json": {"example": example}}
    if headers is not None:
        response["headers"] = headers
    success: dict[int | str, JsonObject] = {status: response}
    return success | {
        error_status: describe_problem(error_status)
        for error_status in sorted({400, 401, 403, 404, *error_statuses, 429, 503})
    }


def get_operation_id(route: APIRoute) -> str:
    """Return the operation id of a route: the name of its function."""
    return route.name


_CREATED_ISSUE = {"issue_id": "$response.body#/id"}
_SAME_ISSUE = {"issue_id": "$request.path.issue_id"}
_RESPONSE_ETAG = "$response.header.ETag"

LINKS: dict[str, JsonObject] = {
    "create_issue": {
        "get": {"operationId": "get_issue", "parameters": _CREATED_ISSUE},
        "put": {"operationId": "put_issue", "parameters": _CREATED_ISSUE},
        "patch": {"operationId": "patch_issue", "parameters": _CREATED_ISSUE},
        "delete": {"operationId": "delete_issue", "parameters": _CREATED_ISSUE},
        "history": {"operationId": "issue_history", "parameters": _CREATED_ISSUE},
        "bulk": {
            "operationId": "change_issues",
            "requestBody": {"ids": ["$response.body#/id"], "change": {"delete": True}},
        },
    },
    "delete_issue": {
        "restore": {"operationId": "restore_issue", "parameters": _SAME_ISSUE},
        "deleted": {"operationId": "get_issue", "parameters": _SAME_ISSUE | {"deleted": True}},
    },
    "restore_issue": {
        "delete": {
            "operationId": "delete_issue",
            "parameters": _SAME_ISSUE | {"if-match": _RESPONSE_ETAG},
        },
        "history": {"operationId": "issue_history", "parameters": _SAME_ISSUE},
    },
    "create_token": {
        "revoke": {
            "operationId": "revoke_token",
            "parameters": {"token_id": "$response.body#/id"},
        }
    },
    "name_project": {"projects": {"operationId": "list_projects"}},
    "get_issue": {
        "unchanged": {
            "operationId": "get_issue",
            "parameters": _SAME_ISSUE | {"if-none-match": _RESPONSE_ETAG},
        },
        "put": {
            "operationId": "put_issue",
            "parameters": _SAME_ISSUE | {"if-match": _RESPONSE_ETAG},
        },
        "patch": {
            "operationId": "patch_issue",
            "parameters": _SAME_ISSUE | {"if-match": _RESPONSE_ETAG},
        },
        "delete": {
            "operationId": "delete_issue",
            "parameters": _SAME_ISSUE | {"if-match": _RESPONSE_ETAG},
        },
    },
}


class Api(FastAPI):
    """A FastAPI app with a completed OpenAPI document."""

    def openapi(self) -> JsonObject:
        """Return the document, built once."""
        if self.openapi_schema is None:
            _complete(super().openapi())
        return super().openapi()


def _complete(document: JsonObject) -> None:
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    # FastAPI omits the models of queries, and this one because no route returns it.
    for model in (IssueQuery, PageQuery, StatsQuery):
        schemas |= model.model_json_schema(ref_template=SCHEMA_REFERENCE).get("$defs", {})
    schema = Problem.model_json_schema(ref_template=SCHEMA_REFERENCE)
    schemas |= {**schema.pop("$defs"), "Problem": schema}
    # A FastAPI security dependency would run for each request, after `AuthenticationMiddleware`.
    token = {"type": "http", "description": "An API token.", "scheme": "bearer"}
    document["components"]["securitySchemes"] = {"Token": token}
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if path.startswith("/v1/"):
                operation["security"] = [{"Token": []}]
            operation["responses"].pop("422", None)
            for parameter in operation.get("parameters", ()):
                _complete_parameter(parameter)
            success = min(operation["responses"])
            if links := LINKS.get(operation["operationId"]):
                operation["responses"][success]["links"] = links


def _complete_parameter(parameter: JsonObject) -> None:
    schema = parameter["schema"]
    for choice in schema.pop("anyOf", ()):
        if choice != {"type": "null"}:
            schema |= choice | schema
            schema.pop("default", None)
    if schema.get("type") == "array":
        # A query cannot express an empty list; clients omit the parameter.
        schema.pop("default", None)
        schema["minItems"] = 1
        parameter |= {"style": "form", "explode": False}
