"""The capabilities of the server in use. Not every server supports the whole API.

There are no settings for them: the portal learns them from responses, and remembers them until it
stops.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

import streamlit as st

from auth import api_backend, current_user
from auth.api_backend import ApiBackend
from auth.current_user import SignIn
from components import api_session, background_calls, list_probes
from issue_portal.client.client import IssuesClient
from issue_portal.client.errors import (
    BadRequestError,
    IssuesError,
    NotFoundError,
    NotSupportedError,
)
from issue_portal.models.requests import BulkChange, IssueQuery
from issue_portal.models.responses import Issue, User
from issue_portal.models.vocabulary import PAGE_SIZE_LIMIT

_UNUSED_RECEIPT: Final = "0000-0000-0000-0000"
"""No report has this receipt."""

_LOOK_UP_TIMEOUT: Final = 2.0
"""Seconds that a page waits to learn whether the server has receipts."""

_LOOK_UP_INTERVAL: Final = 30.0
"""Seconds between look-ups while the server does not respond."""

_ME_KEY: Final = "current_api_user"


@dataclass(frozen=True)
class ServerCapabilities:
    """The capabilities of a server. None means not known yet."""

    filters: bool | None = None
    """Whether it filters lists."""

    extra_filters: bool | None = None
    """Whether lists have the filters ``numbers``, ``is_read`` and ``anonymous``."""

    search: bool | None = None
    """Whether lists have ``search``, which looks at number, text, reporter and project."""

    receipts: bool | None = None
    """Whether it gives receipts for anonymous reports."""

    has_me: bool | None = None
    """Whether it returns the current user (``/me``)."""

    has_history: bool | None = None
    """Whether it returns the histories of issues."""

    restores: bool | None = None
    """Whether it restores deleted issues, and changes many issues in one call."""

    api_tokens: bool | None = None
    """Whether people can create API tokens in the portal."""

    required_fields: frozenset[str] = frozenset()
    """Fields that `NewIssue` leaves optional but this server requires, as a refusal has shown."""

    project_names: Mapping[str, str] = field(default_factory=dict)
    """Names of projects in the lists of reviewers, by id."""


class _Learner:
    """Learns the capabilities of one server. The threads of all sessions share an instance."""

    def __init__(self, backend: ApiBackend) -> None:
        # Only an API of this project accepts the portal's tokens, and it can do everything.
        known = True if backend.accepts_portal_tokens else None
        self.capabilities = ServerCapabilities(
            filters=known,
            # A remote API of this project may be an earlier version, for example during an update.
            extra_filters=True if backend.is_embedded else None,
            search=True if backend.is_embedded else None,
            receipts=known,
            has_me=known,
            has_history=known,
            restores=known,
            # Other servers get an API token from the portal, which cannot create others.
            api_tokens=backend.accepts_portal_tokens,
        )
        self.looked_up_at: float | None = None
        """Time of the last look-up of the unused receipt, by `time.monotonic`."""

        self.visitor_project_names: Mapping[str, str] | None = None
        """Names of projects that visitors may see, by id; None if not known yet."""

        self._lock = threading.Lock()

    def learn(self, **capabilities: Any) -> None:
        with self._lock:
            self.capabilities = replace(self.capabilities, **capabilities)

    def add_project_names(self, names: Mapping[str, str]) -> None:
        with self._lock:
            known = self.capabilities.project_names
            if not names.items() <= known.items():
                self.capabilities = replace(self.capabilities, project_names={**known, **names})

    def add_required_fields(self, fields: Set[str]) -> None:
        with self._lock:
            required = self.capabilities.required_fields | fields
            self.capabilities = replace(self.capabilities, required_fields=required)


@lru_cache(maxsize=1)
def _make_learner(backend: ApiBackend) -> _Learner:
    return _Learner(backend)


def _get_learner() -> _Learner:
    return _make_learner(api_backend.get_backend())


def get_capabilities() -> ServerCapabilities:
    """Return the known capabilities of the server in use, without a request."""
    return _get_learner().capabilities


def gives_receipts() -> bool | None:
    """Return whether the server gives receipts for anonymous reports; None if not known yet.

    While it is unknown, looks up an unused receipt, at most every 30 s.
    """
    learner, now = _get_learner(), time.monotonic()
    last = learner.looked_up_at
    is_due = last is None or now - last > _LOOK_UP_INTERVAL
    if learner.capabilities.receipts is None and is_due:
        learner.looked_up_at = now
        try:
            api_session.visitor_client(timeout=_LOOK_UP_TIMEOUT).look_up_receipt(_UNUSED_RECEIPT)
        except NotSupportedError:
            learner.learn(receipts=False)
        except NotFoundError:
            # Either the receipt or the whole route does not exist. Servers with receipts also keep
            # idempotency keys, and say so in every response.
            learner.learn(receipts=api_backend.get_backend().memory.key_lifetime > 0)
        except IssuesError:
            return None
    return learner.capabilities.receipts


def learn_from_report(*, anonymous: bool, receipt: str | None) -> None:
    """Learn from the response to an anonymous report whether the server gives receipts."""
    if anonymous:
        _get_learner().learn(receipts=receipt is not None)


def fetch_me() -> User | None:
    """Return the current user as the server knows them; None for a visitor, or without ``/me``.

    Asks the server once per sign-in.
    """
    # Servers refuse ``/me`` to visitors, so a refusal would not mean that the route is missing.
    if get_capabilities().has_me is False or current_user.get_person() is None:
        return None
    owner = current_user.get_session_owner()
    remembered: tuple[str, User] | None = st.session_state.get(_ME_KEY)
    if remembered and remembered[0] == owner:
        return remembered[1]
    try:
        me = api_session.client().me()
    except (NotFoundError, NotSupportedError):
        _get_learner().learn(has_me=False)
        return None
    _get_learner().learn(has_me=True)
    st.session_state[_ME_KEY] = owner, me
    return me


def learn_from_refusal(missing: Set[str]) -> None:
    """Learn that the server refused a report because these optional fields were missing."""
    _get_learner().add_required_fields(missing)


def learn_history(*, exists: bool) -> None:
    """Learn whether the server returns histories."""
    _get_learner().learn(has_history=exists)


def learn_api_tokens(*, exist: bool) -> None:
    """Learn whether the server lets people create API tokens: earlier versions did not."""
    _get_learner().learn(api_tokens=exist)


def learn_projects(issues: Iterable[Issue]) -> None:
    """Learn the names of projects from the issues that a reviewer has listed."""
    _get_learner().add_project_names(_list_project_names(issues))


def fetch_names_of_required_project() -> Mapping[str, str]:
    """Return the names of projects, by id, if the server requires a project; else {}.

    Only projects whose issues the token of visitors may list, because everybody sees the form. Asks
    for a list once.
    """
    learner = _get_learner()
    if "project_id" not in learner.capabilities.required_fields:
        return {}
    if learner.visitor_project_names is None:
        client = api_session.visitor_client(timeout=_LOOK_UP_TIMEOUT)
        try:
            issues = client.list(IssueQuery(page_size=PAGE_SIZE_LIMIT)).data
        except IssuesError:
            issues = ()
        learner.visitor_project_names = _list_project_names(issues)
    return learner.visitor_project_names


def _list_project_names(issues: Iterable[Issue]) -> dict[str, str]:
    return {
        issue.project.id: issue.project.name
        for issue in issues
        if issue.project and issue.project.name
    }


def can_restore() -> bool:
    """Return whether the server restores deleted issues, and changes many issues in one call.

    While it is unknown, asks the server to change no issues.
    """
    learner = _get_learner()
    # Servers that restore issues say in every response that they keep idempotency keys.
    if learner.capabilities.restores is None and api_backend.get_backend().memory.key_lifetime:
        try:
            api_session.client().update_many((), BulkChange(restore=True))
        except (BadRequestError, NotFoundError, NotSupportedError):
            learner.learn(restores=False)
        except IssuesError:
            return False
        else:
            learner.learn(restores=True)
    return learner.capabilities.restores is True


def look_for_other_values() -> None:
    """Look in the background for states and types that the portal does not know.

    The next list includes their issues. Our own server has none.
    """
    if not api_backend.get_backend().accepts_portal_tokens:
        background_calls.start(api_session.client().learn_values)


def can_filter(sign_in: SignIn | None = None) -> bool:
    """Return whether the server filters lists; True if unknown.

    While it is unknown, finds out as ``sign_in``, or else as the current user. Raises
    `IssuesError` if a request fails.
    """
    learner = _get_learner()
    if api_backend.get_backend().memory.filters_lists is False:
        learner.learn(filters=False)
    if learner.capabilities.filters is None:
        client = api_session.client_of(sign_in) if sign_in else api_session.client()
        learner.learn(filters=list_probes.probe_filters(client))
    return learner.capabilities.filters is not False


def has_extra_filters() -> bool:
    """Return whether lists have the filters ``numbers``, ``is_read`` and ``anonymous``.

    While it is unknown, asks the server; False if that fails or shows nothing.
    """
    return _look_up("extra_filters", list_probes.probe_extra_filters)


def can_search_all_fields() -> bool:
    """Return whether lists have ``search``, which looks at number, text, reporter and project.

    While it is unknown, asks the server; False if that fails or shows nothing.
    """
    return _look_up("search", list_probes.probe_search)


def _look_up(name: str, probe: Callable[[IssuesClient], bool | None]) -> bool:
    learner = _get_learner()
    if getattr(learner.capabilities, name) is None:
        try:
            learner.learn(**{name: probe(api_session.client())})
        except IssuesError:
            return False
    return getattr(learner.capabilities, name) is True
