"""The HTTP operations of the API. `issue_service` has the rules.

Reads run with `Call.read`, changes with `Call.change`.
"""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Response

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
from issue_portal.server.http.call import ApiResponse, CallParameter
from issue_portal.server.http.openapi import (
    ETAG,
    RATE_LIMIT,
    describe_header,
    describe_responses,
    get_operation_id,
)
from issue_portal.server.http.query_parameters import describe_query, make_query_reader
from issue_portal.server.http.request_body import JsonRoute
from issue_portal.server.services import serializers
from issue_portal.server.services.issue_service import compute_etag
from issue_portal.server.services.issue_writer import IDEMPOTENCY_LIFETIME

IssueId = Annotated[str, Path(description="An issue's `id`.", examples=["issue_5c4b3a2d1e0f9a8b"])]
IfMatch = Annotated[str | None, Header(description="412 unless the issue still has this `ETag`.")]

IssueQueryParameter = Annotated[IssueQuery, Depends(make_query_reader(IssueQuery))]
StatsQueryParameter = Annotated[StatsQuery, Depends(make_query_reader(StatsQuery))]

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

router = APIRouter(
    prefix="/v1/app",
    tags=["Issues"],
    route_class=JsonRoute,
    generate_unique_id_function=get_operation_id,
)


@router.get(
    "/issue",
    summary="List issues",
    openapi_extra=describe_query(IssueQuery),
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
async def list_issues(call: CallParameter, query: IssueQueryParameter) -> ApiResponse:
    """List issues, newest first. Members see their own issues, reviewers all issues.

    Pages are by number (`page`) or by cursor (`after`, `before`). Cursors stay correct while issues
    are added and deleted. Deleted issues are listed only if a reviewer filters by that state.
    """
    list_page = partial(call.service.issues.list_page, principal=call.principal, query=query)
    # SQLite's search index does its work in a single step, which cannot be stopped. The total may
    # count a change that the page does not show yet.
    is_slow = bool(query.filter_by_text)
    return ApiResponse(await call.read(list_page, is_slow=is_slow, snapshot=False))


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
    call: CallParameter,
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
    service, principal = call.service, call.principal
    call.response_headers.update(await service.rate_limits.count_create(principal, new))
    issue = await service.issues.create(principal, new, idempotency_key)
    if not new.anonymous:
        service.token_usage.record(principal)
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
async def look_up_receipt(call: CallParameter, lookup: ReceiptLookup) -> ApiResponse:
    """Get a report by its receipt. The response to an unknown receipt is a 404."""
    service, principal = call.service, call.principal
    call.response_headers.update(await service.rate_limits.count_receipt(principal))
    find = partial(service.issues.find_by_receipt, principal=principal, receipt=lookup.receipt)
    return ApiResponse(await call.read(find), headers={"Cache-Control": "no-store"})


@router.get(
    "/issue/stats",
    summary="Count issues",
    openapi_extra=describe_query(StatsQuery),
    responses=describe_responses(
        response_models.IssueStats, "Counts by state, type, project and day."
    ),
)
async def issue_stats(call: CallParameter, query: StatsQueryParameter) -> ApiResponse:
    """Count the issues of a period, or all issues. Deleted ones do not count. Reviewers only."""
    compute = partial(call.service.issues.stats, principal=call.principal, query=query)
    return ApiResponse(await call.read(compute))


@router.get(
    "/issue/{issue_id}",
    summary="Get one issue",
    responses=describe_responses(
        response_models.Issue, "The issue.", example=_EXAMPLE, headers=ETAG
    )
    | {304: {"description": "The issue still has the `ETag` in `If-None-Match`.", "headers": ETAG}},
)
async def get_issue(
    call: CallParameter,
    issue_id: IssueId,
    if_none_match: Annotated[
        str | None, Header(description="304 if the issue still has this `ETag`.")
    ] = None,
) -> Response:
    """Get an issue. The response has an `ETag` for `If-Match` and `If-None-Match`."""
    get = partial(call.service.issues.get, principal=call.principal, issue_id=issue_id)
    issue = await call.read(get, snapshot=False)
    tag = compute_etag(issue)
    if if_none_match and tag in (part.strip() for part in if_none_match.split(",")):
        return Response(status_code=304, headers={"ETag": tag})
    return ApiResponse(issue, headers={"ETag": tag})


async def _update(
    call: CallParameter,
    issue_id: IssueId,
    update: IssueUpdate,
    if_match: IfMatch = None,
) -> ApiResponse:
    """Change an issue. Absent fields keep their values.

    Reporters can change type and description until the review begins; reviewers can change every
    field. The state can change from NotReviewed to InReview or Closed, from InReview to Closed,
    and from Closed to InReview. A new description counts towards the rate limit like a new report.
    """
    service, principal = call.service, call.principal
    if isinstance(update.description, str):
        headers = await service.rate_limits.count_text(principal, update.description)
        call.response_headers.update(headers)
    issue = await call.change(partial(service.issues.update, principal, issue_id, update, if_match))
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
    call: CallParameter,
    issue_id: IssueId,
    if_match: IfMatch = None,
) -> Response:
    """Delete an issue. Reporters can withdraw their own until the review begins."""
    await call.change(partial(call.service.issues.delete, call.principal, issue_id, if_match))
    return Response(status_code=204)


@router.get(
    "/issue/{issue_id}/history",
    summary="Get the history of an issue",
    responses=describe_responses(response_models.IssueHistory, "The history, oldest entry first."),
)
async def issue_history(call: CallParameter, issue_id: IssueId) -> ApiResponse:
    """Get the changes of an issue. `by` is null for an anonymous reporter."""
    history = partial(call.service.issues.history, principal=call.principal, issue_id=issue_id)
    return ApiResponse(await call.read(history))


@router.get(
    "/me",
    tags=["Users"],
    summary="Get the current user",
    responses=describe_responses(response_models.User, "The user of the token."),
)
async def me(call: CallParameter) -> ApiResponse:
    """Get the user of the token; 404 for a visitor, who uses the portal without an account."""
    if call.principal.user_id is None:
        raise ProblemError(404, "Visitors have no user.")
    get_user = partial(
        queries_users.get_user, org_id=call.service.org_id, user_id=call.principal.user_id
    )
    return ApiResponse(serializers.serialize_user(await call.read(get_user, snapshot=False)))


@router.get(
    "/user",
    tags=["Users"],
    summary="List users",
    responses=describe_responses(
        response_models.UserList, "All users of the organisation, by name."
    ),
)
async def list_users(call: CallParameter) -> ApiResponse:
    """List the users of the organisation, by name. Reviewers only."""
    if not call.principal.may(Action.LIST_USERS):
        raise ForbiddenError("Only reviewers can list users.")
    list_all = partial(queries_users.list_users, org_id=call.service.org_id)
    rows = await call.read(list_all, snapshot=False)
    users = [serializers.serialize_user(row) for row in rows]
    return ApiResponse({"data": users, "total_count": len(users)})
