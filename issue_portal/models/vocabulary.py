"""The closed sets of values of the Issues API, and the limits of its fields."""

import re
from enum import StrEnum

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


def normalize_receipt(receipt: str) -> str:
    """A receipt without the spaces and dashes that people write in it."""
    return re.sub(r"[\s\-\u2010-\u2015]", "", receipt)
