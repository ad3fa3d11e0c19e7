"""Exact models of this server's responses, for the OpenAPI document.

The models in `issue_portal.models.responses` tolerate differences between servers. `derive` makes
them exact: unless stated, fields are required and not null, and enums have no other values.
"""

from inspect import get_annotations
from types import GenericAlias, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import MISSING, BaseModel, Field, create_model

from issue_portal.models import responses
from issue_portal.models.responses import (
    HistoryActionOrStr,
    IssueStateOrStr,
    IssueTypeOrStr,
    RoleOrStr,
    ScopeOrStr,
    TolerantTimestamp,
)
from issue_portal.models.vocabulary import (
    FieldErrorCode,
    HistoryAction,
    IssueState,
    IssueType,
    ProblemCode,
    ResourceType,
    Role,
    Scope,
    UserState,
)

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
Number = Annotated[int, Field(ge=0)]

_EXACT: dict[Any, Any] = {
    TolerantTimestamp: Timestamp,
    IssueTypeOrStr: IssueType,
    IssueStateOrStr: IssueState,
    HistoryActionOrStr: HistoryAction,
    RoleOrStr: Role,
    ScopeOrStr: Scope,
}
"""Exact types by tolerant type. `derive` adds the models that it creates."""


def derive(
    model: type[BaseModel],
    class_name: str = "",
    doc: str = "",
    *,
    without: tuple[str, ...] = (),
    **exact: Any,
) -> Any:
    """Return an exact model with the fields of a tolerant one.

    ``exact`` overrides the types of fields. `MISSING` in a type marks a field that may be absent.
    ``doc`` is the description of the model.
    """
    fields: dict[str, Any] = {}
    for field, info in model.model_fields.items():
        if field in without:
            continue
        annotation = exact.get(field) or _make_exact(_get_hint(model, field))
        default = MISSING if MISSING in get_args(annotation) else ...
        fields[field] = (annotation, Field(default, description=info.description))
    doc = doc or (model.__doc__ or "").replace("``", "`")
    exact_model = create_model(class_name or model.__name__, __doc__=doc, **fields)
    _EXACT.setdefault(model, exact_model)
    return exact_model


def _get_hint(model: type[BaseModel], field: str) -> Any:
    """Return the annotation of a field with its metadata."""
    owner = next(base for base in model.__mro__ if field in get_annotations(base))
    return get_annotations(owner)[field]


def _make_exact(hint: Any) -> Any:
    if hint in _EXACT:
        return _EXACT[hint]
    if get_origin(hint) in (Union, UnionType):
        (hint,) = [part for part in get_args(hint) if part is not type(None)]
        return _make_exact(hint)
    if get_origin(hint) is tuple:
        return GenericAlias(tuple, (_make_exact(get_args(hint)[0]), ...))
    if get_origin(hint) is Annotated:
        return _make_exact(get_args(hint)[0])
    return hint


def _list_of(model: Any) -> Any:
    return list.__class_getitem__(model)  # mypy accepts no variable as a type.


User = derive(responses.User, id=UserId, state=UserState, roles=tuple[Role])


_PAGE: dict[str, Any] = {
    "next_cursor": Cursor | MISSING,
    "previous_cursor": Cursor | MISSING,
    "total_count": Count | MISSING,
}
UserPage = derive(responses.UserPage, data=_list_of(User), **_PAGE)
Project = derive(responses.Project)
ProjectSummary = derive(responses.ProjectSummary, name=str, count=Count)
ProjectPage = derive(responses.ProjectPage, data=_list_of(ProjectSummary), **_PAGE)
ThreadData = derive(responses.ThreadData)

_ISSUE: dict[str, Any] = {
    "id": IssueId,
    "issue_number": Number,
    "description": str | None,
    "resource_type": ResourceType,
    "data": ThreadData | MISSING,
    "created_by": User | None,
    "project": Project | MISSING,
    "receipt": Annotated[str, Field(pattern="^[0-9]{4}(-[0-9]{4}){3}$")] | MISSING,
}
ListedIssue = derive(
    responses.Issue,
    "ListedIssue",
    "An issue in a list, with `created_by` and `project` if `include` names them.",
    without=("receipt", "etag"),
    **_ISSUE | {"created_by": User | MISSING | None},
)
Issue = derive(
    responses.Issue,
    doc="One report. `created_by` is null for an anonymous one.",
    without=("receipt", "etag"),
    **_ISSUE,
)
CreatedIssue = derive(
    responses.Issue, "CreatedIssue", "The response to a report.", without=("etag",), **_ISSUE
)


IssuePage = derive(
    responses.IssuePage,
    doc="One page of a list.",
    data=_list_of(ListedIssue),
    **_PAGE,
)
Change = derive(
    responses.Change,
    field=Literal["description", "type", "state", "is_read"],
    old=str | bool | MISSING,
    new=str | bool | MISSING,
)


class Actor(BaseModel):
    """The user who made a change."""

    id: UserId
    name: str


ReceiptEntry = derive(
    responses.HistoryEntry,
    "ReceiptEntry",
    "One change of an issue, without its author.",
    without=("by",),
)
HistoryEntry = derive(responses.HistoryEntry, by=Actor | None)
IssueHistory = derive(responses.IssueHistory, data=_list_of(HistoryEntry))
ReceiptView = derive(
    responses.ReceiptView,
    issue_number=Number,
    description=str | None,
    history=_list_of(ReceiptEntry),
)
DayCount = derive(
    responses.DayCount,
    day=Annotated[str, Field(json_schema_extra={"format": "date"})],
    count=Count,
    closed=Count,
    open=Count,
)
ProjectCount = derive(responses.ProjectCount, count=Count)
Duration = derive(responses.Duration, count=Count)
IssueStats = derive(
    responses.IssueStats,
    total=Count,
    unread=Count,
    anonymous=Count,
    by_state=dict[IssueState, Count],
    by_type=dict[IssueType, Count],
    by_project=Annotated[_list_of(ProjectCount), Field(max_length=20)],
    open_before=Count,
    time_to_review=Duration | None,
    time_to_close=Duration | None,
)
BulkResult = derive(
    responses.BulkResult,
    status=Literal[200, 204, 403, 404, 409, 503],
    code=ProblemCode | None,
)
BulkResults = _list_of(BulkResult)
_TOKEN: dict[str, Any] = {
    "id": Annotated[str, Field(pattern="^token_[0-9a-f]{16}$")],
    "expires_at": Timestamp | None,
    "last_used_at": Annotated[str, Field(json_schema_extra={"format": "date"})] | None,
}
ApiToken = derive(responses.ApiToken, **_TOKEN)
ApiTokenPage = derive(responses.ApiTokenPage, data=_list_of(ApiToken), **_PAGE)
CreatedApiToken = derive(responses.CreatedApiToken, **_TOKEN)
FieldError = derive(responses.FieldError, code=FieldErrorCode)
Problem = derive(
    responses.Problem,
    type=Literal["about:blank"],
    status=Annotated[int, Field(ge=400, le=599)],
    code=ProblemCode,
    request_id=Annotated[str, Field(pattern="^[0-9a-f]{32}$")] | MISSING,
    errors=_list_of(FieldError) | MISSING,
)


class Health(BaseModel):
    """The process is up."""

    status: Literal["ok"]
    uptime: Annotated[int, Field(ge=0, description="Seconds since the start of the process.")]
    version: str
    commit: Annotated[str | None, Field(description="Commit of the code; null if unknown.")]


class Readiness(BaseModel):
    """The API can serve requests."""

    status: Literal["ready"]
