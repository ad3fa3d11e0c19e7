"""A server with the original variant of the API. It refuses parameters and fields that only other
variants have.
"""

import itertools
import secrets
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, StrictBool

TOKEN = "the-token-of-the-original-api"
OTHER_TOKEN = "another-token-of-the-original-api"

Type = Literal["NoAnswer", "Inaccurate", "NoContextUsed", "Format", "Other"]
State = Literal["NotReviewed", "InReview", "Closed"]

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


class NoExtrasModel(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewIssue(NoExtrasModel):
    description: str
    resource_type: Literal["Thread"]
    type: Type
    anonymous: StrictBool


class IssueUpdate(NoExtrasModel):
    description: str = ""
    type: Type = "Other"
    state: State = "NotReviewed"
    is_read: StrictBool = False


def format_now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def authenticate(request: Request) -> dict:
    user = USERS_BY_AUTHORIZATION.get(request.headers.get("authorization"))
    if user is None:
        raise HTTPException(401, "The token is missing or unknown.", {"WWW-Authenticate": "Bearer"})
    return user


app = FastAPI()
issues: dict[str, dict] = {}
issue_numbers = itertools.count(1842)


@app.exception_handler(RequestValidationError)
async def report_validation_error(_: Request, error: RequestValidationError) -> JSONResponse:
    errors = [{"loc": item["loc"], "msg": item["msg"]} for item in error.errors()]
    return JSONResponse({"detail": errors}, 400)


def find_issue(issue_id: str) -> dict:
    if issue_id not in issues:
        raise HTTPException(404, "issue not found")
    return issues[issue_id]


@app.get("/api/v1/app/issue", dependencies=[Depends(authenticate)])
def list_issues(request: Request, page: int = 1, page_size: int = 20) -> dict:
    if unknown := set(request.query_params) - {"page", "page_size"}:
        raise HTTPException(400, f"unknown parameters: {', '.join(sorted(unknown))}")
    newest_first = list(issues.values())[::-1]
    start, end = (page - 1) * page_size, page * page_size
    return {
        "data": newest_first[start:end],
        "has_next_page": end < len(newest_first),
        "has_previous_page": page > 1,
        "total_count": len(newest_first),
    }


@app.post("/api/v1/app/issue", status_code=201, dependencies=[Depends(authenticate)])
def create_issue(new: NewIssue, user: Annotated[dict, Depends(authenticate)]) -> dict:
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


@app.get("/api/v1/app/issue/{issue_id}", dependencies=[Depends(authenticate)])
def get_issue(issue_id: str) -> dict:
    return find_issue(issue_id)


@app.put("/api/v1/app/issue/{issue_id}", dependencies=[Depends(authenticate)])
def update_issue(issue_id: str, update: IssueUpdate) -> dict:
    find_issue(issue_id).update(update.model_dump(exclude_unset=True), updated_at=format_now())
    return issues[issue_id]


@app.delete("/api/v1/app/issue/{issue_id}", dependencies=[Depends(authenticate)])
def delete_issue(issue_id: str) -> Response:
    del issues[find_issue(issue_id)["id"]]
    return Response(status_code=204)
