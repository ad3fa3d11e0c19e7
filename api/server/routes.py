"""HTTP in and out: parameters, bodies, headers, status codes. The rules are in `issues`."""

import json
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from api.contract import IssueQuery, IssueUpdate, NewIssue, ReceiptLookup
from api.server import access, shapes, store, wire
from api.server.access import Principal
from api.server.answer_headers import add_headers
from api.server.issues import IDEMPOTENCY_LIFETIME, Issues, etag
from api.server.openapi import ETAG, RATE_LIMIT, header, responses
from api.server.problems import ProblemError, forbidden, invalid_field
from api.server.rate_limits import RateLimits
from api.server.service import Service

BODY_LIMIT = 200_000
"""Largest request body, in bytes: more than the longest valid one with every character escaped."""


class GuardedRoute(APIRoute):
    """A route that knows who is calling before it looks at anything else in the request."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Authenticate, check organisation and body, then go on as usual."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            service: Service = request.app.state.service
            # So that a client knows that it may repeat a report whose answer got lost.
            add_headers(request, {"Idempotency-Key-Lifetime": str(IDEMPOTENCY_LIFETIME)})
            request.state.principal = await run_in_threadpool(_admit, service, request)
            if request.method in ("POST", "PUT", "PATCH"):
                try:
                    await _check_body(request)
                except ClientDisconnect:
                    return Response(status_code=400)  # Nobody is there to read it.
            return await handle(request)

        return guarded


def _admit(service: Service, request: Request) -> Principal:
    """Who is calling, if that is a caller of this organisation."""
    principal = access.authenticate(
        service.database,
        service.org_id,
        service.keys,
        service.accounts,
        request.headers.get("authorization"),
    )
    organisation = request.headers.get("x-org")
    if organisation not in (None, service.org_id, service.settings.org):
        raise ProblemError(404, "This token is not of that organisation.")
    if request.method != "POST":
        service.token_uses.note(principal)
    return principal


async def _check_body(request: Request) -> None:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise ProblemError(415, "Send JSON: Content-Type: application/json.")
    size = 0
    chunks = []
    async for chunk in request.stream():
        size += len(chunk)
        if size > BODY_LIMIT:
            raise ProblemError(413, f"The body is larger than {BODY_LIMIT} bytes.")
        chunks.append(chunk)
    body = b"".join(chunks)
    # A field that is there twice has two meanings: `anonymous` must never be taken for the other.
    with suppress(ValueError, RecursionError):
        json.loads(body, object_pairs_hook=_without_repeats)
    # Starlette's own cache for a body that was read: the stream cannot be read twice.
    request._body = body


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        repeated = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise invalid_field(repeated[:100], "is there more than once")
    return fields


def _caller(request: Request) -> Principal:
    principal: Principal = request.state.principal
    return principal


def _issues(request: Request) -> Issues:
    issues: Issues = request.app.state.service.issues
    return issues


def _count_receipt(request: Request) -> None:
    limits: RateLimits = request.app.state.service.rate_limits
    add_headers(request, limits.count_receipt(_caller(request)))


Caller = Annotated[Principal, Depends(_caller)]
Rules = Annotated[Issues, Depends(_issues)]
IssueId = Annotated[str, Path(description="An issue's `id`.", examples=["issue_5c4b3a2d1e0f9a8b"])]
IfMatch = Annotated[
    str | None, Header(description="Only if the issue still has this `ETag`; else 412.")
]

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


# For the OpenAPI document only: `GuardedRoute` is what checks the token.
_BEARER = HTTPBearer(auto_error=False, scheme_name="Token", description="An API token.")

router = APIRouter(
    prefix="/v1/app", route_class=GuardedRoute, tags=["Issues"], dependencies=[Depends(_BEARER)]
)


@router.get(
    "/issue",
    summary="List issues",
    responses=responses(
        shapes.IssuePage,
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
    caller: Caller, issues: Rules, query: Annotated[IssueQuery, Query()]
) -> JSONResponse:
    """Newest first. Members see their own issues, reviewers all of the organisation.

    Pages go by number (`page`) or by cursor (`after`, `before`), which stays right while issues
    come and go. Deleted issues are listed only for a reviewer who asks for that state.
    """
    return JSONResponse(issues.list_page(caller, query))


@router.post(
    "/issue",
    status_code=201,
    summary="Report an issue",
    responses=responses(
        shapes.NewlyMade,
        "The stored issue.",
        *(409, 413, 415, 429),
        status=201,
        example=_EXAMPLE,
        headers={
            "Location": header("Its address.", type="string", format="uri-reference"),
            **ETAG,
            "Idempotency-Key-Lifetime": header(
                "Seconds for which the request may be repeated. It is on every answer.",
                type="integer",
                const=IDEMPOTENCY_LIFETIME,
            ),
            **RATE_LIMIT,
        },
    ),
)
def create_issue(
    caller: Caller,
    issues: Rules,
    request: Request,
    new: NewIssue,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=255,
            description="A random text of your own that makes a retry safe for 24 hours;"
            " for an anonymous report of at least 16 characters.",
        ),
    ] = None,
) -> JSONResponse:
    """Store a report. An anonymous one keeps no trace of its sender, and its answer has a `receipt`
    to follow it by, which is shown only here.
    """
    service: Service = request.app.state.service
    add_headers(request, service.rate_limits.count_create(caller, anonymous=new.anonymous))
    issue = issues.create(caller, new, idempotency_key)
    if not new.anonymous:
        service.token_uses.note(caller)
    tag = etag({name: value for name, value in issue.items() if name != "receipt"})
    headers = {"Location": f"/api/v1/app/issue/{issue['id']}", "ETag": tag}
    return JSONResponse(issue, 201, headers)


@router.post(
    "/issue/receipt",
    summary="Look up a report by its receipt",
    responses=responses(
        shapes.ReceiptView,
        "What the holder of the receipt may see.",
        *(413, 415, 429),
        headers={
            "Cache-Control": header("Not to be kept.", type="string", const="no-store"),
            **RATE_LIMIT,
        },
    ),
    dependencies=[Depends(_count_receipt)],
)
def look_up_receipt(issues: Rules, lookup: ReceiptLookup) -> JSONResponse:
    """A receipt that is wrong and one that never was get the same 404."""
    return JSONResponse(issues.by_receipt(lookup.receipt), headers={"Cache-Control": "no-store"})


@router.get(
    "/issue/stats",
    summary="Count issues",
    responses=responses(shapes.IssueStats, "Counts by state, type and day. Reviewers only."),
)
def issue_stats(caller: Caller, issues: Rules) -> JSONResponse:
    """Counts of all issues of the organisation that are not deleted."""
    return JSONResponse(issues.stats(caller))


@router.get(
    "/issue/{issue_id}",
    summary="Get one issue",
    responses=responses(shapes.Issue, "The issue.", example=_EXAMPLE, headers=ETAG)
    | {304: {"description": "It is still what `If-None-Match` names.", "headers": ETAG}},
)
def get_issue(
    caller: Caller,
    issues: Rules,
    issue_id: IssueId,
    if_none_match: Annotated[str | None, Header(description="Answer 304 if unchanged.")] = None,
) -> Response:
    """The answer carries an `ETag` for `If-Match` and `If-None-Match`."""
    issue = issues.get(caller, issue_id)
    tag = etag(issue)
    if if_none_match and tag in (part.strip() for part in if_none_match.split(",")):
        return Response(status_code=304, headers={"ETag": tag})
    return JSONResponse(issue, headers={"ETag": tag})


def _update(
    caller: Caller,
    issues: Rules,
    issue_id: IssueId,
    update: IssueUpdate,
    if_match: IfMatch = None,
) -> JSONResponse:
    """What is absent stays. Reporters can change type and description until a review begins;
    reviewers everything. States move NotReviewed, InReview, Closed; Closed can go back to InReview.
    """
    issue = issues.update(caller, issue_id, update, if_match)
    return JSONResponse(issue, headers={"ETag": etag(issue)})


for _method in ("PUT", "PATCH"):
    router.add_api_route(
        "/issue/{issue_id}",
        _update,
        methods=[_method],
        name=f"{_method.lower()}_issue",
        summary="Change an issue",
        responses=responses(
            shapes.Issue,
            "The issue as it is now.",
            *(412, 413, 415),
            example=_EXAMPLE,
            headers=ETAG,
        ),
    )


@router.delete(
    "/issue/{issue_id}",
    status_code=204,
    summary="Delete an issue",
    responses=responses(None, "It is deleted.", 412, status=204),
)
def delete_issue(
    caller: Caller, issues: Rules, issue_id: IssueId, if_match: IfMatch = None
) -> Response:
    """Reporters can withdraw their own until a review begins, reviewers delete any."""
    issues.delete(caller, issue_id, if_match)
    return Response(status_code=204)


@router.get(
    "/issue/{issue_id}/history",
    summary="History of one issue",
    responses=responses(shapes.IssueHistory, "Everything that happened to it, oldest first."),
)
def issue_history(caller: Caller, issues: Rules, issue_id: IssueId) -> JSONResponse:
    """Who changed what and when. An anonymous reporter stays anonymous (`by` is null)."""
    return JSONResponse(issues.history(caller, issue_id))


@router.get(
    "/me",
    tags=["Users"],
    summary="Who am I?",
    responses=responses(shapes.User, "The user behind the token."),
)
def me(caller: Caller, request: Request) -> JSONResponse:
    """The user behind the token. Visitors have none (404)."""
    if caller.user_id is None:
        raise ProblemError(404, "A visitor has no user.")
    service: Service = request.app.state.service
    with service.database.read() as connection:
        return JSONResponse(wire.user(store.get_user(connection, service.org_id, caller.user_id)))


@router.get(
    "/user",
    tags=["Users"],
    summary="List users",
    responses=responses(shapes.UserList, "Everyone of the organisation, by name. Reviewers only."),
)
def list_users(caller: Caller, request: Request) -> JSONResponse:
    """Everyone of the organisation, by name: for the filter by reporter."""
    if not caller.is_admin:
        raise forbidden("Only reviewers can list users.")
    service: Service = request.app.state.service
    with service.database.read() as connection:
        users = [wire.user(row) for row in store.list_users(connection, service.org_id)]
    return JSONResponse({"data": users, "total_count": len(users)})
