"""The OpenAPI document of the API: what FastAPI generates, completed with what all calls share.

Generators of clients read it, so it keeps to what they understand: no `const`, no titles, and
enumerations only in requests. A new route needs its summary, its success and its examples.
"""

from collections.abc import Sequence
from typing import Any, Final

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from issue_portal import __version__
from issue_portal.models.requests import IssueQuery, PageQuery, StatsQuery
from issue_portal.models.vocabulary import REQUEST_ID_HEADER
from issue_portal.server.http.openapi_headers import HEADERS, refer_to_headers
from issue_portal.server.http.openapi_links import LINKS
from issue_portal.server.http.openapi_problems import (
    ERROR_RESPONSES,
    describe_error_responses,
    describe_problem,
)
from issue_portal.server.http.query_parameters import SCHEMA_REFERENCE
from issue_portal.server.http.response_models import Problem

JsonObject = dict[str, Any]

_DESCRIPTION: Final = """\
Every call under `/v1/app` needs a token: `Authorization: Bearer <token>`. To create one, sign in to
the portal and open Your account, or run `issue-portal token create --email you@example.com --role
AppAdmin` on the server. A call needs a role and, with an API token, a scope: `read`, `report` or
`review`. Every error is a problem document (RFC 9457); its `code` is for programs.

Within v1, changes are additive: ignore fields that you do not know, and expect new values where a
description says so. Every GET also works as HEAD.
"""

_TAGS: Final = [
    {"name": "Issues", "description": "Report, list, review, change and delete issues."},
    {"name": "Users and projects", "description": "Who reported, and what the reports are about."},
    {"name": "API tokens", "description": "Your own tokens for scripts."},
    {"name": "Health", "description": "For supervisors and proxies. These need no token."},
]

_ORGANISATION: Final = {
    "name": "x-org",
    "in": "header",
    "required": False,
    "description": "Slug or id of the token's organisation. Any other value gets a 404.",
    "schema": {"type": "string"},
}

_HEADERS_OF_ALL: Final = (REQUEST_ID_HEADER, "Cache-Control")
_HEADERS_OF_CALLS: Final = ("Idempotency-Key-Lifetime", "RateLimit-Policy", "RateLimit")
_ERRORS_OF_CALLS: Final = (400, 401, 403, 404, 429, 503)
_ERRORS_OF_BODIES: Final = (408, 413, 415)
_ERRORS_BY_PARAMETER: Final = {"if-match": 412, "idempotency-key": 409}


def describe_responses(
    model: type[Any] | None,
    description: str,
    *error_statuses: int,
    status: int = 200,
    example: Any = None,
    headers: Sequence[str] = (),
) -> dict[int | str, JsonObject]:
    """Describe the success of an operation, with the names of its headers.

    ``error_statuses`` are errors that do not follow from its path, body and parameters.
    """
    response: JsonObject = {"description": description, "headers": refer_to_headers(*headers)}
    if model is not None:
        response["model"] = model
        response["content"] = {"application/json": {"example": example}}
    return {status: response, **{error: {"description": ""} for error in error_statuses}}


def get_operation_id(route: APIRoute) -> str:
    """Return the operation id of a route: the name of its function."""
    return route.name


def make_document(routes: Sequence[BaseRoute]) -> JsonObject:
    """Return the OpenAPI document for these routes."""
    document = get_openapi(
        title="Issues API",
        version=__version__,
        summary="Report, track and review problems with an AI assistant.",
        description=_DESCRIPTION,
        license_info={"name": "Apache 2.0", "identifier": "Apache-2.0"},
        servers=[{"url": "/api", "description": "The portal that serves this document."}],
        tags=_TAGS,
        routes=routes,
    )
    for path, operations in document["paths"].items():
        for operation in operations.values():
            _complete_operation(operation, is_call=path.startswith("/v1/"))
    for route in routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            _restore_examples(route, document["paths"][route.path_format])
    _complete_components(document["components"])
    _simplify(document)
    return document


def _complete_components(components: JsonObject) -> None:
    schemas = components["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    # FastAPI omits the models of queries, and this one because no route returns it.
    for model in (IssueQuery, PageQuery, StatsQuery):
        schemas |= model.model_json_schema(ref_template=SCHEMA_REFERENCE).get("$defs", {})
    problem = Problem.model_json_schema(ref_template=SCHEMA_REFERENCE)
    schemas |= {**problem.pop("$defs"), "Problem": problem}
    components["parameters"] = {"Organisation": dict(_ORGANISATION)}
    components["headers"] = {name: dict(header) for name, header in HEADERS.items()}
    components["responses"] = describe_error_responses()
    for response in components["responses"].values():
        response["headers"] |= refer_to_headers(*_HEADERS_OF_ALL, *_HEADERS_OF_CALLS)
    # A FastAPI security dependency would run for each request, after `AuthenticationMiddleware`.
    token = {"type": "http", "description": "An API token.", "scheme": "bearer"}
    components["securitySchemes"] = {"Token": token}


def _complete_operation(operation: JsonObject, *, is_call: bool) -> None:
    """Add the errors, headers and parameters that follow from the kind of operation."""
    parameters = operation.setdefault("parameters", [])
    names = {parameter["name"] for parameter in parameters}
    for parameter in parameters:
        _complete_parameter(parameter)
    operation["security"] = [{"Token": []}] if is_call else []
    responses = operation["responses"]
    responses.pop("422", None)
    errors = {int(status) for status in responses} & ERROR_RESPONSES.keys()
    errors |= {error for name, error in _ERRORS_BY_PARAMETER.items() if name in names}
    if "requestBody" in operation:
        errors.update(_ERRORS_OF_BODIES)
    headers: tuple[str, ...] = _HEADERS_OF_ALL
    if is_call:
        errors.update(_ERRORS_OF_CALLS)
        headers += _HEADERS_OF_CALLS
        parameters.append({"$ref": "#/components/parameters/Organisation"})
    if "page_size" in names:
        headers += ("Link",)
    for status, response in responses.items():
        if int(status) < 400:
            response["headers"] = response.get("headers", {}) | refer_to_headers(*headers)
            if int(status) < 300 and (links := LINKS.get(operation["operationId"])):
                response["links"] = links
    responses |= {str(status): describe_problem(status) for status in sorted(errors)}


def _restore_examples(route: APIRoute, operations: JsonObject) -> None:
    """Set the examples of a route again: FastAPI (0.165) drops their nulls."""
    for method in route.methods or ():
        responses = operations[method.lower()]["responses"]
        for status, response in route.responses.items():
            for media_type, content in response.get("content", {}).items():
                responses[str(status)]["content"][media_type]["example"] = content["example"]


def _complete_parameter(parameter: JsonObject) -> None:
    """Say that a parameter is never null, and that commas separate the values of a list."""
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
    schema.pop("description", None)


def _simplify(node: Any) -> None:
    """Remove pydantic's titles, which generators take for names, and reST from descriptions."""
    if isinstance(node, list):
        for item in node:
            _simplify(item)
    elif isinstance(node, dict):
        if isinstance(node.get("title"), str) and ("type" in node or "anyOf" in node):
            del node["title"]
        if isinstance(node.get("description"), str):
            node["description"] = node["description"].replace("``", "`")
        for name, item in node.items():
            if name not in ("example", "examples"):
                _simplify(item)
