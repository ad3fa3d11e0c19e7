"""Models of this server's responses, for the OpenAPI document.

The models in `issue_portal.models.responses` tolerate differences between servers. `derive` makes
them say which fields this server always sends, and which can be null. Responses stay open: later
versions may add fields, and values of enumerations.
"""

from datetime import datetime
from enum import Enum
from inspect import get_annotations
from types import GenericAlias, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, Field, create_model

from issue_portal.models import responses
from issue_portal.models.requests import EDITABLE
from issue_portal.models.vocabulary import (
    FieldErrorCode,
    ProblemCode,
    ResourceType,
    Role,
    UserState,
)

_DERIVED: dict[Any, Any] = {}
"""The models that `derive` made, by tolerant model."""


def derive(
    model: type[BaseModel],
    *,
    doc: str = "",
    absent: tuple[str, ...] = (),
    without: tuple[str, ...] = (),
    **types: Any,
) -> Any:
    """Return a model whose fields are required and not null, with the name of a tolerant one.

    ``absent`` are the fields that a response may omit, ``without`` those that it never has.
    ``types`` replace the types of fields. ``doc`` replaces the description of the model.
    """
    fields: dict[str, Any] = {}
    for field, info in model.model_fields.items():
        if field in without:
            continue
        annotation = types.get(field) or _make_exact(_get_hint(model, field))
        details: dict[str, Any] = {}
        if info.description and get_origin(annotation) is not Annotated:
            details["description"] = info.description
        if field in absent:
            # Unlike a default, a factory does not appear in the schema.
            details["default_factory"] = str
        fields[field] = (annotation, Field(**details))
    derived = create_model(model.__name__, __doc__=doc or model.__doc__, **fields)
    _DERIVED.setdefault(model, derived)
    return derived


def make_open_enum(values: Any, description: str = "") -> Any:
    """Return the type of a string with these values, to which later versions may add.

    A schema with ``enum`` would make generated clients refuse new values.
    """
    names = [str(value) for value in values]
    listed = ", ".join(f"`{name}`" for name in names)
    note = f"Values: {listed}. Later versions may add values."
    return Annotated[
        str,
        Field(
            description=f"{description} {note}".strip(),
            json_schema_extra={"x-extensible-enum": list[Any](names)},
        ),
    ]


def _get_hint(model: type[BaseModel], field: str) -> Any:
    """Return the annotation of a field with its metadata."""
    owner = next(base for base in model.__mro__ if field in get_annotations(base))
    return get_annotations(owner)[field]


def _make_exact(hint: Any) -> Any:
    if hint in _DERIVED:
        return _DERIVED[hint]
    if get_origin(hint) in (Union, UnionType):
        choices = [choice for choice in get_args(hint) if choice is not type(None)]
        if isinstance(choices[0], type) and issubclass(choices[0], Enum):
            return make_open_enum(choices[0], choices[0].__doc__ or "")
        (hint,) = choices
        return _make_exact(hint)
    if get_origin(hint) is tuple:
        return GenericAlias(tuple, (_make_exact(get_args(hint)[0]), ...))
    if get_origin(hint) is Annotated:
        return _make_exact(get_args(hint)[0])
    return hint


def _list_of(model: Any) -> Any:
    return list.__class_getitem__(model)  # mypy accepts no variable as a type.


_CURSORS = ("next_cursor", "previous_cursor")

User = derive(
    responses.User,
    state=make_open_enum(UserState, "State of the user. Inactive users cannot use the API."),
    roles=_list_of(make_open_enum(Role, "Role in the organisation.")),
)
UserPage = derive(responses.UserPage, absent=(*_CURSORS, "total_count"), data=_list_of(User))
Project = derive(responses.Project)
ProjectSummary = derive(responses.ProjectSummary)
ProjectPage = derive(
    responses.ProjectPage,
    absent=(*_CURSORS, "total_count"),
    data=_list_of(ProjectSummary),
)
ThreadData = derive(responses.ThreadData)
Issue = derive(
    responses.Issue,
    doc="One report. `created_by` is null for an anonymous one, and absent from a list whose"
    " `include` lacks `User`. `project` is also absent if the issue has none, `data` if it names no"
    " thread.",
    absent=("data", "created_by", "project", "receipt"),
    without=("etag",),
    description=str | None,
    resource_type=make_open_enum(ResourceType, "Type of the object that the issue is about."),
    created_by=User | None,
)
IssuePage = derive(
    responses.IssuePage,
    doc="One page of issues.",
    absent=(*_CURSORS, "total_count"),
    data=_list_of(Issue),
)
Change = derive(
    responses.Change,
    doc="One changed field. `old` and `new` are absent for a description.",
    absent=("old", "new"),
    field=make_open_enum(EDITABLE, "Name of the field."),
    old=str | bool,
    new=str | bool,
)


class Actor(BaseModel):
    """The user who made a change."""

    id: str
    name: str


HistoryEntry = derive(
    responses.HistoryEntry,
    doc="One change of an issue. `by` is null for an anonymous reporter, and absent for the holder"
    " of a receipt.",
    absent=("by",),
    by=Actor | None,
)
IssueHistory = derive(responses.IssueHistory, data=_list_of(HistoryEntry))
ReceiptView = derive(responses.ReceiptView, description=str | None, history=_list_of(HistoryEntry))
DayCount = derive(
    responses.DayCount,
    day=Annotated[str, Field(json_schema_extra={"format": "date"})],
)
ProjectCount = derive(responses.ProjectCount)
Duration = derive(responses.Duration)
IssueStats = derive(
    responses.IssueStats,
    by_state=Annotated[dict[str, int], Field(description="Issues by state.")],
    by_type=Annotated[dict[str, int], Field(description="Issues by type.")],
    by_project=_list_of(ProjectCount),
    time_to_review=Duration | None,
    time_to_close=Duration | None,
)
BulkResult = derive(responses.BulkResult, code=make_open_enum(ProblemCode) | None)
BulkResults = _list_of(BulkResult)
_TOKEN: dict[str, Any] = {
    "expires_at": datetime | None,
    "last_used_at": Annotated[str, Field(json_schema_extra={"format": "date"})] | None,
}
ApiToken = derive(responses.ApiToken, **_TOKEN)
ApiTokenPage = derive(
    responses.ApiTokenPage, absent=(*_CURSORS, "total_count"), data=_list_of(ApiToken)
)
CreatedApiToken = derive(responses.CreatedApiToken, **_TOKEN)
FieldError = derive(
    responses.FieldError, code=make_open_enum(FieldErrorCode, "Machine-readable reason.")
)
Problem = derive(
    responses.Problem,
    absent=("request_id", "errors"),
    code=make_open_enum(ProblemCode, "Machine-readable reason."),
)


class Health(BaseModel):
    """The process is up."""

    status: str
    uptime: Annotated[int, Field(ge=0, description="Seconds since the start of the process.")]
    version: str
    commit: Annotated[str | None, Field(description="Commit of the code; null if unknown.")]


class Readiness(BaseModel):
    """The API can serve requests."""

    status: str
