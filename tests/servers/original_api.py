"""A server with the original variant of the API, by the letter of its examples.

Each response has exactly the fields of its example, and the server refuses everything else.
"""

import itertools
import secrets
from typing import Annotated, Literal

from fastapi import Depends, HTTPException, Query, Request
from fastapi.responses import PlainTextResponse, Response
from pydantic import StrictBool

from tests.servers.api_options import read_options
from tests.servers.api_variant import InvalidFields, NewIssue, NoExtrasModel, format_now, make_app

OPTIONS = read_options()
TOKEN = "the-token-of-the-original-api"
OTHER_TOKEN = "another-token-of-the-original-api"

USER = {
    "id": "user_4b7c2a1d9e5f3c8b",
    "org_id": "org_2f3a9d1c7b5e4a8f",
    "account_id": "acct_6c8a1f3b2d4e5f7a",
    "name": "Sasha Patel",
    "email": "sasha@auroralabs.com",
    "state": "Active",
    "roles": ["AppAdmin"],
    "created_at": "2026-02-08T14:12:45Z",
}

OTHER_USER = USER | {
    "id": "user_0000000000000002",
    "name": "Kim Other",
    "email": "kim@auroralabs.com",
}
USERS_BY_AUTHORIZATION = {f"Bearer {TOKEN}": USER, f"Bearer {OTHER_TOKEN}": OTHER_USER}


class DescribedIssue(NewIssue):
    description: str


class IssueUpdate(NoExtrasModel):
    state: Literal["NotReviewed", "InReview", "Closed"] = "NotReviewed"
    is_read: StrictBool = False


class UnknownParametersError(Exception):
    """The request has query parameters that the server does not know."""


async def check_parameters(request: Request) -> None:
    is_list = request.method == "GET" and request.url.path.endswith("/issue")
    unknown = set(request.query_params) - ({"page", "page_size"} if is_list else set())
    if unknown and not OPTIONS.ignores_parameters:
        raise UnknownParametersError(f"unknown parameters: {', '.join(sorted(unknown))}")


async def authenticate(request: Request) -> dict:
    user = USERS_BY_AUTHORIZATION.get(request.headers.get("authorization"))
    if user is None:
        raise HTTPException(401, "the token is invalid", {"WWW-Authenticate": "Bearer"})
    return user


def render_error(_status: int, text: str, fields: InvalidFields) -> object:
    return {"message": text} | ({"detail": fields} if fields else {})


app = make_app(OPTIONS, render_error)
issues: dict[str, dict] = {}
issue_numbers = itertools.count(1842)
CHECKED = [Depends(authenticate), Depends(check_parameters)]


@app.exception_handler(UnknownParametersError)
async def report_unknown_parameters(_: Request, error: UnknownParametersError) -> Response:
    return PlainTextResponse(str(error), 400)


def find_issue(issue_id: str) -> dict:
    if issue_id not in issues:
        raise HTTPException(404, "issue not found")
    return issues[issue_id]


def select(issue: dict, *names: str) -> dict:
    return {name: issue[name] for name in names}


@app.get("/api/v1/app/issue", dependencies=CHECKED)
async def list_issues(
    page: Annotated[int, Query(ge=1)] = 1, page_size: Annotated[int, Query(ge=1, le=100)] = 20
) -> dict:
    newest_first = list(issues.values())[::-1]
    start, end = (page - 1) * page_size, page * page_size
    return {
        "data": newest_first[start:end],
        "has_next_page": end < len(newest_first),
        "has_previous_page": page > 1,
        "total_count": len(newest_first),
    }


@app.post("/api/v1/app/issue", status_code=201, dependencies=CHECKED)
async def create_issue(new: DescribedIssue, user: Annotated[dict, Depends(authenticate)]) -> dict:
    issue = {
        "id": f"issue_{secrets.token_hex(8)}",
        "issue_number": next(issue_numbers),
        "description": new.description,
        "resource_type": new.resource_type,
        "type": new.type,
        "state": "NotReviewed",
        "is_read": False,
        "created_at": format_now(),
        "updated_at": format_now(),
        "created_by": None if new.anonymous else user,
    }
    issues[issue["id"]] = issue
    return issue


@app.get("/api/v1/app/issue/{issue_id}", dependencies=CHECKED)
async def get_issue(issue_id: str) -> dict:
    return select(find_issue(issue_id), "id", "issue_number", "description", "state")


@app.put("/api/v1/app/issue/{issue_id}", dependencies=CHECKED)
async def update_issue(issue_id: str, update: IssueUpdate) -> dict:
    find_issue(issue_id).update(update.model_dump(exclude_unset=True), updated_at=format_now())
    return select(issues[issue_id], "id", "state", "is_read")


@app.delete("/api/v1/app/issue/{issue_id}", dependencies=CHECKED)
async def delete_issue(issue_id: str) -> Response:
    del issues[find_issue(issue_id)["id"]]
    return Response(status_code=204)
