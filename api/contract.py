"""The wire models and vocabulary of the Issues API, shared by the server and the client.

Reading is tolerant: unknown fields are ignored, unknown enum values come through as plain strings.
Writing is strict: an unknown field is refused, so a misspelt ``anonymous`` never publishes a name.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    MISSING,
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
)

DESCRIPTION_LIMIT = 10_000
"""Longest description, in Unicode code points."""

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


def check_characters(text: str) -> str:
    """Return ``text`` unchanged if it can be stored as it is, else raise ``ValueError``.

    Refused are control characters other than tab and line breaks (databases and terminals
    disagree about them) and halves of surrogate pairs.
    """
    if any((ord(c) < 32 and c not in "\t\n\r") or ord(c) == 127 for c in text):
        raise ValueError("contains control characters that cannot be stored")
    if any(0xD800 <= ord(c) <= 0xDFFF for c in text):
        raise ValueError("contains half of a surrogate pair, which is not a character")
    return text


def is_blank(text: str) -> bool:
    """Whether nothing in ``text`` is visible."""
    return not any(c.isprintable() and not c.isspace() for c in text)


def receipt_digits(receipt: str) -> str:
    """A receipt without the spaces and dashes that people write in it."""
    return re.sub(r"[\s\-\u2010-\u2015]", "", receipt)


def check_text(text: str) -> str:
    """Like `check_characters`, and refuse a text in which nothing is visible."""
    check_characters(text)
    if is_blank(text):
        raise ValueError("must say something: it is empty or blank")
    return text


Description = Annotated[
    str,
    Field(
        min_length=1,
        max_length=DESCRIPTION_LIMIT,
        description="What happened, as plain text: tabs and line breaks are kept.",
        examples=["Response missed the attached policy details."],
    ),
    AfterValidator(check_text),
]
Reference = Annotated[
    str,
    Field(min_length=1, max_length=200, description="An opaque id."),
    AfterValidator(check_text),
]


class _Sent(BaseModel):
    """A body the client sends: strict."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class _Received(BaseModel):
    """A body the server answers: tolerant of what a newer server adds."""

    model_config = ConfigDict(frozen=True, extra="ignore")


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


class IssueUpdate(_Sent):
    """The body of ``PUT`` and ``PATCH /issue/{id}``: what is absent stays as it is."""

    description: Description | MISSING = MISSING
    type: IssueType | MISSING = MISSING
    state: IssueState | MISSING = MISSING
    is_read: StrictBool | MISSING = MISSING

    def changes(self) -> Mapping[str, Any]:
        """The fields that were sent, by name."""
        return {name: getattr(self, name) for name in self.model_fields_set}


def _split_commas(value: Any) -> Any:
    if isinstance(value, str):
        value = [value]
    if isinstance(value, list | tuple):
        return tuple(part for item in value for part in str(item).split(",") if part)
    return value


_Milliseconds = Annotated[int, Field(ge=0, le=2**53, description="Milliseconds since 1970 (UTC).")]
_PageSize = Annotated[int, Field(ge=1, le=PAGE_SIZE_LIMIT)]
_Ids = Annotated[tuple[Reference, ...], Field(max_length=100), BeforeValidator(_split_commas)]


class IssueQuery(_Sent):
    """The parameters of ``GET /issue``. Lists are sent with commas and also read when repeated."""

    page: int | None = Field(default=None, ge=1, le=10**9, description="Page by number, from 1.")
    page_size: _PageSize = PAGE_SIZE_DEFAULT
    page_order: PageOrder = PageOrder.DESCENDING
    after: str | None = Field(default=None, max_length=200, description="A `next_cursor`.")
    before: str | None = Field(default=None, max_length=200, description="A `previous_cursor`.")
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
        default=None, max_length=200, description="A part of the description, in any case."
    )
    created_by: _Ids = Field(default=(), description="User ids.")
    projects: _Ids = Field(default=(), description="Project ids.")

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
    created_at: datetime | None = None


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
    created_at: datetime | None = None
    updated_at: datetime | None = None
    created_by: User | None = None
    project: Project | None = None
    receipt: str | None = Field(
        default=None, description="Only in the answer to an anonymous report, and only there."
    )


class IssuePage(_Received):
    """One page of a list."""

    data: tuple[Issue, ...]
    next_cursor: str | None = None
    previous_cursor: str | None = None
    has_next_page: bool = False
    has_previous_page: bool = False
    total_count: int | None = None


class Change(_Received):
    """One field that changed; the text of a description is never kept in the history."""

    field: str
    old: str | bool | None = None
    new: str | bool | None = None


class HistoryEntry(_Received):
    """Who changed what and when. ``by`` is null for an anonymous reporter."""

    at: datetime
    action: str = Field(description="`created`, `updated` or `deleted`.")
    by: User | None = None
    changes: tuple[Change, ...] = ()


class IssueHistory(_Received):
    """Everything that happened to one issue, oldest first."""

    data: tuple[HistoryEntry, ...]


class ReceiptView(_Received):
    """What the holder of a receipt may see of an issue."""

    issue_number: int
    type: KnownType
    state: KnownState
    created_at: datetime
    updated_at: datetime
    description: str | None = None
    history: tuple[HistoryEntry, ...] = ()


class DayCount(_Received):
    """Issues created on one day (UTC)."""

    day: str
    count: int


class IssueStats(_Received):
    """Counts for the insights page; deleted issues are not counted."""

    total: int
    unread: int
    anonymous: int
    by_state: dict[str, int]
    by_type: dict[str, int]
    by_day: tuple[DayCount, ...]


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
