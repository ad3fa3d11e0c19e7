"""The OpenAPI document, made to say what FastAPI cannot know of this API.

Invalid input is a 400, not FastAPI's 422; lists in a query are joined by commas; a parameter is
left out, never null; and from the answer to a report its issue can be reached (links).
"""

from typing import Any

from fastapi import FastAPI

from issue_portal.server.http.response_models import Problem

JsonObject = dict[str, Any]

_REASONS = {
    400: "A parameter, a state or the body is invalid; `errors` names the fields.",
    401: "The token is missing, unknown or expired.",
    403: "The role may not do this.",
    404: "No such issue, not yours, or deleted.",
    408: "The body did not arrive in time.",
    409: "The `Idempotency-Key` was used for another report.",
    412: "`If-Match` no longer holds.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    429: "Too many requests; `Retry-After` says when to come back, in seconds.",
    503: "The database does not answer at the moment.",
}


def describe_header(description: str, *, required: bool = True, **schema: Any) -> JsonObject:
    """A header of an answer."""
    return {"description": description, "required": required, "schema": schema}


ETAG = {
    "ETag": describe_header("The issue as it is now.", type="string", pattern='^"[0-9a-f]{24}"$')
}
_RETRY_AFTER = {"Retry-After": describe_header("Seconds to wait.", type="integer", minimum=1)}
RATE_LIMIT = {
    name: describe_header(f"{what}, unless rate limits are off.", required=False, type="string")
    for name, what in {"RateLimit-Policy": "The limit", "RateLimit": "What is left of it"}.items()
}
_PROBLEM_HEADERS = {
    401: {"WWW-Authenticate": describe_header("How to sign in.", type="string", const="Bearer")},
    429: _RETRY_AFTER | RATE_LIMIT,
    503: _RETRY_AFTER,
}


def describe_problem(status: int) -> JsonObject:
    """A problem document with this status."""
    # FastAPI would take a `model` for application/json.
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    answer: JsonObject = {"description": _REASONS[status], "content": content}
    if headers := _PROBLEM_HEADERS.get(status):
        answer["headers"] = headers
    return answer


def describe_responses(
    model: type[Any] | None,
    description: str,
    *statuses: int,
    status: int = 200,
    example: Any = None,
    headers: JsonObject | None = None,
) -> dict[int | str, JsonObject]:
    """The answers of one operation: its success and its problems by status."""
    answer: JsonObject = {"description": description}
    if model is not None:
        answer["model"] = model
    if example is not None:
        answer["content"] = {"application/json": {"example": example}}
    if headers is not None:
        answer["headers"] = headers
    success: dict[int | str, JsonObject] = {status: answer}
    return success | {
        status: describe_problem(status) for status in (400, 401, 403, 404, *statuses, 503)
    }


_ISSUE = {"issue_id": "$response.body#/id"}
_SEEN = {"issue_id": "$request.path.issue_id"}
_TAG = "$response.header.ETag"

LINKS: dict[str, JsonObject] = {
    "create_issue": {
        "get": {"operationId": "get_issue", "parameters": _ISSUE},
        "put": {"operationId": "put_issue", "parameters": _ISSUE},
        "patch": {"operationId": "patch_issue", "parameters": _ISSUE},
        "delete": {"operationId": "delete_issue", "parameters": _ISSUE},
        "history": {"operationId": "issue_history", "parameters": _ISSUE},
    },
    "get_issue": {
        "unchanged": {"operationId": "get_issue", "parameters": _SEEN | {"if-none-match": _TAG}},
        "put": {"operationId": "put_issue", "parameters": _SEEN | {"if-match": _TAG}},
        "patch": {"operationId": "patch_issue", "parameters": _SEEN | {"if-match": _TAG}},
        "delete": {"operationId": "delete_issue", "parameters": _SEEN | {"if-match": _TAG}},
    },
}


class DescribedApp(FastAPI):
    """An application whose document is completed."""

    def openapi(self) -> JsonObject:
        """The document; made once."""
        if self.openapi_schema is None:
            _complete(super().openapi())
        return super().openapi()


def _complete(document: JsonObject) -> None:
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    # No route returns one, so FastAPI does not know it.
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= {**schema.pop("$defs"), "Problem": schema}
    for path in document["paths"].values():
        for operation in path.values():
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
    if schema.get("type") == "array":
        # An empty list has no form of its own: it is the parameter's absence.
        schema.pop("default", None)
        schema["minItems"] = 1
        parameter |= {"style": "form", "explode": False}
