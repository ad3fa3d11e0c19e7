"""What this server answers, exactly, for the OpenAPI document.

The models of `issue_portal.models.responses` are for reading: they tolerate what other servers send
or leave out. `serializers` and `issue_service` make the JSON itself;
`tests/api/test_schema.py` compares it with these.
"""

from typing import Annotated, Literal

from pydantic import MISSING, BaseModel, Field

from issue_portal.models.vocabulary import IssueState, IssueType, ResourceType, Role, UserState

Timestamp = Annotated[
    str,
    Field(
        pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$",
        json_schema_extra={"format": "date-time"},
    ),
]
IssueId = Annotated[str, Field(pattern="^issue_[0-9a-f]{16}$")]
UserId = Annotated[str, Field(pattern="^user_[0-9a-f]{16}$")]
Cursor = Annotated[str, Field(pattern="^[A-Za-z0-9_-]{24}$")]
Count = Annotated[int, Field(ge=0)]


class User(BaseModel):
    """A person of the organisation."""

    id: UserId
    org_id: str
    account_id: str
    name: str
    email: str
    state: UserState
    roles: tuple[Role]
    created_at: Timestamp


class UserList(BaseModel):
    """Everyone of the organisation."""

    data: list[User]
    total_count: Count


class Project(BaseModel):
    """A project an issue belongs to."""

    id: str


class ThreadData(BaseModel):
    """The stored `config` of an issue."""

    thread_id: str
    reported_interaction_id: str


class ListedIssue(BaseModel):
    """An issue in a list: `created_by` and `project` are there if `include` says so."""

    id: IssueId
    issue_number: Annotated[int, Field(ge=1)]
    description: str
    resource_type: ResourceType
    type: IssueType
    state: IssueState
    is_read: bool
    data: ThreadData | MISSING = MISSING
    created_at: Timestamp
    updated_at: Timestamp
    created_by: User | MISSING | None = MISSING
    project: Project | MISSING = MISSING


class Issue(ListedIssue):
    """One report. `created_by` is null for an anonymous one."""

    created_by: User | None


class CreatedIssue(Issue):
    """The answer to a report."""

    receipt: Annotated[
        str | MISSING,
        Field(
            pattern="^[0-9]{4}(-[0-9]{4}){3}$",
            description="Of an anonymous report, and shown only here.",
        ),
    ] = MISSING


class IssuePage(BaseModel):
    """One page of a list."""

    data: list[ListedIssue]
    next_cursor: Cursor | MISSING = MISSING
    previous_cursor: Cursor | MISSING = MISSING
    has_next_page: bool
    has_previous_page: bool
    total_count: Count | MISSING = MISSING


class Change(BaseModel):
    """One field that changed; the text of a description is never kept in the history."""

    field: Literal["description", "type", "state", "is_read"]
    old: str | bool | MISSING = MISSING
    new: str | bool | MISSING = MISSING


class Actor(BaseModel):
    """Who did it."""

    id: UserId
    name: str


class ReceiptEntry(BaseModel):
    """What happened to an issue and when."""

    at: Timestamp
    action: Literal["created", "updated", "deleted"]
    changes: list[Change]


class HistoryEntry(ReceiptEntry):
    """Who changed what and when. `by` is null for an anonymous reporter."""

    by: Actor | None


class IssueHistory(BaseModel):
    """Everything that happened to one issue, oldest first."""

    data: list[HistoryEntry]


class ReceiptView(BaseModel):
    """What the holder of a receipt may see of an issue."""

    issue_number: Annotated[int, Field(ge=1)]
    type: IssueType
    state: IssueState
    created_at: Timestamp
    updated_at: Timestamp
    description: str
    history: list[ReceiptEntry]


class DayCount(BaseModel):
    """What happened on one day."""

    day: Annotated[str, Field(json_schema_extra={"format": "date"})]
    count: Annotated[int, Field(ge=0, description="Issues created.")]
    closed: Count
    open: Annotated[int, Field(ge=0, description="Issues that were not closed when it ended.")]


class ProjectCount(BaseModel):
    """Issues of one project."""

    project: Project
    count: Count


class Duration(BaseModel):
    """How long something took, in seconds, over `count` issues."""

    count: Count
    median: int
    p90: int


class IssueStats(BaseModel):
    """Counts of the issues created in a period, but for the deleted ones."""

    total: Count
    unread: Count
    anonymous: Count
    by_state: dict[IssueState, Count]
    by_type: dict[IssueType, Count]
    by_project: Annotated[
        list[ProjectCount], Field(max_length=20, description="The largest first.")
    ]
    open_before: Annotated[int, Field(ge=0, description="Open when the period began.")]
    by_day: Annotated[
        list[DayCount],
        Field(description="Days on which anything was created or closed, oldest first."),
    ]
    time_to_review: Annotated[
        Duration | None, Field(description="From the report to the first change of state.")
    ]
    time_to_close: Annotated[
        Duration | None,
        Field(description="From the report to its closing, of those that are closed."),
    ]


class FieldError(BaseModel):
    """One field at fault."""

    field: str
    message: str


class Problem(BaseModel):
    """An error answer (RFC 9457)."""

    type: Literal["about:blank"]
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str
    errors: list[FieldError] | MISSING = MISSING


class Health(BaseModel):
    """The process is up."""

    status: Literal["ok"]


class Readiness(BaseModel):
    """The API can serve."""

    status: Literal["ready"]
