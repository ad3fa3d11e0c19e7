"""Request bodies and query parameters that a client sends.

Validation is strict: an unknown field is an error, so that a misspelt ``anonymous`` never publishes
a name.
"""

from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    WithJsonSchema,
    model_validator,
)

from issue_portal.models.query_parameters import (
    Cursor,
    Ids,
    Milliseconds,
    Numbers,
    Order,
    PageNumber,
    PageSize,
    Timezone,
    split_commas,
)
from issue_portal.models.strict_models import NotNull, PartialModel, StrictModel
from issue_portal.models.text_rules import (
    DOCUMENTED_TEXT_PATTERN,
    STORABLE,
    check_characters,
    check_text,
    strip_hidden_marks,
)
from issue_portal.models.vocabulary import (
    BULK_LIMIT,
    DESCRIPTION_LIMIT,
    PAGE_SIZE_DEFAULT,
    TOKEN_DAYS_LIMIT,
    TOKEN_NAME_LIMIT,
    Include,
    IssueState,
    IssueType,
    PageOrder,
    ResourceType,
    Role,
    Scope,
)

Description = Annotated[
    str,
    Field(
        min_length=1,
        max_length=DESCRIPTION_LIMIT,
        description="What happened, in plain text. Tabs and line breaks are kept.",
        examples=["Response missed the attached policy details."],
        json_schema_extra={"pattern": DOCUMENTED_TEXT_PATTERN},
    ),
    AfterValidator(check_text),
]

Reference = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        description="An opaque id.",
        json_schema_extra={"pattern": DOCUMENTED_TEXT_PATTERN},
    ),
    AfterValidator(check_text),
]


class ThreadConfig(StrictModel):
    """The thread and the interaction in which the problem occurred."""

    thread_id: Reference
    reported_interaction_id: Reference


class NewIssue(StrictModel):
    """The body of ``POST /issue``."""

    description: Description | None = None
    resource_type: ResourceType
    type: IssueType
    anonymous: StrictBool = Field(
        description="Whether to store nothing that identifies the reporter."
    )
    project_id: Reference | None = Field(default=None, description="Id of the issue's project.")
    config: ThreadConfig | None = Field(default=None, description="The thread of the issue.")

    def strip_hidden_marks(self) -> "NewIssue":
        """Return the report without invisible characters, which could identify its sender.

        Raises pydantic's ``ValidationError`` if a field becomes empty.
        """
        sent = self.model_dump(exclude_unset=True)
        if self.description is not None:
            sent["description"] = strip_hidden_marks(self.description)
        if self.project_id is not None:
            sent["project_id"] = strip_hidden_marks(self.project_id)
        if self.config is not None:
            sent["config"] = {name: strip_hidden_marks(value) for name, value in self.config}
        return NewIssue.model_validate(sent)


def _check_true(value: object) -> object:
    if value is not True:
        raise ValueError("must be true")
    return value


# Pydantic would also take 1 for true. A schema with `const` breaks generated clients.
_True = Annotated[
    Literal[True],
    BeforeValidator(_check_true),
    WithJsonSchema({"type": "boolean", "description": "Always true."}),
]


class BulkChange(PartialModel):
    """The change of a ``POST /issue/bulk``: exactly one of its fields."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    state: NotNull[IssueState] = None
    is_read: NotNull[StrictBool] = None
    delete: NotNull[_True] = None
    restore: NotNull[_True] = None

    @model_validator(mode="after")
    def _check_single(self) -> "BulkChange":
        if len(self.model_fields_set) != 1:
            raise ValueError("must have exactly one field")
        return self


_OpaqueId = Annotated[
    str,
    Field(min_length=1, max_length=128, json_schema_extra={"pattern": STORABLE}),
    AfterValidator(check_characters),
]


class BulkRequest(StrictModel):
    """The body of ``POST /issue/bulk``."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"ids": ["issue_5c4b3a2d1e0f9a8b"], "change": {"is_read": True}}]
        }
    )

    ids: Annotated[tuple[_OpaqueId, ...], Field(max_length=BULK_LIMIT)]
    change: BulkChange


class ProjectUpdate(StrictModel):
    """The body of ``PUT /project/{id}``."""

    name: Reference


def _check_number(value: object) -> object:
    if isinstance(value, bool | str):
        raise ValueError("must be a number")
    return value


class NewApiToken(StrictModel):
    """The body of ``POST /me/token``."""

    name: Annotated[
        str,
        Field(
            min_length=1,
            max_length=TOKEN_NAME_LIMIT,
            description="What the token is for, in your words.",
            json_schema_extra={"pattern": DOCUMENTED_TEXT_PATTERN},
        ),
        AfterValidator(check_text),
    ]
    role: Role | None = Field(
        default=None, description="Role of the token, at most your own. Default: your own."
    )
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1, max_length=len(Scope))] = Field(
        description="What the token may do."
    )
    expires_in_days: Annotated[
        int, Field(ge=1, le=TOKEN_DAYS_LIMIT), BeforeValidator(_check_number)
    ] = Field(description="Days until the token expires, at the end of the last day (UTC).")


class IssueUpdate(PartialModel):
    """The body of ``PUT`` and ``PATCH /issue/{id}``: absent fields keep their values."""

    description: Description | None = None
    type: NotNull[IssueType] = None
    state: NotNull[IssueState] = None
    is_read: NotNull[StrictBool] = None


EDITABLE = tuple(IssueUpdate.model_fields)
"""The fields that an update can change, in the order in which the history names them."""


class _QueryParameters(StrictModel):
    """Base of the query parameters of a ``GET``."""

    def to_params(self) -> dict[str, str]:
        """Return the parameters that were set, with lists joined by commas."""
        sent = self.model_dump(mode="json", exclude_unset=True, exclude_none=True)
        texts = {
            name: ",".join(map(str, value)) if isinstance(value, list) else value
            for name, value in sent.items()
        }
        return {
            name: str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in texts.items()
            if value != ""
        }


class PageQuery(_QueryParameters):
    """The parameters of every list with pages, such as ``GET /user``."""

    page_order: Order = Field(default=PageOrder.ASCENDING, description="Order of the list.")
    page: PageNumber | None = Field(default=None, description="Page number, from 1.")
    page_size: PageSize = Field(default=PAGE_SIZE_DEFAULT, description="Items per page.")
    after: Cursor | None = Field(default=None, description="`next_cursor` of another page.")
    before: Cursor | None = Field(default=None, description="`previous_cursor` of another page.")
    first: PageSize | None = Field(default=None, description="Page size, after `after`.")
    last: PageSize | None = Field(default=None, description="Page size, before `before`.")
    total_count: bool = Field(default=True, description="Whether to count all matching items.")


class IssueQuery(PageQuery):
    """The parameters of ``GET /issue``.

    The client joins lists by commas; the server also accepts repeated parameters.
    """

    page_order: Order = Field(
        default=PageOrder.DESCENDING, description="Order of the list, by issue number."
    )
    include: Annotated[tuple[Include, ...] | None, BeforeValidator(split_commas)] = Field(
        default=None, description="Related objects to embed. Default: `User`."
    )
    type: Annotated[tuple[IssueType, ...], BeforeValidator(split_commas)] = Field(
        default=(), description="Types of issues."
    )
    states: Annotated[tuple[IssueState, ...], BeforeValidator(split_commas)] = Field(
        default=(), description="States of issues. Without any, all but `Deleted`."
    )
    start_date: Milliseconds | None = Field(
        default=None, description="Created at or after this time, in milliseconds since 1970 (UTC)."
    )
    end_date: Milliseconds | None = Field(
        default=None, description="Created before this time, in milliseconds since 1970 (UTC)."
    )
    filter_by_text: Annotated[str, AfterValidator(check_characters)] | None = Field(
        default=None,
        max_length=200,
        description="Text that the description contains, in any case.",
        json_schema_extra={"pattern": STORABLE},
    )
    search: Annotated[str, AfterValidator(check_characters)] | None = Field(
        default=None,
        max_length=200,
        description="Part of the description, of the name or email address of the reporter, or of"
        " the name or id of the project, in any case; or the issue number, such as `#299`.",
        json_schema_extra={"pattern": STORABLE},
    )
    created_by: Ids = Field(default=(), description="Ids of reporters.")
    projects: Ids = Field(default=(), description="Ids of projects.")
    numbers: Numbers = Field(default=(), description="Issue numbers.")
    is_read: bool | None = Field(default=None, description="Whether a reviewer has read it.")
    anonymous: bool | None = Field(default=None, description="Whether nobody knows the reporter.")
    thread_id: Reference | None = Field(default=None, description="Id of the issue's thread.")
    updated_since: Milliseconds | None = Field(
        default=None, description="Changed at or after this time, in milliseconds since 1970 (UTC)."
    )


class StatsQuery(_QueryParameters):
    """The parameters of ``GET /issue/stats``: the period, and the time zone of its days."""

    start_date: Milliseconds | None = Field(
        default=None, description="Created at or after this time, in milliseconds since 1970 (UTC)."
    )
    end_date: Milliseconds | None = Field(
        default=None, description="Created before this time, in milliseconds since 1970 (UTC)."
    )
    timezone: Timezone = Field(
        default="UTC",
        max_length=100,
        description="IANA time zone in which days begin.",
        examples=["Europe/Madrid"],
    )


class IssueReadQuery(_QueryParameters):
    """The parameters of ``GET /issue/{id}`` and of its history."""

    deleted: bool = Field(
        default=False, description="Whether a reviewer also gets a deleted issue."
    )


class ReceiptLookup(StrictModel):
    """The body of ``POST /issue/receipt``."""

    receipt: str = Field(
        max_length=100,
        description="16 digits; spaces and dashes are ignored.",
        examples=["4821-0973-5512-8840"],
    )
