"""The review queue as it was when one began to look; what is newer is counted until asked for.

So nothing moves under the hand of a reviewer, and the next page goes on where this one ended.
"""

import math
from dataclasses import dataclass, replace
from typing import Any, Final

import streamlit as st

from components import api_session, server_capabilities
from components.account import return_after_sign_in
from components.issues import filters, issue_list
from components.ui import messages
from components.ui.i18n import _
from issue_portal.client.errors import IssuesError
from issue_portal.models.requests import IssueQuery
from issue_portal.models.responses import Issue, IssuePage
from issue_portal.models.vocabulary import LIVE_STATES, IssueState

_CUTOFF_KEY: Final = "queue_began"
_POSITION_KEY: Final = "queue_at"
_CRITERIA_KEY: Final = "queue_given"
_SECOND_MS: Final = 1000


@dataclass(frozen=True)
class QueuePage:
    """One page of the queue and what it is a page of."""

    query: IssueQuery
    page: IssuePage
    newer_count: int
    """How many issues that the filters let through have come since."""

    by_state: dict[IssueState, int]
    """How many others there are in each state, whatever the filter for states; not for a text."""


def fetch_queue_page(given: dict[str, Any], page: int) -> QueuePage:
    """The page that is asked for; other filters, or coming from another page, begin anew."""
    client = api_session.client()
    if not server_capabilities.can_filter():
        query = IssueQuery(page=page, page_size=filters.PAGE_SIZE)
        return QueuePage(query, client.list(query), 0, {})
    if return_after_sign_in.has_just_arrived() or st.session_state.get(_CRITERIA_KEY) != given:
        _reset_cutoff()
        st.session_state[_CRITERIA_KEY] = given
    new = count_newer(given)
    until = {
        "end_date": min(_get_cutoff(), given.get("end_date", _get_cutoff())),
        "total_count": False,
    }
    query = filters.build_query(given, page).model_copy(update=until)
    asked = given.get("states") or LIVE_STATES
    if given.get("filter_by_text"):
        # Each count goes through all texts.
        by_state, total = {}, _count_older(given, new)
    else:
        by_state = {
            state: _count_older(of_state, count_newer(of_state) if new or state not in asked else 0)
            for state in dict.fromkeys((*LIVE_STATES, *asked))
            for of_state in [given | {"states": (state,)}]
        }
        total = sum(by_state[state] for state in asked)
    found = client.list(query).model_copy(update={"total_count": total or None})
    return QueuePage(query, found, new, by_state)


def count_newer(given: dict[str, Any]) -> int:
    """How many have come since one began to look."""
    start = max(_get_cutoff(), given.get("start_date", 0))
    if start >= given.get("end_date", start + 1):
        return 0
    if not server_capabilities.can_filter():
        return 0
    return _count(given | {"start_date": start})


def _get_cutoff() -> int:
    """The moment up to which issues are shown, in milliseconds since 1970."""
    if _CUTOFF_KEY not in st.session_state:
        newest = api_session.client().list(IssueQuery(page_size=1)).data
        reported = newest[0].created_at if newest else None
        # By the clock of the server that dates them, which counts whole seconds.
        st.session_state[_CUTOFF_KEY] = (
            int(reported.timestamp()) * _SECOND_MS + _SECOND_MS if reported else 0
        )
    return int(st.session_state[_CUTOFF_KEY])


def show_newer() -> None:
    """Show what has come since, too."""
    _reset_cutoff()
    filters.go_to_first_page()


def _reset_cutoff() -> None:
    st.session_state.pop(_CUTOFF_KEY, None)


def mark_read(issue: Issue) -> Issue:
    """The issue, which is read by being opened.

    It is shown even if that cannot be written: reading needs no room on a disk.
    """
    if issue.is_read:
        return issue
    try:
        return api_session.client().update(issue, is_read=True)
    except IssuesError:
        return issue


def has_neighbour(found: QueuePage, opened: str, step: int) -> bool:
    """Whether there is an issue before (-1) or after (1) the opened one, on whatever page."""
    at = _find_neighbour_index(found, opened, step)
    if at is None:
        return False
    if at < 0:
        return found.page.has_previous_page
    return at < len(found.page.data) or found.page.has_next_page


def open_neighbour(found: QueuePage, opened: str, step: int) -> None:
    """Open the issue before (-1) or after (1) the opened one, and turn the page if need be."""
    select_neighbour(found, opened, step)


def select_neighbour(found: QueuePage, opened: str, step: int) -> QueuePage:
    """The same; returns the page of the issue that is open then."""
    at = _find_neighbour_index(found, opened, step)
    if at is None or not has_neighbour(found, opened, step):
        return found
    if not 0 <= at < len(found.page.data):
        query = found.query.model_copy(update={"page": (found.query.page or 1) + step})
        try:
            found = replace(found, query=query, page=api_session.client().list(query))
        except IssuesError as error:
            messages.show_failure_next_run(error, doing=_("We could not load the queue."))
            return found
        filters.go_to_page(query.page or 1)
        at = 0 if step > 0 else len(found.page.data) - 1
    if found.page.data:
        issue_list.open_issue(found.page.data[at].id)
    return found


def _find_neighbour_index(found: QueuePage, opened: str, step: int) -> int | None:
    ids = [issue.id for issue in found.page.data]
    if opened in ids:
        at: float = ids.index(opened)
        st.session_state[_POSITION_KEY] = (opened, at)
    elif st.session_state.get(_POSITION_KEY, ("", 0))[0] == opened:
        # It has left the list, by what was done to it: its place is between two others.
        at = st.session_state[_POSITION_KEY][1] - 0.5
    else:
        return None
    return math.floor(at + 1) if step > 0 else math.ceil(at - 1)


def _count_older(given: dict[str, Any], new: int) -> int:
    # Counted by what is there by now: up to a moment, servers take much longer to count.
    return max(0, _count(given) - new)


def _count(given: dict[str, Any]) -> int:
    one = IssueQuery(**given | {"page_size": 1, "total_count": True})
    return api_session.client().list(one).total_count or 0
