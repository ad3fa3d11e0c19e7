"""The HTTP operations on the issues of the organisation: list, report, look up, count.

`issue_service` has the rules. Reads run with `Call.read`, changes with `Call.change`.
"""

from functools import partial
from typing import Annotated

from fastapi import Body, Depends, Request

from issue_portal.models.requests import (
    BulkRequest,
    IssueQuery,
    NewIssue,
    ReceiptLookup,
    StatsQuery,
)
from issue_portal.server.http import openapi_examples, response_models
from issue_portal.server.http.call import ApiResponse, CallParameter
from issue_portal.server.http.openapi import describe_responses
from issue_portal.server.http.page_links import make_link_header
from issue_portal.server.http.query_parameters import describe_query, make_query_reader
from issue_portal.server.http.router import IdempotencyKey, make_router
from issue_portal.server.services.serializers import compute_etag

IssueQueryParameter = Annotated[IssueQuery, Depends(make_query_reader(IssueQuery))]
StatsQueryParameter = Annotated[StatsQuery, Depends(make_query_reader(StatsQuery))]

router = make_router("Issues")


@router.get(
    "/issue",
    summary="List issues",
    openapi_extra=describe_query(IssueQuery),
    responses=describe_responses(
        response_models.IssuePage, "One page.", example=openapi_examples.ISSUE_PAGE
    ),
)
async def list_issues(
    call: CallParameter, query: IssueQueryParameter, request: Request
) -> ApiResponse:
    """List issues, newest first. Members see their own issues, reviewers all issues.

    Pages are by number (`page`) or by cursor (`after`, `before`). Cursors stay correct while issues
    are added and deleted. Deleted issues are listed only if a reviewer filters by that state.
    """
    list_page = partial(call.service.issues.list_page, principal=call.principal, query=query)
    # SQLite's search index does its work in a single step, which cannot be stopped. The total may
    # count a change that the page does not show yet.
    is_slow = bool(query.filter_by_text or query.search)
    page = await call.read(list_page, is_slow=is_slow, snapshot=False)
    links = make_link_header("issue", request.query_params, query, page)
    return ApiResponse(page, headers={"Link": links})


@router.post(
    "/issue",
    status_code=201,
    summary="Report an issue",
    responses=describe_responses(
        response_models.Issue,
        "The stored issue.",
        status=201,
        example=openapi_examples.ISSUE,
        headers=("Location", "ETag"),
    ),
)
async def create_issue(
    call: CallParameter,
    new: Annotated[NewIssue, Body(openapi_examples=openapi_examples.NEW_ISSUES)],
    idempotency_key: IdempotencyKey = None,
) -> ApiResponse:
    """Store a report. An anonymous report stores nothing about its sender. Its response has a
    `receipt` to track it by, which cannot be shown again.
    """
    service, principal = call.service, call.principal
    await service.rate_limits.count_create(principal, new, call.response_headers)
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
        example=openapi_examples.RECEIPT_VIEW,
    ),
)
async def look_up_receipt(
    call: CallParameter,
    lookup: Annotated[ReceiptLookup, Body(openapi_examples=openapi_examples.RECEIPT_LOOKUPS)],
) -> ApiResponse:
    """Get a report by its receipt. The response to an unknown receipt is a 404."""
    service, principal = call.service, call.principal
    await service.rate_limits.count_receipt(principal, call.response_headers)
    find = partial(service.issues.find_by_receipt, principal=principal, receipt=lookup.receipt)
    return ApiResponse(await call.read(find))


@router.post(
    "/issue/bulk",
    summary="Change several issues",
    responses=describe_responses(
        response_models.BulkResults,
        "What became of each issue.",
        example=openapi_examples.BULK_RESULTS,
    ),
)
async def change_issues(
    call: CallParameter,
    request: Annotated[BulkRequest, Body(openapi_examples=openapi_examples.BULK_REQUESTS)],
    idempotency_key: IdempotencyKey = None,
) -> ApiResponse:
    """Apply one change to up to 100 issues, each by itself: some may fail while others succeed.

    The results are in the order of the ids. Each has the status that the call for this issue alone
    would get. Reporters can delete and restore their own issues.
    """
    await call.count_changes(max(1, len(request.ids)))
    results = await call.service.bulk_changes.apply(
        call.principal, request, idempotency_key, call.change
    )
    return ApiResponse(results)


@router.get(
    "/issue/stats",
    summary="Count issues",
    openapi_extra=describe_query(StatsQuery),
    responses=describe_responses(
        response_models.IssueStats,
        "Counts by state, type, project and day.",
        example=openapi_examples.STATS,
    ),
)
async def issue_stats(call: CallParameter, query: StatsQueryParameter) -> ApiResponse:
    """Count the issues of a period, or all issues. Deleted ones do not count. Reviewers only."""
    compute = partial(call.service.issues.stats, principal=call.principal, query=query)
    return ApiResponse(await call.read(compute))
