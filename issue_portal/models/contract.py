"""The wire models and vocabulary of the Issues API, shared by the server and the client.

Reading is tolerant: unknown fields are ignored, unknown enum values come through as plain strings,
and a null where nothing need be counts as absent.
Writing is strict: an unknown field is refused, so a misspelt ``anonymous`` never publishes a name.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Generic, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    MISSING,
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema

from issue_portal.models.text_rules import STORABLE, TEXT, check_characters, check_text, unmarked

DESCRIPTION_LIMIT = 10_000
"""Longest description, in Unicode code points."""

REQUEST_ID = "X-Request-ID"
"""The header with the id of a request, of ours alone: in the server's log and in every answer."""

PAGE_SIZE_DEFAULT = 20
PAGE_SIZE_LIMIT = 100


class ResourceType(StrEnum):
    """What an issue is about."""

    THREAD = "Thread"


class IssueType(StrEnum):
    """What kind of problem was met."""

    NO_ANSWER = "NoAnswer"
    INACCURATE = "Inaccurate"
    NO_CONTEXT_USED = "NoContextUsed"
    FORMAT = "Format"
    OTHER = "Other"


class IssueState(StrEnum):
    """Where an issue stands."""

    NOT_REVIEWED = "NotReviewed"
    IN_REVIEW = "InReview"
    CLOSED = "Closed"
    DELETED = "Deleted"


LIVE_STATES = (IssueState.NOT_REVIEWED, IssueState.IN_REVIEW, IssueState.CLOSED)
"""All but deleted."""

NEXT_STATES = {
    IssueState.NOT_REVIEWED: (IssueState.IN_REVIEW, IssueState.CLOSED),
    IssueState.IN_REVIEW: (IssueState.CLOSED,),
    IssueState.CLOSED: (IssueState.IN_REVIEW,),
}
"""The states a reviewer can move an issue to, the usual one first."""


class UserState(StrEnum):
    """Whether a user may act."""

    ACTIVE = "Active"
    INACTIVE = "Inactive"


class Role(StrEnum):
    """Organisation roles, weakest first."""

    GUEST = "AppGuest"
    MEMBER = "AppMember"
    ADMIN = "AppAdmin"
    OWNER = "AppOwner"


class Include(StrEnum):
    """Related objects a list call can embed."""

    USER = "User"
    PROJECT = "Project"


class PageOrder(StrEnum):
    """Order of a list by issue number."""

    ASCENDING = "ASC"
    DESCENDING = "DESC"


def receipt_digits(receipt: str) -> str:
    """A receipt without the spaces and dashes that people write in it."""
    return re.sub(r"[\s\-\u2010-\u2015]", "", receipt)


Description = Annotated[
    str,
    Field(
        min_length=1,
        max_length=DESCRIPTION_LIMIT,
        description="What happened, as plain text: tabs and line breaks are kept.",
        examples=["Response missed the attached policy details."],
        json_schema_extra={"pattern": TEXT},
    ),
    AfterValidator(check_text),
]
Reference = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        description="An opaque id.",
        json_schema_extra={"pattern": TEXT},
    ),
    AfterValidator(check_text),
]


# Errors hide what was given: it may be the text of a report, and errors end up in logs.
class _Sent(BaseModel):
    """A body the client sends: strict."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


_EARLIEST = datetime.min.replace(tzinfo=UTC) + timedelta(days=2)
_LATEST = datetime.max.replace(tzinfo=UTC) - timedelta(days=2)


def _with_room(moment: datetime) -> datetime:
    """A moment that can be told in every time zone; one without a zone is in UTC."""
    known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(known, _EARLIEST), _LATEST)


Moment = Annotated[datetime, AfterValidator(_with_room)]


class _Received(BaseModel):
    """A body the server answers: tolerant of what a newer server adds or leaves out."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        fields = cls.model_fields
        return {
            name: value
            for name, value in data.items()
            if value is not None or (name in fields and fields[name].is_required())
        }


def _none_is_empty(value: Any) -> Any:
    return () if value is None else value


Item = TypeVar("Item")
Items = Annotated[tuple[Item, ...], BeforeValidator(_none_is_empty)]
"""A list that must be there, if only as null: some servers write an empty one so."""


class ThreadConfig(_Sent):
    """Where in the assistant the problem was met."""

    thread_id: Reference
    reported_interaction_id: Reference


class NewIssue(_Sent):
    """The body of ``POST /issue``."""

    description: Description
    resource_type: ResourceType
    type: IssueType
    anonymous: StrictBool = Field(description="Whether to keep no trace of who reports.")
    project_id: Reference | None = Field(default=None, description="The project it belongs to.")
    config: ThreadConfig | None = Field(default=None, description="The thread it is about.")

    def unmarked(self) -> "NewIssue":
        """The same report without unseen characters, by which its sender could be told.

        Raises pydantic's ``ValidationError`` if nothing is left of a field.
        """
        sent = self.model_dump(exclude_unset=True)
        sent["description"] = unmarked(self.description)
        if self.project_id is not None:
            sent["project_id"] = unmarked(self.project_id)
        if self.config is not None:
            sent["config"] = {name: unmarked(value) for name, value in self.config}
        return NewIssue.model_validate(sent)


class IssueUpdate(_Sent):
    """The body of ``PUT`` and ``PATCH /issue/{id}``: what is absent stays as it is."""

    description: Description | MISSING = MISSING
    type: IssueType | MISSING = MISSING
    # An issue is deleted with DELETE.
    state: Annotated[IssueState, Field(json_schema_extra={"enum": [*LIVE_STATES]})] | MISSING = (
        MISSING
    )
    is_read: StrictBool | MISSING = MISSING

    def changes(self) -> Mapping[str, Any]:
        """The fields that were sent, by name."""
        return {name: getattr(self, name) for name in self.model_fields_set}


_MOST_LISTED = 100
"""Values of one parameter, with commas between them."""


def _split_commas(value: Any) -> Any:
    if isinstance(value, str):
        value = [value]
    if isinstance(value, list | tuple):
        # What comes after so many is one more that is wrong, not thousands.
        return tuple(part for item in value for part in str(item).split(",", _MOST_LISTED))
    return value


_Milliseconds = Annotated[int, Field(ge=0, le=2**53, description="Milliseconds since 1970 (UTC).")]
# Other servers have cursors of other forms.
_Cursor = Annotated[
    str, Field(max_length=200, json_schema_extra={"pattern": "^[A-Za-z0-9_-]{24}$"})
]
_PageSize = Annotated[int, Field(ge=1, le=PAGE_SIZE_LIMIT)]
_ListedId = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        json_schema_extra={"pattern": TEXT.replace("[^", "[^,")},
    ),
    AfterValidator(check_text),
]
_Ids = Annotated[
    tuple[_ListedId, ...], Field(max_length=_MOST_LISTED), BeforeValidator(_split_commas)
]


class _Query(_Sent):
    """The parameters of a ``GET``."""

    def params(self) -> dict[str, str]:
        """What to send: only what was set, lists joined by commas."""
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


class IssueQuery(_Query):
    """The parameters of ``GET /issue``. Lists are sent with commas and also read when repeated."""

    page: int | None = Field(default=None, ge=1, le=10**9, description="Page by number, from 1.")
    page_size: _PageSize = PAGE_SIZE_DEFAULT
    page_order: PageOrder = PageOrder.DESCENDING
    after: _Cursor | None = Field(default=None, description="A `next_cursor`.")
    before: _Cursor | None = Field(default=None, description="A `previous_cursor`.")
    first: _PageSize | None = Field(default=None, description="Page size counted from the start.")
    last: _PageSize | None = Field(default=None, description="Page size counted from the end.")
    total_count: bool = Field(default=True, description="Whether to count all that match.")
    include: Annotated[tuple[Include, ...] | None, BeforeValidator(_split_commas)] = Field(
        default=None, description="Related objects to embed; users when the parameter is absent."
    )
    type: Annotated[tuple[IssueType, ...], BeforeValidator(_split_commas)] = ()
    states: Annotated[tuple[IssueState, ...], BeforeValidator(_split_commas)] = ()
    start_date: _Milliseconds | None = Field(default=None, description="Created at or after.")
    end_date: _Milliseconds | None = Field(default=None, description="Created before.")
    filter_by_text: Annotated[str, AfterValidator(check_characters)] | None = Field(
        default=None,
        max_length=200,
        description="A part of the description, in any case.",
        json_schema_extra={"pattern": STORABLE},
    )
    created_by: _Ids = Field(default=(), description="User ids.")
    projects: _Ids = Field(default=(), description="Project ids.")


def check_timezone(name: str) -> str:
    """Return ``name`` if it is a time zone of the IANA's, else raise ``ValueError``."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise ValueError("is not a time zone, such as Europe/Madrid") from None
    return name


class StatsQuery(_Query):
    """The parameters of ``GET /issue/stats``: the period, and whose days are counted."""

    start_date: _Milliseconds | None = Field(default=None, description="Created at or after.")
    end_date: _Milliseconds | None = Field(default=None, description="Created before.")
    timezone: Annotated[str, AfterValidator(check_timezone)] = Field(
        default="UTC",
        max_length=100,
        description="A time zone of the IANA's: where days begin.",
        examples=["Europe/Madrid"],
    )


class ReceiptLookup(_Sent):
    """The body of ``POST /issue/receipt``."""

    receipt: str = Field(
        max_length=100,
        description="16 digits; spaces and dashes are ignored.",
        examples=["4821-0973-5512-8840"],
    )


# A value that a newer server knows and we do not comes through as a plain string.
KnownType = Annotated[IssueType | str, Field(union_mode="left_to_right")]
KnownState = Annotated[IssueState | str, Field(union_mode="left_to_right")]


class User(_Received):
    """A person of the organisation."""

    id: str
    org_id: str | None = None
    account_id: str | None = None
    name: str | None = None
    email: str | None = None
    state: str | None = None
    roles: tuple[str, ...] = ()
    created_at: Moment | None = None


class Project(_Received):
    """A project an issue belongs to."""

    id: str
    name: str | None = None


class ThreadData(_Received):
    """The stored ``config`` of an issue about a thread."""

    thread_id: str | None = None
    reported_interaction_id: str | None = None


class Issue(_Received):
    """One report. Only ``id`` is certain: servers of the contract differ in what else they send."""

    id: str
    issue_number: int | None = None
    description: str | None = None
    resource_type: str | None = None
    type: KnownType | None = None
    state: KnownState | None = None
    is_read: bool = False
    data: ThreadData | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
    created_by: User | None = None
    project: Project | None = None
    receipt: str | None = Field(
        default=None,
        repr=False,
        description="Only in the answer to an anonymous report, and only there.",
    )
    # The `ETag` header of the answer, filled by the client: a body neither has nor sets it.
    etag: SkipJsonSchema[Annotated[str | None, BeforeValidator(lambda _: None)]] = Field(
        default=None, exclude=True, repr=False
    )


class Page(_Received, Generic[Item]):
    """One page of a list."""

    data: Items[Item]
    next_cursor: str | None = None
    previous_cursor: str | None = None
    has_next_page: bool = False
    has_previous_page: bool = False
    total_count: int | None = None


class IssuePage(Page[Issue]):
    """One page of issues."""


class UserPage(Page[User]):
    """One page of users, on servers that list them in pages."""


class Change(_Received):
    """One field that changed; the text of a description is never kept in the history."""

    field: str
    old: str | bool | None = None
    new: str | bool | None = None


class HistoryEntry(_Received):
    """Who changed what and when. ``by`` is null for an anonymous reporter."""

    at: Moment
    action: str = Field(description="`created`, `updated` or `deleted`.")
    by: User | None = None
    changes: tuple[Change, ...] = ()


class IssueHistory(_Received):
    """Everything that happened to one issue, oldest first."""

    data: Items[HistoryEntry]


class ReceiptView(_Received):
    """What the holder of a receipt may see of an issue."""

    issue_number: int
    type: KnownType
    state: KnownState
    created_at: Moment
    updated_at: Moment
    description: str | None = None
    history: tuple[HistoryEntry, ...] = ()


class DayCount(_Received):
    """What happened on one day."""

    day: str
    count: int = Field(description="Issues created.")
    closed: int = 0
    open: int = Field(default=0, description="Issues that were not closed when it ended.")


class ProjectCount(_Received):
    """Issues of one project."""

    project: Project
    count: int


class Duration(_Received):
    """How long something took, in seconds, over ``count`` issues."""

    count: int
    median: int
    p90: int


class IssueStats(_Received):
    """Counts for the insights page, of issues created in a period; deleted ones do not count."""

    total: int
    unread: int
    anonymous: int
    by_state: dict[str, int]
    by_type: dict[str, int]
    by_project: Items[ProjectCount] = Field(
        default=(), description="The largest first, at most 20."
    )
    open_before: int = Field(default=0, description="Issues that were open when the period began.")
    by_day: tuple[DayCount, ...] = Field(
        description="Days of the period on which anything was created or closed, oldest first."
    )
    time_to_review: Duration | None = Field(
        default=None, description="From the report to the first change of state."
    )
    time_to_close: Duration | None = Field(
        default=None, description="From the report to its closing, of those that are closed."
    )


class FieldError(_Received):
    """One field at fault."""

    field: str
    message: str


class Problem(_Received):
    """An error answer (RFC 9457)."""

    type: str = "about:blank"
    title: str = ""
    status: int = 0
    detail: str | None = None
    errors: tuple[FieldError, ...] = ()
