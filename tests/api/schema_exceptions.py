"""Hooks of schemathesis that accept correct responses which it would report as failures.

An OpenAPI document cannot describe these responses. `schemathesis.toml` loads this module.
"""

import schemathesis

EXPECTED_REFUSALS = [
    # Some parameters exclude each other.
    ("GET", 400, "cannot be combined with"),
    # Only the server can make cursors, because cursors are signed.
    ("GET", 400, "is not a cursor of this list"),
    # The list of about 600 time zones changes every year.
    ("GET", 400, "is not a time zone"),
    # The rule for this header depends on a field of the body.
    ("POST", 400, "must have at least 16 random characters for an anonymous report"),
    # The states that can follow depend on the issue.
    ("PUT", 400, "cannot become NotReviewed"),
    ("PATCH", 400, "cannot become NotReviewed"),
    # An entity tag can be valid but outdated.
    ("PUT", 412, "This issue has changed since you fetched it."),
    ("PATCH", 412, "This issue has changed since you fetched it."),
    ("DELETE", 412, "This issue has changed since you fetched it."),
]

CREATED: set[str] = set()
"""Ids in responses with status 201."""

POSSIBLY_NOT_FOUND: set[str] = set()
"""Ids in responses with status 201 that may still give 404.

Members cannot see anonymous issues. A repeated `Idempotency-Key` gets the first response again,
even if the issue was deleted since.
"""


@schemathesis.hook
def after_call(context, case, response) -> None:
    """Record the ids of created issues."""
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
        case "ST302":  # Created resource not found
            return case.path_parameters.get("issue_id") not in POSSIBLY_NOT_FOUND
    return True
