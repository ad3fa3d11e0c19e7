"""What the server that keeps the issues can do, where servers of the contract differ.

Nobody sets it: the portal learns it from answers, and keeps it for as long as it runs.
"""

import time
from collections.abc import Set
from typing import Final

from auth import api_backend, current_user
from auth.current_user import SignIn
from components import api_session
from components.api_session import client, client_of
from issue_portal.client.errors import (
    BadRequestError,
    IssuesError,
    NotFoundError,
    NotSupportedError,
)
from issue_portal.models.requests import IssueQuery
from issue_portal.models.responses import Issue, User

_NOBODYS_RECEIPT: Final = "0000-0000-0000-0000"
_PATIENCE: Final = 2.0
_ASK_AGAIN: Final = 30.0


def gives_receipts() -> bool:
    """Whether an anonymous report can be followed. True as long as that is not known."""
    here = api_backend.get_backend()
    now = time.monotonic()
    if here.receipts is None and (here.asked_at is None or now - here.asked_at > _ASK_AGAIN):
        here.asked_at = now
        try:
            api_session.visitor_client(patience=_PATIENCE).look_up_receipt(_NOBODYS_RECEIPT)
        except NotSupportedError:
            here.receipts = False
        except NotFoundError:
            # It has no such receipt; or no such call, as the first report will tell.
            here.receipts = True
        except IssuesError:
            return True
    return here.receipts is not False


def learn_from_report(sent: Issue) -> None:
    """An anonymous report came with a receipt, or without."""
    here = api_backend.get_backend()
    if sent.created_by is None:
        here.receipts = sent.receipt is not None


def me() -> User | None:
    """The person as the server knows them; None for a visitor, or if it does not say."""
    here = api_backend.get_backend()
    # A visitor is nobody to any server: that tells nothing of this one.
    if here.knows_people is False or current_user.get_person() is None:
        return None
    try:
        return api_session.client().me()
    except (NotFoundError, NotSupportedError):
        here.knows_people = False
        return None


def learn_from_refusal(lacking: Set[str]) -> None:
    """It refused a report because it lacked these optional fields of `NewIssue`."""
    api_backend.get_backend().wanted |= lacking


def wanted() -> frozenset[str]:
    """The optional fields of `NewIssue` without which this server has refused a report."""
    return api_backend.get_backend().wanted


_FAR_FUTURE: Final = 2**52
"""Milliseconds since 1970."""


def can_filter(sign_in: SignIn | None = None) -> bool:
    """Whether the server filters lists: one of the original form refuses to, or does not listen."""
    here = api_backend.get_backend()
    if here.filters is None:
        asking = client_of(sign_in) if sign_in else client()
        try:
            of_the_future = asking.list(IssueQuery(page_size=1, start_date=_FAR_FUTURE)).data
        except BadRequestError:
            here.filters = False
            return False
        if of_the_future:
            here.filters = False
        elif asking.list(IssueQuery(page_size=1)).data:
            here.filters = True
    # An empty list fits all filters.
    return here.filters is not False
