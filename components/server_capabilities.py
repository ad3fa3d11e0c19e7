"""The capabilities in which servers of the contract differ.

No setting holds them: the portal learns them from responses and keeps them until it stops.
"""

import threading
import time
from collections.abc import Set
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from auth import api_backend, current_user
from auth.api_backend import ApiBackend
from auth.current_user import SignIn
from components import api_session
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
"""Seconds that a page waits to learn whether the server has receipts."""

_ASK_AGAIN_SECONDS: Final = 30.0

_FAR_FUTURE: Final = 2**52
"""Milliseconds since 1970."""


@dataclass(frozen=True)
class ServerCapabilities:
    """The capabilities of a server. None means not known yet; pages then offer the feature."""

    filters: bool | None = None
    """Whether it filters lists."""
    receipts: bool | None = None
    """Whether it gives receipts for anonymous reports."""
    knows_people: bool | None = None
    """Whether it returns the caller as a user (``/me``)."""
    required_fields: frozenset[str] = frozenset()
    """Optional fields of `NewIssue` without which it has refused a report."""


class _Learner:
    """Learns the capabilities of one server. Threads of all sessions share it."""

    def __init__(self, backend: ApiBackend) -> None:
        known = True if backend.shares_key else None
        self.capabilities = ServerCapabilities(filters=known, receipts=known)
        self.receipts_asked_at: float | None = None
        """By `time.monotonic`."""
        self._lock = threading.Lock()

    def learn(self, **capabilities: Any) -> None:
        with self._lock:
            self.capabilities = replace(self.capabilities, **capabilities)

    def require(self, fields: Set[str]) -> None:
        with self._lock:
            required = self.capabilities.required_fields | fields
            self.capabilities = replace(self.capabilities, required_fields=required)


@lru_cache(maxsize=1)
def _learner_of(backend: ApiBackend) -> _Learner:
    return _Learner(backend)


def _get_learner() -> _Learner:
    return _learner_of(api_backend.get_backend())


def get_capabilities() -> ServerCapabilities:
    """Return what is known of the server in use, without a request to it."""
    return _get_learner().capabilities


def gives_receipts() -> bool:
    """Return whether anonymous reports can be tracked; True as long as that is not known.

    Looks up a receipt that does not exist, at most every 30 s until the server answers.
    """
    learner, now = _get_learner(), time.monotonic()
    asked_at = learner.receipts_asked_at
    is_due = asked_at is None or now - asked_at > _ASK_AGAIN_SECONDS
    if learner.capabilities.receipts is None and is_due:
        learner.receipts_asked_at = now
        try:
            api_session.visitor_client(patience=_PATIENCE).look_up_receipt(_NOBODYS_RECEIPT)
        except NotSupportedError:
            learner.learn(receipts=False)
        except NotFoundError:
            # No such receipt or no such route: the first anonymous report shows which.
            learner.learn(receipts=True)
        except IssuesError:
            return True
    return learner.capabilities.receipts is not False


def learn_from_report(sent: Issue) -> None:
    """Learn from an anonymous report, which came back with or without a receipt."""
    if sent.created_by is None:
        _get_learner().learn(receipts=sent.receipt is not None)


def fetch_me() -> User | None:
    """Fetch the signed-in user from the server; None for a visitor, or if it has no such route."""
    # No server knows a visitor, so a visitor's request would say nothing about this server.
    if get_capabilities().knows_people is False or current_user.get_person() is None:
        return None
    try:
        return api_session.client().me()
    except (NotFoundError, NotSupportedError):
        _get_learner().learn(knows_people=False)
        return None


def learn_from_refusal(missing: Set[str]) -> None:
    """Learn that the server refused a report because these optional fields were missing."""
    _get_learner().require(missing)


def can_filter(sign_in: SignIn | None = None) -> bool:
    """Return whether the server filters lists; True as long as that is not known.

    Servers of the original form refuse filters or ignore them. The test is a request for issues of
    the far future, as `sign_in` or else as the current user. Raises the client's errors.
    """
    learner = _get_learner()
    if learner.capabilities.filters is None:
        asking = api_session.client_of(sign_in) if sign_in else api_session.client()
        try:
            of_the_future = asking.list(IssueQuery(page_size=1, start_date=_FAR_FUTURE)).data
        except BadRequestError:
            learner.learn(filters=False)
            return False
        if of_the_future:
            learner.learn(filters=False)
        elif asking.list(IssueQuery(page_size=1)).data:
            learner.learn(filters=True)
    # Lists that are empty with and without a filter prove nothing.
    return learner.capabilities.filters is not False
