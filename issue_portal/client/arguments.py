"""Keyword arguments of the clients: their types, and the sentinel for "not given"."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Final, Literal, Required, TypedDict

from pydantic import ValidationError

from issue_portal.client.errors import BadRequestError
from issue_portal.client.responses import Model
from issue_portal.models.requests import ThreadConfig
from issue_portal.models.responses import FieldError, Problem
from issue_portal.models.vocabulary import Include, IssueState, IssueType, PageOrder, ResourceType


class NotGiven(Enum):
    """The type of `NOT_GIVEN`."""

    NOT_GIVEN = "NOT_GIVEN"

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "NOT_GIVEN"


NOT_GIVEN: Final = NotGiven.NOT_GIVEN
"""An argument with this value counts as omitted, unlike None."""


class NewIssueFields(TypedDict, total=False):
    """The keyword arguments of `IssuesClient.create`."""

    type: Required[IssueType | str]
    description: str | None
    anonymous: bool
    """Default: false."""
    project_id: str | None
    config: ThreadConfig | Mapping[str, str] | None
    """The conversation: ``thread_id`` and ``reported_interaction_id``."""
    resource_type: ResourceType | str
    """Default: ``Thread``."""


class IssueChanges(TypedDict, total=False):
    """The keyword arguments of `IssuesClient.update`: the fields to change."""

    description: str | NotGiven | None
    """None clears it."""
    type: IssueType | str | NotGiven
    state: IssueState | str | NotGiven
    is_read: bool | NotGiven


class IssueFilters(TypedDict, total=False):
    """The keyword arguments of `IssuesClient.list` and `iterate`: the fields of `IssueQuery`.

    Lists may also be strings with commas.
    """

    states: Sequence[IssueState | str]
    type: Sequence[IssueType | str]
    start_date: int | None
    """Created at or after this time, in milliseconds since 1970 (UTC)."""
    end_date: int | None
    """Created before this time, in milliseconds since 1970 (UTC)."""
    updated_since: int | None
    """Changed at or after this time, in milliseconds since 1970 (UTC)."""
    filter_by_text: str | None
    search: str | None
    """Number, or part of the description, the reporter's name or the project's name."""
    created_by: Sequence[str]
    projects: Sequence[str]
    numbers: Sequence[int] | str
    thread_id: str | None
    is_read: bool | None
    anonymous: bool | None
    include: Sequence[Include | str] | None
    page_order: PageOrder | str
    page: int | None
    page_size: int
    after: str | None
    before: str | None
    first: int | None
    last: int | None
    total_count: bool


def build_model(model: type[Model], values: Mapping[str, Any]) -> Model:
    """Return the ``model`` with those values.

    Raises `BadRequestError`, which names the invalid fields but not their values: they may be the
    text of a report, and errors end up in logs.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        fields = tuple(
            FieldError(
                field=".".join(map(str, item["loc"])) or "body",
                message=item["msg"].removeprefix("Value error, "),
            )
            for item in error.errors(include_url=False, include_context=False, include_input=False)
        )
    raise make_field_error(*fields)


def make_field_error(*fields: FieldError) -> BadRequestError:
    """Return the error for arguments that the client does not send."""
    text = "; ".join(f"{item.field}: {item.message}" for item in fields)
    return BadRequestError(Problem(status=400, detail=text, errors=fields))
