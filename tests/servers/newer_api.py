"""A server with the newer variant of the API.

It refuses what is not documented, and sends fields and values that clients do not know.
"""

import itertools
import secrets
import time
import uuid
from typing import Annotated

from fastapi import Depends, HTTPException, Query, Request
from pydantic import Field, StrictBool

from tests.servers.api_options import read_options
from tests.servers.api_variant import (
    InvalidFields,
    NewIssue,
    NoExtrasModel,
    Type,
    format_now,
    make_app,
)
from tests.servers.newer_lists import IssueQuery, PageQuery, State, paginate

OPTIONS = read_options()
TOKEN = "the-token-of-the-newer-api"
OTHER_TOKEN = "another-token-of-the-newer-api"

ORG = "aurora-labs"
ORG_ID = "0197d1c2-5a4e-7c3b-9f21-6b0d8e4a7f10"

PROJECT = "0197d1c3-0b7a-7d42-8e15-2c9f6a1b3d40"
PROJECTS = {
    project_id: {"id": project_id, "name": name, "archived": False}
    for project_id, name in (
        (PROJECT, "Support"),
        ("0197d1c3-0b7a-7d42-8e15-2c9f6a1b3d41", "Onboarding"),
        ("0197d1c3-0b7a-7d42-8e15-2c9f6a1b3d42", "Legal"),
    )
}

NAMES = ("Sasha", "Kim", "Mo", "Ada", "Bo", *(f"Person {number}" for number in range(6, 46)))

USERS = tuple(
    {
        "id": f"0197d1c4-7e21-7a90-b3c4-{number:012x}",
        "org_id": ORG_ID,
        "account_id": f"0197d1c4-7e22-7b11-a0d5-{number:012x}",
        "name": name,
        "email": f"{name.lower().replace(' ', '-')}@auroralabs.com",
        # Clients must accept a state that they do not know, and no roles.
        "state": "Suspended" if name == "Mo" else "Active",
        "roles": None if name == "Ada" else ["AppAdmin", "SuperAdmin"],
        "created_at": "2026-02-08T14:12:45Z",
        "profile_picture": None,
        "job_position_title": "Analyst",
    }
    for number, name in enumerate(NAMES)
)

USERS_BY_AUTHORIZATION = {f"Bearer {TOKEN}": USERS[0], f"Bearer {OTHER_TOKEN}": USERS[1]}


class ThreadConfig(NoExtrasModel):
    thread_id: str = Field(min_length=1)
    reported_interaction_id: str = Field(min_length=1)


class ProjectIssue(NewIssue):
    project_id: str
    config: ThreadConfig
    description: str = ""


class IssueUpdate(NoExtrasModel):
    description: str = ""
    type: Type = "Other"
    state: State = "NotReviewed"
    is_read: StrictBool = False


def render_error(status: int, text: str, fields: InvalidFields) -> object:
    types = {401: "authentication_error", 404: "not_found_error"}
    document = {"error": {"type": types.get(status, "invalid_request_error"), "message": text}}
    return document | ({"detail": fields} if OPTIONS.named_fields and fields else {})


async def authenticate(request: Request) -> dict:
    user = USERS_BY_AUTHORIZATION.get(request.headers.get("authorization"))
    if user is None:
        raise HTTPException(401, "the token is invalid", {"WWW-Authenticate": "Bearer"})
    if request.headers.get("x-org") is None:
        raise HTTPException(400, "x-org is required")
    if request.headers["x-org"] not in (ORG, ORG_ID):
        raise HTTPException(404, "organisation not found")
    return user


async def refuse_parameters(request: Request) -> None:
    if request.query_params:
        raise HTTPException(400, f"unknown parameters: {', '.join(sorted(request.query_params))}")


app = make_app(OPTIONS, render_error)
issues: dict[str, dict] = {}
issue_numbers = itertools.count()
ApiCaller = Annotated[dict, Depends(authenticate)]
AUTHENTICATED = [Depends(authenticate)]
WITHOUT_PARAMETERS = [*AUTHENTICATED, Depends(refuse_parameters)]


def make_id() -> str:
    """Return a UUID of version 7 (RFC 9562, 5.7)."""
    milliseconds = time.time_ns() // 1_000_000
    random_bits = secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=milliseconds << 80 | 7 << 76 | random_bits))


def serialize(issue: dict, include: tuple[str, ...] = ()) -> dict:
    optional = {"created_by": "User", "project": "Project"}
    fields = {n: v for n, v in issue.items() if optional.get(n) in (None, *include)}
    # Clients must accept a type that they do not know.
    if issue.get("description", "").startswith("Tone"):
        fields["type"] = "Tone"
    return {**fields, "priority": {"level": 3}, "labels": None}


def find_issue(issue_id: str) -> dict:
    if issue_id not in issues or issues[issue_id]["state"] == "Deleted":
        raise HTTPException(404, "issue not found")
    return issues[issue_id]


@app.get("/api/v1/app/issue", dependencies=AUTHENTICATED)
async def list_issues(query: Annotated[IssueQuery, Query()]) -> dict:
    for name in ("include", "states", "type") if OPTIONS.required_parameters else ():
        if name not in query.model_fields_set:
            raise HTTPException(400, f"{name} is required")
    matching = [issue for issue in issues.values() if query.matches(issue)]
    order = query.page_order or ("ASC" if OPTIONS.ascending else "DESC")
    if order.startswith("DESC"):
        matching.reverse()
    page = paginate(matching, query)
    return page | {"data": [serialize(issue, query.include) for issue in page["data"]]}


@app.post("/api/v1/app/issue", dependencies=WITHOUT_PARAMETERS)
async def create_issue(new: ProjectIssue, user: ApiCaller) -> dict:
    if new.project_id not in PROJECTS:
        raise HTTPException(400, "project_id is unknown")
    issue = {
        "id": make_id(),
        "issue_number": next(issue_numbers),
        **new.model_dump(include={"description"}, exclude_unset=True),
        "resource_type": new.resource_type,
        "type": new.type,
        # Clients must accept a state that they do not know.
        "state": "Parked" if new.description.startswith("Park") else "NotReviewed",
        "is_read": False,
        "data": new.config.model_dump(),
        "created_at": format_now(),
        "updated_at": format_now(),
        "created_by": None if new.anonymous else user,
        "project": PROJECTS[new.project_id],
    }
    issues[issue["id"]] = issue
    return serialize(issue)


@app.get("/api/v1/app/issue/{issue_id}", dependencies=WITHOUT_PARAMETERS)
async def get_issue(issue_id: str) -> dict:
    return serialize(find_issue(issue_id))


@app.put("/api/v1/app/issue/{issue_id}", dependencies=WITHOUT_PARAMETERS)
async def update_issue(issue_id: str, update: IssueUpdate) -> dict:
    # An update without `is_read` marks the issue as unread.
    changes = update.model_dump(exclude_unset=True) | {"is_read": update.is_read}
    find_issue(issue_id).update(changes, updated_at=format_now())
    return serialize(issues[issue_id])


@app.delete("/api/v1/app/issue/{issue_id}", dependencies=WITHOUT_PARAMETERS)
async def delete_issue(issue_id: str) -> dict:
    find_issue(issue_id).update(state="Deleted", updated_at=format_now())
    return serialize(issues[issue_id])


@app.get("/api/v1/app/me", dependencies=WITHOUT_PARAMETERS)
async def get_me(user: ApiCaller) -> dict:
    return user


@app.get("/api/v1/app/user", dependencies=AUTHENTICATED)
async def list_users(query: Annotated[PageQuery, Query()]) -> dict:
    descending = query.page_order and query.page_order.startswith("DESC")
    return paginate(USERS[::-1] if descending else USERS, query)
