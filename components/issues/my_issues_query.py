"""The issues that the current user reported, from servers with and without filters."""

from itertools import islice
from typing import Final

from auth import current_user
from components import api_session, server_capabilities
from components.issues import known_issues
from components.issues.criteria import PAGE_SIZE, matches, select_page
from issue_portal.client.client import IssuesClient
from issue_portal.models.requests import IssueQuery
from issue_portal.models.responses import Issue, IssuePage, User
from issue_portal.models.vocabulary import PAGE_SIZE_LIMIT

_SEARCHED_ISSUES: Final = 1_000
"""Number of newest issues to search on a server without filters or without ``/me``."""


def fetch_my_issues(criteria: IssueQuery, number: int) -> IssuePage:
    """Return page ``number`` of the current user's issues that meet the criteria."""
    me, client = server_capabilities.fetch_me(), api_session.client()
    if me and server_capabilities.can_filter():
        page: IssuePage = client.list(select_page(_select_own(criteria, me), number))
    else:
        page = _search_own_issues(client, me, criteria, number)
    known_issues.remember_all(page.data)
    return page


def is_own_issue(issue: Issue) -> bool:
    """Return whether the current user reported this issue by name.

    If the response did not say who reported the issue, looks for it in the user's list.
    """
    me = server_capabilities.fetch_me()
    if "created_by" not in issue.model_fields_set and me and server_capabilities.can_filter():
        query = _select_own(IssueQuery(page_size=PAGE_SIZE_LIMIT), me)
        own_issues = islice(api_session.client().iterate(query), _SEARCHED_ISSUES)
        listed = next((own for own in own_issues if own.id == issue.id), None)
        issue = known_issues.remember(listed) if listed else issue
    return _is_reported_by(issue, me)


def get_email_that_selects_issues() -> str:
    """Return the user's email if only the email identifies their issues (no ``/me``), else ""."""
    person = current_user.get_person()
    return person.email if person and server_capabilities.fetch_me() is None else ""


def _select_own(criteria: IssueQuery, me: User) -> IssueQuery:
    return criteria.model_copy(update={"created_by": (me.id,)})


def _search_own_issues(
    client: IssuesClient, me: User | None, criteria: IssueQuery, number: int
) -> IssuePage:
    newest = client.iterate(IssueQuery(page_size=PAGE_SIZE_LIMIT))
    own_issues = [
        issue
        for issue in islice(newest, _SEARCHED_ISSUES)
        if _is_reported_by(issue, me) and matches(criteria, issue)
    ]
    start, end = (number - 1) * PAGE_SIZE, number * PAGE_SIZE
    return IssuePage(data=tuple(own_issues[start:end]), total_count=len(own_issues))


def _is_reported_by(issue: Issue, me: User | None) -> bool:
    creator, person = issue.created_by, current_user.get_person()
    if creator is None or person is None:
        return False
    if me:
        return creator.id == me.id
    return (creator.email or "").casefold() == person.email.casefold()
