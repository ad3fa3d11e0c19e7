"""The headers that the OpenAPI document describes once and refers to."""

from typing import Any, Final

from issue_portal.models.vocabulary import REQUEST_ID_HEADER
from issue_portal.server.http.openapi_problems import REQUEST_ID
from issue_portal.server.services.issue_writer import IDEMPOTENCY_LIFETIME

JsonObject = dict[str, Any]


def _describe(
    description: str, example: str | int, *, required: bool = True, **schema: Any
) -> JsonObject:
    value_type = "integer" if isinstance(example, int) else "string"
    return {
        "description": description,
        "required": required,
        "schema": {"type": value_type, **schema},
        "example": example,
    }


HEADERS: Final[JsonObject] = {
    REQUEST_ID_HEADER: _describe(
        "Id of the request in the server's log. A request other than a POST can set it to 32 hex"
        " digits.",
        REQUEST_ID,
    ),
    "Cache-Control": _describe("Nothing may be stored.", "no-store"),
    "Idempotency-Key-Lifetime": _describe(
        "Seconds for which a retry with the same `Idempotency-Key` is safe.", IDEMPOTENCY_LIFETIME
    ),
    "ETag": _describe(
        "Entity tag of the issue, for `If-Match` and `If-None-Match`. Renaming the reporter or the"
        " project does not make `If-Match` fail.",
        '"3f29a1c04b7e8d5566f0a912-7c1e09ab"',
    ),
    "Location": _describe(
        "URL of the issue.", "/api/v1/app/issue/issue_5c4b3a2d1e0f9a8b", format="uri-reference"
    ),
    "Link": _describe(
        "URLs of the other pages (RFC 8288). Absent if there is only one page.",
        '</api/v1/app/issue?after=kT3mV8xQ1bN5zR7wL2cY9dFa>; rel="next"',
        required=False,
    ),
    "RateLimit-Policy": _describe(
        "The rate limit: requests (`q`) per seconds (`w`). Absent if no limit applies.",
        '"create";q=20;w=60',
        required=False,
    ),
    "RateLimit": _describe(
        "The remaining requests (`r`), and the seconds until more are allowed (`t`). Absent if no"
        " limit applies.",
        '"create";r=19;t=0',
        required=False,
    ),
    "Retry-After": _describe("Seconds to wait.", 20, minimum=0),
    "WWW-Authenticate": _describe(
        "Authentication scheme, and the scope that is missing (RFC 6750). A 401 always has it.",
        "Bearer",
        required=False,
    ),
}


def refer_to_headers(*names: str) -> JsonObject:
    """Refer to the descriptions of headers."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
