"""A server with the newer variant of the API.

It refuses fields that it does not know, and sends fields that the client does not know.
"""

import itertools
import secrets
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, TypeAdapter

TOKEN = "the-token-of-the-newer-api"
OTHER_TOKEN = "another-token-of-the-newer-api"
ORG = "aurora-labs"
PROJECT = "project_0a1b2c3d4e5f6a7b"

Type = Literal["NoAnswer", "Inaccurate", "NoContextUsed", "Format", "Other"]
State = Literal["NotReviewed", "InReview", "Closed", "Deleted"]

USERS = [
    {
        "id": f"user_{number:016x}",
        "org_id": "org_2f3a9d1c7b5e4a8f",
        "account_id": f"acct_{number:016x}",
        "name": name,
        "email": f"{name.lower()}@auroralabs.com",
        "state": "Suspended" if name == "Mo" else "Active",
        "roles": None if name == "Mo" else ["AppAdmin", "SuperAdmin"],
        "created_at": "2026-02-08T14:12:45Z",
        "avatar": None,
    }
    for number, name in enumerate(["Sasha", "Kim", "Mo", "Ada", "Bo"])
]


class NoExtrasModel(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ThreadConfig(NoExtrasModel):
    thread_id: str = Field(min_length=1)
    reported_interaction_id: str = Field(min_length=1)


class NewIssue(NoExtrasModel):
    description: str
    resource_type: Literal["Thread"]
    type: Type
    anonymous: StrictBool
    project_id: str
    config: ThreadConfig


class IssueUpdate(NoExtrasModel):
    description: str = ""
    type: Type = "Other"
    state: State = "NotReviewed"
    is_read: StrictBool = False


def comma_separated(item_type: Any):
    """Return the type of a string of ``item_type`` values, separated by commas."""
    adapter = TypeAdapter(tuple[item_type, ...])
    return Annotated[str, AfterValidator(lambda text: adapter.validate_python(text.split(",")))]


class ListQuery(NoExtrasModel):
    page: int | None = Field(None, ge=1)
    page_size: int = Field(20, ge=1, le=100)
    page_order: Literal["ASC", "DESC"] = "DESC"
    after: int | None = None
    before: int | None = None
    first: int | None = Field(None, ge=1, le=100)
    last: int | None = Field(None, ge=1, le=100)
    total_count: bool = False
    include: comma_separated(Literal["User", "Project"]) | None = None
    type: comma_separated(Type) | None = None
    states: comma_separated(State) | None = None
    start_date: int = 0
    end_date: int = 2**53
    filter_by_text: str = ""
    created_by: comma_separated(str) | None = None
    projects: comma_separated(str) | None = None

    def matches(self, issue: dict) -> bool:
        creator = issue["created_by"]
        created_at = datetime.fromisoformat(issue["created_at"]).timestamp() * 1000
        return (
            issue["state"] in (self.states or ("NotReviewed", "InReview", "Closed", "Parked"))
            and (self.type is None or issue["type"] in self.type)
            and (self.created_by is None or (creator and creator["id"] in self.created_by))
            and (self.projects is None or issue["project"]["id"] in self.projects)
            and self.filter_by_text.lower() in issue["description"].lower()
            and self.start_date <= created_at < self.end_date
        )


def format_now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def authenticate(request: Request) -> dict:
    users = {f"Bearer {TOKEN}": USERS[0], f"Bearer {OTHER_TOKEN}": USERS[1]}
    user = users.get(request.headers.get("authorization"))
    if user is None:
        raise HTTPException(401, {"code": "unauthenticated"}, {"WWW-Authenticate": "Bearer"})
    if request.headers.get("x-org") is None:
        raise HTTPException(400, "The header x-org is missing.")
    if request.headers["x-org"] != ORG:
        raise HTTPException(404, "There is no such organisation.")
    return user


app = FastAPI()
issues: dict[str, dict] = {}
issue_numbers = itertools.count(1)
ApiCaller = Annotated[dict, Depends(authenticate)]
AUTHENTICATED = [Depends(authenticate)]


@app.exception_handler(RequestValidationError)
async def report_validation_error(_: Request, error: RequestValidationError) -> JSONResponse:
    errors = [{"loc": item["loc"], "msg": item["msg"]} for item in error.errors()]
    return JSONResponse({"detail": errors}, 400)


def serialize(issue: dict, include: tuple[str, ...] = ("User", "Project")) -> dict:
    optional = {"created_by": "User", "project": "Project"}
    fields = {n: v for n, v in issue.items() if optional.get(n) in (None, *include)}
    return {**fields, "priority": {"level": 3}, "labels": None}


def find_issue(issue_id: str) -> dict:
    if issue_id not in issues or issues[issue_id]["state"] == "Deleted":
        raise HTTPException(404, "Issue not found.")
    return issues[issue_id]


@app.get("/api/v1/app/issue", dependencies=AUTHENTICATED)
def list_issues(query: Annotated[ListQuery, Query()]) -> dict:
    matching = [issue for issue in issues.values() if query.matches(issue)]
    if query.page_order == "DESC":
        matching.reverse()
    numbers = [issue["issue_number"] for issue in matching]
    size = query.first or query.last or query.page_size
    start = 0 if query.page is None else (query.page - 1) * size
    end = len(matching)
    if query.after is not None:
        start = numbers.index(query.after) + 1
    if query.before is not None:
        end = numbers.index(query.before)
    if query.last or (query.before is not None and query.after is None and not query.first):
        start = max(start, end - size)
    rows = matching[start : min(end, start + size)]
    end = start + len(rows)
    page = {
        "data": [serialize(issue, query.include or ("User",)) for issue in rows],
        "next_cursor": str(numbers[end - 1]) if rows and end < len(matching) else None,
        "previous_cursor": str(numbers[start]) if rows and start else None,
        "has_next_page": end < len(matching),
        "has_previous_page": start > 0,
        "took_ms": 1,
    }
    return page | ({"total_count": len(matching)} if query.total_count else {})


@app.post("/api/v1/app/issue", status_code=201, dependencies=AUTHENTICATED)
def create_issue(new: NewIssue, user: ApiCaller) -> dict:
    issue = {
        "id": f"issue_{secrets.token_hex(8)}",
        "issue_number": next(issue_numbers),
        "description": new.description,
        "resource_type": new.resource_type,
        "type": new.type,
        # The client must accept states that it does not know.
        "state": "Parked" if new.description.startswith("Park") else "NotReviewed",
        "is_read": False,
        "data": new.config.model_dump(),
        "created_at": format_now(),
        "updated_at": format_now(),
        "created_by": None if new.anonymous else user,
        "project": {"id": new.project_id, "name": "Support", "archived": False},
    }
    issues[issue["id"]] = issue
    return serialize(issue)


@app.get("/api/v1/app/issue/{issue_id}", dependencies=AUTHENTICATED)
def get_issue(issue_id: str) -> dict:
    return serialize(find_issue(issue_id))


@app.put("/api/v1/app/issue/{issue_id}", dependencies=AUTHENTICATED)
def update_issue(issue_id: str, update: IssueUpdate) -> dict:
    # An update without `is_read` marks the issue as unread.
    changes = update.model_dump(exclude_unset=True) | {"is_read": update.is_read}
    find_issue(issue_id).update(changes, updated_at=format_now())
    return serialize(issues[issue_id])


@app.delete("/api/v1/app/issue/{issue_id}", dependencies=AUTHENTICATED)
def delete_issue(issue_id: str) -> dict:
    find_issue(issue_id).update(state="Deleted", updated_at=format_now())
    return serialize(issues[issue_id])


@app.get("/api/v1/app/me", dependencies=AUTHENTICATED)
def get_me(user: ApiCaller) -> dict:
    return user


@app.get("/api/v1/app/user", dependencies=AUTHENTICATED)
def list_users(after: int = 0) -> dict:
    end = after + 2
    has_more = end < len(USERS)
    return {
        "data": USERS[after:end],
        "next_cursor": str(end) if has_more else None,
        "has_next_page": has_more,
    }
