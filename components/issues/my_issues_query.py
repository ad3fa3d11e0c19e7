"""One's own issues: asked for, or looked for among all where the server does not filter."""

from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

from auth import current_user
from components import api_session, server_capabilities
from components.issues import filters
from issue_portal.models.requests import IssueQuery
from issue_portal.models.responses import Issue, IssuePage, User
from issue_portal.models.vocabulary import PAGE_SIZE_LIMIT, IssueState

SEARCH_DEPTH: Final = 1_000
"""How many of the newest issues are looked through where the server does not do it."""


def fetch_my_issues(given: dict[str, Any], number: int) -> IssuePage:
    """A page of one's own issues that the filters ``given`` let through."""
    me = server_capabilities.me()
    if me and server_capabilities.can_filter():
        query = filters.build_query(given | {"created_by": (me.id,)}, number)
        return api_session.client().list(query)
    newest = api_session.client().iterate(IssueQuery(page_size=PAGE_SIZE_LIMIT))
    mine = [
        issue
        for issue in islice(newest, SEARCH_DEPTH)
        if _is_reported_by(issue, me) and _fits(issue, given)
    ]
    start, end = (number - 1) * filters.PAGE_SIZE, number * filters.PAGE_SIZE
    return IssuePage(data=tuple(mine[start:end]), total_count=len(mine))


def is_mine(issue: Issue) -> bool:
    """Whether the person reported this issue by name."""
    return _is_reported_by(issue, server_capabilities.me())


def get_matching_email() -> str:
    """By which address one's issues are known, where the server does not say who one is."""
    who = current_user.get_person()
    return who.email if who and server_capabilities.me() is None else ""


def _is_reported_by(issue: Issue, me: User | None) -> bool:
    creator, who = issue.created_by, current_user.get_person()
    if creator is None or who is None:
        return False
    if me:
        return creator.id == me.id
    return (creator.email or "").casefold() == who.email.casefold()


def _fits(issue: Issue, given: Mapping[str, Any]) -> bool:
    states, text = given.get("states"), given.get("filter_by_text", "")
    wanted = issue.state in states if states else issue.state != IssueState.DELETED
    return wanted and text.casefold() in (issue.description or "").casefold()
