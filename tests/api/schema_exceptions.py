"""What the OpenAPI document cannot say: answers that are right although schemathesis wonders.

Hooks of schemathesis (see `schemathesis.toml`). Each exception is one rule, told by its own words.
"""

import schemathesis

REFUSALS = [
    # Parameters that exclude each other.
    ("GET", 400, "cannot be combined with"),
    # A cursor is signed: only the server can make one.
    ("GET", 400, "is not a cursor of this list"),
    # There are some 600 names, which change every year.
    ("GET", 400, "is not a time zone"),
    # A header cannot depend on the body, which says whether the report is anonymous.
    ("POST", 400, "must have at least 16 random characters for an anonymous report"),
    # Which states can follow depends on the issue.
    ("PUT", 400, "cannot become NotReviewed"),
    ("PATCH", 400, "cannot become NotReviewed"),
    # An entity tag can be right in form and out of date.
    ("PUT", 412, "This issue has changed since you fetched it."),
    ("PATCH", 412, "This issue has changed since you fetched it."),
    ("DELETE", 412, "This issue has changed since you fetched it."),
]

MADE: set[str] = set()
UNREADABLE: set[str] = set()
"""Issues that a 201 names and that may be a 404 all the same.

Either they are anonymous, so that a member cannot see them, or the report repeats an earlier one by
its `Idempotency-Key` and gets the first answer, whatever was done to the issue since.
"""


@schemathesis.hook
def after_call(context, case, response) -> None:
    if case.operation.label == "POST /v1/app/issue" and response.status_code == 201:
        issue = response.json()
        if issue["id"] in MADE or issue["created_by"] is None:
            UNREADABLE.add(issue["id"])
        MADE.add(issue["id"])


@schemathesis.hook
def filter_failure(context, failure, case, response) -> bool:
    """Return whether to report the failure."""
    match failure.code:
        case "ST202":  # Schema-valid request rejected
            detail = response.json()["detail"]
            sent = (case.method, response.status_code)
            return not any(
                sent == (method, status) and words in detail for method, status, words in REFUSALS
            )
        case "ST302":  # Created resource not found
            return case.path_parameters.get("issue_id") not in UNREADABLE
    return True
