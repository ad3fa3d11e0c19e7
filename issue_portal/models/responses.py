"""Response bodies that a server sends.

Parsing is tolerant: unknown fields are kept in ``model_extra``, and an unknown enum value becomes a
string. Absent
is not null: ``model_fields_set`` has the fields that the server sent. An issue whose ``created_by``
is null is anonymous; without ``created_by``, the server did not say who reported it.
"""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Annotated, Any, Generic, Self, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from issue_portal.models.vocabulary import HistoryAction, IssueState, IssueType, Role, Scope

_EARLIEST = datetime.min.replace(tzinfo=UTC) + timedelta(days=2)

_LATEST = datetime.max.replace(tzinfo=UTC) - timedelta(days=2)


def _clamp_timestamp(time: datetime) -> datetime:
    """Move a time into the range that every time zone can express. No time zone means UTC."""
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    return min(max(aware, _EARLIEST), _LATEST)


TolerantTimestamp = Annotated[datetime, AfterValidator(_clamp_timestamp)]


class _TolerantModel(BaseModel):
    """Base of the response models: tolerates fields that other servers add or omit."""

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_meaningless_nulls(cls, data: Any) -> Any:
        """Treat null as absent in optional fields that cannot be null."""
        if not isinstance(data, dict):
            return data
        meaningless = cls._list_meaningless_nulls()
        return {
            name: value
            for name, value in data.items()
            if value is not None or name not in meaningless
        }

    @classmethod
    @cache
    def _list_meaningless_nulls(cls) -> frozenset[str]:
        return frozenset(
            name
            for name, field in cls.model_fields.items()
            if not field.is_required() and type(None) not in get_args(field.annotation)
        )


def _replace_none(value: Any) -> Any:
    return () if value is None else value


Item = TypeVar("Item")

Items = Annotated[tuple[Item, ...], BeforeValidator(_replace_none)]
"""A required list of items. Some servers send null instead of an empty list."""

# A value that a newer server adds stays a plain string.
IssueTypeOrStr = Annotated[IssueType | str, Field(union_mode="left_to_right")]

IssueStateOrStr = Annotated[IssueState | str, Field(union_mode="left_to_right")]

HistoryActionOrStr = Annotated[HistoryAction | str, Field(union_mode="left_to_right")]

RoleOrStr = Annotated[Role | str, Field(union_mode="left_to_right")]

ScopeOrStr = Annotated[Scope | str, Field(union_mode="left_to_right")]


class User(_TolerantModel):
    """A user of the organisation."""

    id: str
    org_id: str | None = None
    account_id: str | None = None
    name: str | None = None
    email: str | None = None
    state: str | None = None
    roles: tuple[str, ...] = ()
    created_at: TolerantTimestamp | None = None


class Project(_TolerantModel):
    """The project of an issue."""

    id: str
    name: str | None = None


class ThreadData(_TolerantModel):
    """The thread and interaction of an issue. A new report sends them in the field ``config``."""

    thread_id: str | None = None
    reported_interaction_id: str | None = None


class Issue(_TolerantModel):
    """One report. Only ``id`` is guaranteed: servers differ in their other fields."""

    id: str
    issue_number: int | None = None
    description: str | None = None
    resource_type: str | None = None
    type: IssueTypeOrStr | None = None
    state: IssueStateOrStr | None = None
    is_read: bool = False
    data: ThreadData | None = None
    created_at: TolerantTimestamp | None = None
    updated_at: TolerantTimestamp | None = None
    created_by: User | None = None
    project: Project | None = None
    receipt: str | None = Field(
        default=None,
        repr=False,
        description="Only in the response to a new anonymous report.",
    )
    # The response's `ETag` header, copied by the client. A value in the body is ignored.
    etag: SkipJsonSchema[Annotated[str | None, BeforeValidator(lambda _: None)]] = Field(
        default=None, exclude=True, repr=False
    )

    def merge(self, newer: Self) -> Self:
        """Return this issue with the fields that a newer response about it has.

        Some servers send only a few fields of an issue, so a response never replaces what is known.
        """
        # Not by `getattr`: an unknown field may be named like a method.
        sent = {name: value for name, value in newer if name in newer.model_fields_set}
        return self.model_copy(update=sent | {"etag": newer.etag})


class Page(_TolerantModel, Generic[Item]):
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
    """One page of users. Some servers list all users on one page."""


class Change(_TolerantModel):
    """One changed field. ``old`` and ``new`` are None for a description."""

    field: str
    old: str | bool | None = None
    new: str | bool | None = None


class HistoryEntry(_TolerantModel):
    """One change of an issue. ``by`` is null for an anonymous reporter."""

    at: TolerantTimestamp
    action: HistoryActionOrStr
    by: User | None = None
    changes: tuple[Change, ...] = ()


class IssueHistory(_TolerantModel):
    """The history of one issue, oldest entry first."""

    data: Items[HistoryEntry]


class ReceiptView(_TolerantModel):
    """An issue as shown to the holder of its receipt."""

    issue_number: int
    type: IssueTypeOrStr
    state: IssueStateOrStr
    created_at: TolerantTimestamp
    updated_at: TolerantTimestamp
    description: str | None = None
    history: tuple[HistoryEntry, ...] = ()


class DayCount(_TolerantModel):
    """Counts of one day."""

    day: str
    count: int = Field(description="Issues created.")
    closed: int = 0
    open: int = Field(default=0, description="Issues open at the end of the day.")


class ProjectCount(_TolerantModel):
    """Issues of one project."""

    project: Project
    count: int


class Duration(_TolerantModel):
    """Median and 90th percentile in seconds, over ``count`` issues, at most 3.2 % off."""

    count: int | None = None
    median: int
    p90: int


class IssueStats(_TolerantModel):
    """Statistics of the issues created in a period. Deleted issues do not count."""

    total: int
    unread: int
    anonymous: int
    by_state: dict[str, int]
    by_type: dict[str, int]
    by_project: Items[ProjectCount] = Field(default=(), description="Largest first, at most 20.")
    open_before: int = Field(default=0, description="Issues open when the period began.")
    by_day: tuple[DayCount, ...] = Field(
        description="Days on which issues were created or closed, oldest first."
    )
    time_to_review: Duration | None = Field(
        default=None, description="From the report to its first change of state."
    )
    time_to_close: Duration | None = Field(
        default=None, description="From the report to its closing, for closed issues."
    )


class ProjectSummary(_TolerantModel):
    """A project of the organisation."""

    id: str
    name: str | None = None
    count: int | None = Field(default=None, description="Issues that are not deleted.")


class ProjectPage(Page[ProjectSummary]):
    """One page of projects."""


class BulkResult(_TolerantModel):
    """Outcome of a bulk change for one issue."""

    id: str
    status: int = Field(description="HTTP status that a call for this issue alone would get.")
    code: str | None = Field(default=None, description="Machine-readable reason of an error.")


class ApiToken(_TolerantModel):
    """An API token of the current user, without its secret."""

    id: str
    name: str = ""
    role: RoleOrStr | None = None
    scopes: tuple[ScopeOrStr, ...] = Field(default=(), description="What the token may do.")
    created_at: TolerantTimestamp | None = Field(
        default=None, description="Day of the creation (UTC); exact for tokens of the command line."
    )
    expires_at: TolerantTimestamp | None = Field(
        default=None, description="Null for a token of the command line that does not expire."
    )
    last_used_at: str | None = Field(
        default=None,
        description="Day of the last use (UTC). Anonymous reports do not count as use.",
    )


class ApiTokenPage(Page[ApiToken]):
    """All API tokens of the current user, newest first."""


class CreatedApiToken(ApiToken):
    """A new API token with its secret."""

    token: str = Field(repr=False, description="The secret. It cannot be shown again.")


class FieldError(_TolerantModel):
    """One invalid field."""

    field: str
    message: str
    code: str | None = Field(default=None, description="Machine-readable reason.")


class Problem(_TolerantModel):
    """A problem document (RFC 9457)."""

    type: str = "about:blank"
    title: str = ""
    status: int = 0
    detail: str | None = None
    code: str | None = Field(default=None, description="Machine-readable reason.")
    request_id: str | None = Field(
        default=None,
        description="Id of the request in the server's log. Absent for anonymous reporters.",
    )
    errors: tuple[FieldError, ...] = ()
