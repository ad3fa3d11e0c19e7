"""The HTTP operations of the API. `issue_service` has the rules.

FastAPI builds the OpenAPI document from these functions, and `dispatch` calls them.
"""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Response
from fastapi.security import HTTPBearer

from issue_portal.core.problems import ForbiddenError, ProblemError
from issue_portal.models.permissions import Action
from issue_portal.models.requests import (
    IssueQuery,
    IssueUpdate,
    NewIssue,
    ReceiptLookup,
    StatsQuery,
)
from issue_portal.server.db import queries_users
from issue_portal.server.http import response_models
from issue_portal.server.http.dispatch import ApiRequest, ApiResponse, add_headers, run_change
from issue_portal.server.http.openapi import ETAG, RATE_LIMIT, describe_header, describe_responses
from issue_portal.server.services import serializers
from issue_portal.server.services.issue_service import IssueService, compute_etag
from issue_portal.server.services.issue_writer import IDEMPOTENCY_LIFETIME
from issue_portal.server.services.principal import Principal
from issue_portal.server.services.threadpool import run_in_thread


def _supplied_by_dispatch() -> None:
    """Mark an argument that `dispatch` supplies, so that the OpenAPI document omits it."""


PrincipalParameter = Annotated[Principal, Depends(_supplied_by_dispatch)]
IssueServiceParameter = Annotated[IssueService, Depends(_supplied_by_dispatch)]
IssueId = Annotated[str, Path(description="An issue's `id`.", examples=["issue_5c4b3a2d1e0f9a8b"])]
IfMatch = Annotated[str | None, Header(description="412 unless the issue still has this `ETag`.")]

_EXAMPLE = {
    "id": "issue_5c4b3a2d1e0f9a8b",
    "issue_number": 1842,
    "description": "Response missed the attached policy details.",
    "resource_type": "Thread",
    "type": "NoContextUsed",
    "state": "NotReviewed",
    "is_read": False,
    "created_at": "2026-02-08T14:55:10Z",
    "updated_at": "2026-02-08T14:55:10Z",
    "created_by": None,
}

_BEARER = HTTPBearer(auto_error=False, scheme_name="Token", description="An API token.")

router = APIRouter(prefix="/v1/app", tags=["Issues"], dependencies=[Depends(_BEARER)])


@router.get(
    "/issue",
    summary="List issues",
    responses=describe_responses(
        response_models.IssuePage,
        "One page.",
        example={
            "data": [_EXAMPLE],
            "has_next_page": False,
            "has_previous_page": False,
            "total_count": 1,
        },
    ),
)
def list_issues(
    caller: PrincipalParameter, issues: IssueServiceParameter, query: Annotated[IssueQuery, Query()]
) -> ApiResponse:
    """List issues, newest first. Members see their own issues, reviewers all issues.

    Pages are by number (`page`) or by cursor (`after`, `before`). Cursors stay correct while issues
    are added and deleted. Deleted issues are listed only if a reviewer filters by that state.
    """
    return ApiResponse(issues.list_page(caller, query))


@router.post(
    "/issue",
    status_code=201,
    summary="Report an issue",
    responses=describe_responses(
        response_models.CreatedIssue,
        "The stored issue.",
        *(408, 409, 413, 415, 429),
        status=201,
        example=_EXAMPLE,
        headers={
            "Location": describe_header("URL of the issue.", type="string", format="uri-reference"),
            **ETAG,
            "Idempotency-Key-Lifetime": describe_header(
                "Seconds for which a retry with the same `Idempotency-Key` is safe.",
                type="integer",
                const=IDEMPOTENCY_LIFETIME,
            ),
            **RATE_LIMIT,
        },
    ),
)
async def create_issue(
    caller: PrincipalParameter,
    issues: IssueServiceParameter,
    call: ApiRequest,
    new: NewIssue,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=255,
            description="A random string that makes retries safe for 24 hours. For an anonymous"
            " report, it must have at least 16 characters.",
        ),
    ] = None,
) -> ApiResponse:
    """Store a report. An anonymous report stores nothing about its sender. Its response has a
    `receipt` to track it by, which cannot be shown again.
    """
    service = call.service
    add_headers(call, await service.rate_limits.count_create(caller, new))
    issue = await issues.create(caller, new, idempotency_key)
    if not new.anonymous:
        service.token_usage.record(caller)
    tag = compute_etag({name: value for name, value in issue.items() if name != "receipt"})
    headers = {"Location": f"/api/v1/app/issue/{issue['id']}", "ETag": tag}
    return ApiResponse(issue, 201, headers)


@router.post(
    "/issue/receipt",
    summary="Look up a report by its receipt",
    responses=describe_responses(
        response_models.ReceiptView,
        "The report, as shown to the holder of its receipt.",
        *(408, 413, 415, 429),
        headers={
            "Cache-Control": describe_header("Do not cache.", type="string", const="no-store"),
            **RATE_LIMIT,
        },
    ),
)
async def look_up_receipt(
    caller: PrincipalParameter,
    issues: IssueServiceParameter,
    call: ApiRequest,
    lookup: ReceiptLookup,
) -> ApiResponse:
    """Get a report by its receipt. The response to an unknown receipt is a 404."""
    add_headers(call, await call.service.rate_limits.count_receipt(caller))
    view = await run_in_thread(
        issues.find_by_receipt, caller, lookup.receipt, caller=caller.rate_limit_key
    )
    return ApiResponse(view, headers={"Cache-Control": "no-store"})


@router.get(
    "/issue/stats",
    summary="Count issues",
    responses=describe_responses(
        response_models.IssueStats, "Counts by state, type, project and day."
    ),
)
def issue_stats(
    caller: PrincipalParameter, issues: IssueServiceParameter, query: Annotated[StatsQuery, Query()]
) -> ApiResponse:
    """Count the issues of a period, or all issues. Deleted ones do not count. Reviewers only."""
    return ApiResponse(issues.stats(caller, query))


@router.get(
    "/issue/{issue_id}",
    summary="Get one issue",
    responses=describe_responses(
        response_models.Issue, "The issue.", example=_EXAMPLE, headers=ETAG
    )
    | {304: {"description": "The issue still has the `ETag` in `If-None-Match`.", "headers": ETAG}},
)
def get_issue(
    caller: PrincipalParameter,
    issues: IssueServiceParameter,
    issue_id: IssueId,
    if_none_match: Annotated[
        str | None, Header(description="304 if the issue still has this `ETag`.")
    ] = None,
) -> Response:
    """Get an issue. The response has an `ETag` for `If-Match` and `If-None-Match`."""
    issue = issues.get(caller, issue_id)
    tag = compute_etag(issue)
    if if_none_match and tag in (part.strip() for part in if_none_match.split(",")):
        return Response(status_code=304, headers={"ETag": tag})
    return ApiResponse(issue, headers={"ETag": tag})


async def _update(
    caller: PrincipalParameter,
    issues: IssueServiceParameter,
    call: ApiRequest,
    issue_id: IssueId,
    update: IssueUpdate,
    if_match: IfMatch = None,
) -> ApiResponse:
    """Change an issue. Absent fields keep their values.

    Reporters can change type and description until the review begins; reviewers can change every
    field. The state can change from NotReviewed to InReview or Closed, from InReview to Closed,
    and from Closed to InReview. A new description counts towards the rate limit like a new report.
    """
    service = call.service
    if isinstance(update.description, str):
        add_headers(call, await service.rate_limits.count_text(caller, update.description))
    change = partial(issues.update, caller, issue_id, update, if_match)
    issue = await run_change(call, change)
    return ApiResponse(issue, headers={"ETag": compute_etag(issue)})


for _method in ("PUT", "PATCH"):
    router.add_api_route(
        "/issue/{issue_id}",
        _update,
        methods=[_method],
        name=f"{_method.lower()}_issue",
        summary="Change an issue",
        responses=describe_responses(
            response_models.Issue,
            "The changed issue.",
            *(408, 412, 413, 415, 429),
            example=_EXAMPLE,
            headers=ETAG,
        ),
    )


@router.delete(
    "/issue/{issue_id}",
    status_code=204,
    summary="Delete an issue",
    responses=describe_responses(None, "The issue is deleted.", 412, status=204),
)
async def delete_issue(
    caller: PrincipalParameter,
    issues: IssueServiceParameter,
    call: ApiRequest,
    issue_id: IssueId,
    if_match: IfMatch = None,
) -> Response:
    """Delete an issue. Reporters can withdraw their own until the review begins."""
    await run_change(call, partial(issues.delete, caller, issue_id, if_match))
    return Response(status_code=204)


@router.get(
    "/issue/{issue_id}/history",
    summary="Get the history of an issue",
    responses=describe_responses(response_models.IssueHistory, "The history, oldest entry first."),
)
def issue_history(
    caller: PrincipalParameter, issues: IssueServiceParameter, issue_id: IssueId
) -> ApiResponse:
    """Get the changes of an issue. `by` is null for an anonymous reporter."""
    return ApiResponse(issues.history(caller, issue_id))


@router.get(
    "/me",
    tags=["Users"],
    summary="Get the current user",
    responses=describe_responses(response_models.User, "The user of the token."),
)
def me(caller: PrincipalParameter, call: ApiRequest) -> ApiResponse:
    """Get the user of the token; 404 for a visitor, who uses the portal without an account."""
    if caller.user_id is None:
        raise ProblemError(404, "Visitors have no user.")
    with call.service.database.read() as connection:
        row = queries_users.get_user(connection, call.service.org_id, caller.user_id)
    return ApiResponse(serializers.serialize_user(row))


@router.get(
    "/user",
    tags=["Users"],
    summary="List users",
    responses=describe_responses(
        response_models.UserList, "All users of the organisation, by name."
    ),
)
def list_users(caller: PrincipalParameter, call: ApiRequest) -> ApiResponse:
    """List the users of the organisation, by name. Reviewers only."""
    if not caller.may(Action.LIST_USERS):
        raise ForbiddenError("Only reviewers can list users.")
    with call.service.database.read() as connection:
        rows = queries_users.list_users(connection, call.service.org_id)
        users = [serializers.serialize_user(row) for row in rows]
    return ApiResponse({"data": users, "total_count": len(users)})
