"""The closed sets of values of the Issues API, and the limits of its fields."""

import re
from enum import StrEnum

DESCRIPTION_LIMIT = 10_000
"""Longest description, in Unicode code points."""

REQUEST_ID = "X-Request-ID"
"""Header with the id of a request, an addition of ours: in the server's log and in every answer."""

PAGE_SIZE_DEFAULT = 20

PAGE_SIZE_LIMIT = 100


class ResourceType(StrEnum):
    """What an issue is about."""

    THREAD = "Thread"


class IssueType(StrEnum):
    """Type of the problem."""

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

NEXT_STATES = {
    IssueState.NOT_REVIEWED: (IssueState.IN_REVIEW, IssueState.CLOSED),
    IssueState.IN_REVIEW: (IssueState.CLOSED,),
    IssueState.CLOSED: (IssueState.IN_REVIEW,),
}
"""States that a reviewer can move an issue to, the usual one first."""


class UserState(StrEnum):
    """Whether a user may use the API."""

    ACTIVE = "Active"
    INACTIVE = "Inactive"


class Role(StrEnum):
    """Organisation roles, weakest first."""

    GUEST = "AppGuest"
    MEMBER = "AppMember"
    ADMIN = "AppAdmin"
    OWNER = "AppOwner"


class Include(StrEnum):
    """Related objects that a list call can embed."""

    USER = "User"
    PROJECT = "Project"


class PageOrder(StrEnum):
    """Order of a list by issue number."""

    ASCENDING = "ASC"
    DESCENDING = "DESC"


def normalize_receipt(receipt: str) -> str:
    """Return a receipt without the spaces and dashes that people type."""
    return re.sub(r"[\s\-\u2010-\u2015]", "", receipt)
