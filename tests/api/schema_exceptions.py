"""Hooks of schemathesis, which `schemathesis.toml` loads.

They make the document stricter than it is for clients, and accept correct responses that it cannot
describe.
"""

import schemathesis

EXPECTED_REFUSALS = [
    # Some parameters exclude each other.
    ("GET", 400, "cannot be combined with"),
    # Only the server can make cursors, because cursors are signed.
    ("GET", 400, "is not a cursor of this list"),
    # The list of about 600 time zones changes every year.
    ("GET", 400, "is not a time zone"),
    # The pattern of texts does not exclude all invisible characters, and only true is valid here.
    *((method, 400, "must not be blank") for method in ("GET", "POST", "PUT", "PATCH")),
    ("POST", 400, "must be true"),
    # The rule for this header depends on a field of the body.
    ("POST", 400, "must have at least 16 random characters for an anonymous report"),
    # An entity tag can be valid but outdated, or be that of the present version.
    *((method, 412, "This issue ") for method in ("GET", "POST", "PUT", "PATCH", "DELETE")),
]

CREATED: set[str] = set()
"""Ids in responses with status 201."""

POSSIBLY_NOT_FOUND: set[str] = set()
"""Ids in responses with status 201 that may still give 404.

Members cannot see anonymous issues. A repeated `Idempotency-Key` gets the first response again,
even if the issue was deleted since. A bulk change or the state Deleted may have deleted it.
"""


RESTORED: set[str] = set()
"""Ids of issues that were deleted and restored."""


@schemathesis.hook
def before_load_schema(context, raw_schema) -> None:
    """Allow only the fields, values and codes that the document names, and add a link.

    The document leaves responses open, because later versions may add to them.
    """
    components = raw_schema["components"]
    for schema in components["schemas"].values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    close_enums(components["schemas"])
    for response in components["responses"].values():
        content = response["content"]["application/problem+json"]
        codes = {"type": "object", "properties": {"code": {"enum": list(content["examples"])}}}
        content["schema"] = {"allOf": [content["schema"], codes]}
    # openapi-generator (7.26) refuses links with a body.
    raw_schema["paths"]["/v1/app/issue"]["post"]["responses"]["201"]["links"]["bulk"] = {
        "operationId": "change_issues",
        "requestBody": {"ids": ["$response.body#/id"], "change": {"delete": True}},
    }


def close_enums(node) -> None:
    if isinstance(node, list):
        for item in node:
            close_enums(item)
    elif isinstance(node, dict):
        if "x-extensible-enum" in node:
            node["enum"] = node["x-extensible-enum"]
        for item in node.values():
            close_enums(item)


@schemathesis.hook
def after_call(context, case, response) -> None:
    """Record the ids of created and restored issues."""
    if case.operation.label.endswith("/restore") and response.status_code == 200:
        RESTORED.add(response.json()["id"])
    if case.operation.label == "POST /v1/app/issue/bulk" and response.status_code == 200:
        ids = {result["id"] for result in response.json() if result["status"] in (200, 204)}
        RESTORED.update(ids)
        POSSIBLY_NOT_FOUND.update(ids)
    if case.method in ("PUT", "PATCH") and response.status_code == 200:
        issue = response.json()
        if issue.get("state") == "Deleted":
            POSSIBLY_NOT_FOUND.add(issue["id"])
    if case.operation.label == "POST /v1/app/issue" and response.status_code == 201:
        issue = response.json()
        if issue["id"] in CREATED or issue["created_by"] is None:
            POSSIBLY_NOT_FOUND.add(issue["id"])
        CREATED.add(issue["id"])


@schemathesis.hook
def filter_failure(context, failure, case, response) -> bool:
    """Return whether to report the failure."""
    match failure.code:
        case "ST202":  # Schema-valid request rejected
            detail = response.json()["detail"]
            call = (case.method, response.status_code)
            return not any(
                call == (method, status) and text in detail
                for method, status, text in EXPECTED_REFUSALS
            )
        case "ST301":  # Deleted resource still available
            is_restored = case.path_parameters.get("issue_id") in RESTORED
            return not is_restored and not case.query.get("deleted")
        case "ST302":  # Created resource not found
            return case.path_parameters.get("issue_id") not in POSSIBLY_NOT_FOUND
    return True
