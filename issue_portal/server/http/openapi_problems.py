"""The error responses of the OpenAPI document: one per status, with an example for each code."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from issue_portal.asgi.problem_response import make_problem_response
from issue_portal.core.problems import InvalidParameterError, ProblemError, make_validation_problem
from issue_portal.models.vocabulary import ProblemCode

JsonObject = dict[str, Any]

REQUEST_ID: Final = "0f8fad5bd9cb469fa16570867728950e"
"""The request id in examples."""


@dataclass(frozen=True)
class _ErrorResponse:
    name: str
    """Name of the response in the document."""
    reason: str
    examples: tuple[ProblemError, ...]
    """An example for each code."""
    headers: tuple[str, ...] = ()


def _make_invalid_body(field: str, message: str, error_type: str) -> ProblemError:
    location = ("body", *field.split("."))
    return make_validation_problem([{"loc": location, "msg": message, "type": error_type}])


ERROR_RESPONSES: Final[Mapping[int, _ErrorResponse]] = {
    400: _ErrorResponse(
        "BadRequest",
        "A parameter, a state or the body is invalid; `errors` names the fields.",
        (
            _make_invalid_body(
                "state",
                "Input should be 'NotReviewed', 'InReview', 'Closed' or 'Deleted'",
                "enum",
            ),
            _make_invalid_body(
                "type",
                "Input should be 'NoAnswer', 'Inaccurate', 'NoContextUsed', 'Format' or 'Other'",
                "enum",
            ),
            _make_invalid_body("config.thread_id", "Field required", "missing"),
            _make_invalid_body("anonymous", "Field required", "missing"),
            InvalidParameterError("page_size", "Input should be less than or equal to 100"),
            ProblemError(400, "There was an error parsing the body"),
        ),
    ),
    401: _ErrorResponse(
        "Unauthorized",
        "The token is missing, unknown, expired or revoked.",
        (ProblemError(401, "Send a valid token: Authorization: Bearer <token>."),),
        ("WWW-Authenticate",),
    ),
    403: _ErrorResponse(
        "Forbidden",
        "The role, or the scopes of the token, do not allow this.",
        (
            ProblemError(403, "Only reviewers may do this."),
            ProblemError(
                403,
                "This token lacks the scope 'review': use a token that has it.",
                code=ProblemCode.INSUFFICIENT_SCOPE,
            ),
        ),
        ("WWW-Authenticate",),
    ),
    404: _ErrorResponse(
        "NotFound",
        "It does not exist, is deleted, or the caller may not see it.",
        (ProblemError(404, "This issue does not exist, or you may not see it."),),
    ),
    408: _ErrorResponse(
        "RequestTimeout",
        "The body did not arrive in time.",
        (ProblemError(408, "The body did not arrive in time."),),
    ),
    409: _ErrorResponse(
        "Conflict",
        "The `Idempotency-Key` was used for another request, the issue is not deleted, or you have"
        " too many API tokens.",
        (
            ProblemError(
                409,
                "This Idempotency-Key was used for another request.",
                code=ProblemCode.IDEMPOTENCY_KEY_REUSED,
            ),
            ProblemError(409, "This issue is not deleted.", code=ProblemCode.NOT_DELETED),
            ProblemError(
                409, "You have 50 API tokens: revoke one first.", code=ProblemCode.TOKEN_LIMIT
            ),
        ),
    ),
    412: _ErrorResponse(
        "PreconditionFailed",
        "`If-Match` or `If-None-Match` does not hold.",
        (ProblemError(412, "This issue has changed since you fetched it."),),
    ),
    413: _ErrorResponse(
        "ContentTooLarge",
        "The body is too large.",
        (ProblemError(413, "The body is larger than 200000 bytes."),),
    ),
    415: _ErrorResponse(
        "UnsupportedMediaType",
        "The body is not JSON.",
        (ProblemError(415, "Send JSON with the header Content-Type: application/json."),),
    ),
    429: _ErrorResponse(
        "TooManyRequests",
        "Too many requests. `Retry-After` is the number of seconds to wait.",
        (ProblemError(429, "Too many requests: try again in 20 seconds."),),
        ("Retry-After", "RateLimit-Policy", "RateLimit"),
    ),
    503: _ErrorResponse(
        "ServiceUnavailable",
        "The database does not respond, or the process is about to stop.",
        (ProblemError(503, "The database does not respond. Try again shortly."),),
        ("Retry-After",),
    ),
}
"""The error responses by status. Besides, any operation may respond with an unexpected 500."""


def describe_problem(status: int) -> JsonObject:
    """Refer to the error response with this status."""
    return {"$ref": f"#/components/responses/{ERROR_RESPONSES[status].name}"}


def describe_error_responses() -> JsonObject:
    """Describe all error responses, by name."""
    return {response.name: _describe(response) for response in ERROR_RESPONSES.values()}


def _describe(response: _ErrorResponse) -> JsonObject:
    examples = {
        str(problem.code): {
            "summary": problem.detail,
            "value": json.loads(bytes(make_problem_response(problem, REQUEST_ID).body)),
        }
        for problem in response.examples
    }
    codes = ", ".join(f"`{code}`" for code in examples)
    return {
        "description": f"{response.reason} Values of `code`: {codes}.",
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in response.headers},
        "content": {
            # FastAPI would describe a `model` as application/json.
            "application/problem+json": {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": examples,
            }
        },
    }
