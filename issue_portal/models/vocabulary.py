"""The enumerations of the Issues API, and the limits of its fields."""

import re
from enum import StrEnum

DESCRIPTION_LIMIT = 10_000
"""Longest description, in Unicode code points."""

REQUEST_ID_HEADER = "X-Request-ID"
"""Header with the id under which the server logs the request. Other servers may not send it."""

PAGE_SIZE_DEFAULT = 20

PAGE_SIZE_LIMIT = 100

BULK_LIMIT = 100
"""Maximum number of issues in a bulk change."""

TOKEN_NAME_LIMIT = 100
"""Longest name of an API token, in Unicode code points."""

TOKEN_DAYS_LIMIT = 366
"""Longest lifetime of an API token that a person creates, in days."""


class ResourceType(StrEnum):
    """Type of the object that an issue is about."""

    THREAD = "Thread"


class IssueType(StrEnum):
    """Type of the problem."""

    # The report form lists the types in this order.

    NO_ANSWER = "NoAnswer"
    INACCURATE = "Inaccurate"
    NO_CONTEXT_USED = "NoContextUsed"
    FORMAT = "Format"
    OTHER = "Other"


class IssueState(StrEnum):
    """State of an issue."""

    NOT_REVIEWED = "NotReviewed"
    IN_REVIEW = "InReview"
    CLOSED = "Closed"
    DELETED = "Deleted"


LIVE_STATES = (IssueState.NOT_REVIEWED, IssueState.IN_REVIEW, IssueState.CLOSED)
"""All states except Deleted."""

OPEN_STATES = (IssueState.NOT_REVIEWED, IssueState.IN_REVIEW)
"""The states of an issue that is not finished."""


class HistoryAction(StrEnum):
    """Action of an entry in the history of an issue."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    RESTORED = "restored"


class ProblemCode(StrEnum):
    """Machine-readable reason of an error. Servers may add reasons."""

    INVALID_STATE = "invalid_state"
    INVALID_TYPE = "invalid_type"
    INVALID_CONFIG = "invalid_config"
    INVALID_BODY = "invalid_body"
    INVALID_PARAMETER = "invalid_parameter"
    INVALID_REQUEST = "invalid_request"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    INSUFFICIENT_SCOPE = "insufficient_scope"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    REQUEST_TIMEOUT = "request_timeout"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    NOT_DELETED = "not_deleted"
    TOKEN_LIMIT = "token_limit"  # noqa: S105
    PRECONDITION_FAILED = "precondition_failed"
    BODY_TOO_LARGE = "body_too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    RATE_LIMITED = "rate_limited"
    INTERNAL_ERROR = "internal_error"
    UNAVAILABLE = "unavailable"


class FieldErrorCode(StrEnum):
    """Machine-readable reason why a field is invalid."""

    MISSING = "missing"
    UNKNOWN = "unknown"
    TOO_LONG = "too_long"
    TOO_SHORT = "too_short"
    REPEATED = "repeated"
    INVALID = "invalid"


class UserState(StrEnum):
    """State of a user. Inactive users cannot use the API."""

    ACTIVE = "Active"
    INACTIVE = "Inactive"


class Role(StrEnum):
    """Roles in an organisation, the least powerful first."""

    GUEST = "AppGuest"
    MEMBER = "AppMember"
    ADMIN = "AppAdmin"
    OWNER = "AppOwner"


ROLES_BY_RANK = tuple(Role)
"""Roles from the least to the most powerful."""


class Scope(StrEnum):
    """Part of the API that an API token may use. `permissions` lists the actions of each."""

    READ = "read"
    REPORT = "report"
    REVIEW = "review"


class Include(StrEnum):
    """Related objects that a list call can embed."""

    USER = "User"
    PROJECT = "Project"


class PageOrder(StrEnum):
    """Order of a list: of issues by number, of users by name, of projects by id."""

    ASCENDING = "ASC"
    DESCENDING = "DESC"


def normalize_receipt(receipt: str) -> str:
    """Return a receipt without spaces and dashes."""
    return re.sub(r"[\s\-\u2010-\u2015]", "", receipt)
