"""The HTTP operations on one issue: get, change, delete, restore, history.

`issue_service` and `issue_editor` have the rules. Reads run with `Call.read`, changes with
`Call.change`.
"""

from functools import partial
from typing import Annotated

from fastapi import Body, Depends, Response

from issue_portal.models.requests import IssueReadQuery, IssueUpdate
from issue_portal.server.http import openapi_examples, response_models
from issue_portal.server.http.call import ApiResponse, CallParameter
from issue_portal.server.http.openapi import describe_responses
from issue_portal.server.http.openapi_headers import refer_to_headers
from issue_portal.server.http.query_parameters import describe_query, make_query_reader
from issue_portal.server.http.router import (
    IdempotencyKey,
    IssueId,
    PreconditionsParameter,
    make_router,
)
from issue_portal.server.services.serializers import compute_etag

IssueReadQueryParameter = Annotated[IssueReadQuery, Depends(make_query_reader(IssueReadQuery))]

router = make_router("Issues")


@router.get(
    "/issue/{issue_id}",
    summary="Get one issue",
    openapi_extra=describe_query(IssueReadQuery),
    responses=describe_responses(
        response_models.Issue, "The issue.", example=openapi_examples.ISSUE, headers=("ETag",)
    )
    | {
        304: {
            "description": "The issue still has the `ETag` in `If-None-Match`.",
            "headers": refer_to_headers("ETag"),
        }
    },
)
async def get_issue(
    call: CallParameter,
    issue_id: IssueId,
    preconditions: PreconditionsParameter,
    query: IssueReadQueryParameter,
) -> Response:
    """Get an issue. The response has an `ETag` for `If-Match` and `If-None-Match`."""
    get = partial(
        call.service.issues.get,
        principal=call.principal,
        issue_id=issue_id,
        with_deleted=query.deleted,
    )
    issue = await call.read(get, snapshot=False)
    tag = compute_etag(issue)
    if preconditions.is_not_modified(tag):
        return Response(status_code=304, headers={"ETag": tag})
    return ApiResponse(issue, headers={"ETag": tag})


async def _update(
    call: CallParameter,
    issue_id: IssueId,
    update: Annotated[IssueUpdate, Body(openapi_examples=openapi_examples.ISSUE_UPDATES)],
    preconditions: PreconditionsParameter,
) -> ApiResponse:
    """Change an issue. Absent fields keep their values.

    Reporters can change type and description until the review begins; reviewers can change every
    field. The state Deleted deletes the issue. A new description counts towards the rate limit like
    a new report.
    """
    service, principal = call.service, call.principal
    if isinstance(update.description, str):
        await service.rate_limits.count_text(principal, update.description, call.response_headers)
    change = partial(service.editor.update, principal, issue_id, update, preconditions)
    issue = await call.change(change)
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
            example=openapi_examples.CHANGED_ISSUE,
            headers=("ETag",),
        ),
    )


@router.delete(
    "/issue/{issue_id}",
    status_code=204,
    summary="Delete an issue",
    responses=describe_responses(None, "The issue is deleted.", status=204),
)
async def delete_issue(
    call: CallParameter,
    issue_id: IssueId,
    preconditions: PreconditionsParameter,
) -> Response:
    """Delete an issue. Reporters can withdraw their own until the review begins."""
    await call.change(partial(call.service.editor.delete, call.principal, issue_id, preconditions))
    return Response(status_code=204)


@router.post(
    "/issue/{issue_id}/restore",
    summary="Restore a deleted issue",
    responses=describe_responses(
        response_models.Issue,
        "The restored issue.",
        409,
        example=openapi_examples.ISSUE,
        headers=("ETag",),
    ),
)
async def restore_issue(
    call: CallParameter,
    issue_id: IssueId,
    preconditions: PreconditionsParameter,
    idempotency_key: IdempotencyKey = None,
) -> ApiResponse:
    """Give a deleted issue the state that it had before.

    Reviewers can restore every issue, reporters an issue that they withdrew in the last minute.
    """
    await call.count_changes()
    restore = partial(
        call.service.editor.restore, call.principal, issue_id, preconditions, idempotency_key
    )
    issue = await call.change(restore)
    return ApiResponse(issue, headers={"ETag": compute_etag(issue)})


@router.get(
    "/issue/{issue_id}/history",
    summary="Get the history of an issue",
    openapi_extra=describe_query(IssueReadQuery),
    responses=describe_responses(
        response_models.IssueHistory,
        "The history, oldest entry first.",
        example=openapi_examples.HISTORY,
    ),
)
async def issue_history(
    call: CallParameter, issue_id: IssueId, query: IssueReadQueryParameter
) -> ApiResponse:
    """Get the changes of an issue. `by` is null for an anonymous reporter."""
    history = partial(
        call.service.issues.history,
        principal=call.principal,
        issue_id=issue_id,
        with_deleted=query.deleted,
    )
    return ApiResponse(await call.read(history))
