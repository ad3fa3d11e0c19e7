"""The review queue up to a cutoff: the newest issue when the reviewer opened the queue.

Newer issues are counted, but not listed. Rows therefore stay in place while the reviewer works, and
the pages neither overlap nor leave a gap.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

import streamlit as st

from components import api_session, server_capabilities
from components.account import return_after_sign_in
from components.issues import issue_list
from components.issues.criteria import PAGE_SIZE, select_page
from components.issues.pagination import go_to_first_page, go_to_page
from components.ui import messages
from components.ui.i18n import _
from issue_portal.client.errors import IssuesError
from issue_portal.models.requests import IssueQuery
from issue_portal.models.responses import Issue, IssuePage
from issue_portal.models.vocabulary import LIVE_STATES, IssueState

_CUTOFF_KEY: Final = "queue_cutoff"
_POSITION_KEY: Final = "queue_position"
_CRITERIA_KEY: Final = "queue_criteria"
_SECOND_MS: Final = 1000


@dataclass(frozen=True)
class QueuePage:
    """One page of the queue, and the query that returns it."""

    query: IssueQuery
    page: IssuePage
    newer_count: int
    """Number of matching issues that arrived after the cutoff."""

    by_state: dict[IssueState, int]
    """Number of issues up to the cutoff in each state; {} for a text search.

    All filters except the state filter apply.
    """


def fetch_queue_page(criteria: IssueQuery, number: int) -> QueuePage:
    """Return page ``number`` of the queue.

    Resets the cutoff if the criteria have changed or the reviewer comes from another page of the
    portal.
    """
    client = api_session.client()
    if not server_capabilities.can_filter():
        query = IssueQuery(page=number, page_size=PAGE_SIZE)
        return QueuePage(query, client.list(query), 0, {})
    if (
        return_after_sign_in.is_first_run_on_page()
        or st.session_state.get(_CRITERIA_KEY) != criteria
    ):
        _reset_cutoff()
        st.session_state[_CRITERIA_KEY] = criteria
    newer = count_newer(criteria)
    cutoff = _get_cutoff()
    end = cutoff if criteria.end_date is None else min(cutoff, criteria.end_date)
    until_cutoff = {"end_date": end, "total_count": False}
    query = select_page(criteria, number).model_copy(update=until_cutoff)
    by_state, total = _count_older_by_state(criteria, newer)
    page = client.list(query).model_copy(update={"total_count": total or None})
    return QueuePage(query, page, newer, by_state)


def count_newer(criteria: IssueQuery) -> int:
    """Count the matching issues that arrived after the cutoff."""
    start = max(_get_cutoff(), criteria.start_date or 0)
    if criteria.end_date is not None and start >= criteria.end_date:
        return 0
    if not server_capabilities.can_filter():
        return 0
    return _count(criteria.model_copy(update={"start_date": start}))


def show_newer() -> None:
    """Move the cutoff to the present, so that newer issues are listed."""
    _reset_cutoff()
    go_to_first_page()


def mark_read(issue: Issue) -> Issue:
    """Mark an opened issue as read; return the updated issue.

    If the update fails, return the issue unchanged: the reviewer can still read it.
    """
    if issue.is_read:
        return issue
    try:
        return api_session.client().update(issue, is_read=True)
    except IssuesError:
        return issue


def has_neighbour(queue: QueuePage, issue_id: str, step: int) -> bool:
    """Return whether the queue has an issue before (``step`` -1) or after (1) this issue."""
    index = _find_neighbour_index(queue, issue_id, step)
    if index is None:
        return False
    if index < 0:
        return queue.page.has_previous_page
    return index < len(queue.page.data) or queue.page.has_next_page


def on_open_neighbour(queue: QueuePage, issue_id: str, step: int) -> None:
    """Open the issue before (``step`` -1) or after (1) this issue. For callbacks of buttons."""
    open_neighbour(queue, issue_id, step)


def open_neighbour(queue: QueuePage, issue_id: str, step: int) -> QueuePage:
    """Open the issue before (``step`` -1) or after (1) this issue; return its page of the queue."""
    index = _find_neighbour_index(queue, issue_id, step)
    if index is None or not has_neighbour(queue, issue_id, step):
        return queue
    if not 0 <= index < len(queue.page.data):
        query = queue.query.model_copy(update={"page": (queue.query.page or 1) + step})
        try:
            queue = replace(queue, query=query, page=api_session.client().list(query))
        except IssuesError as error:
            messages.show_failure_on_next_run(error, failed=_("We couldn't load the queue."))
            return queue
        go_to_page(query.page or 1)
        index = 0 if step > 0 else len(queue.page.data) - 1
    if queue.page.data:
        issue_list.open_issue(queue.page.data[index].id)
    return queue


def _find_neighbour_index(queue: QueuePage, issue_id: str, step: int) -> int | None:
    """Return the index of the issue before (``step`` -1) or after (1) this issue on this page.

    An index below 0 or past the end means another page. None means that the position of this issue
    is unknown.
    """
    ids = [issue.id for issue in queue.page.data]
    if issue_id in ids:
        position: float = ids.index(issue_id)
        st.session_state[_POSITION_KEY] = (issue_id, position)
    elif st.session_state.get(_POSITION_KEY, ("", 0))[0] == issue_id:
        # An action has removed the issue from the list: its position is now between two rows.
        position = st.session_state[_POSITION_KEY][1] - 0.5
    else:
        return None
    return math.floor(position + 1) if step > 0 else math.ceil(position - 1)


def _get_cutoff() -> int:
    """Return the time up to which issues are listed, in milliseconds since 1970."""
    if _CUTOFF_KEY not in st.session_state:
        newest = api_session.client().list(IssueQuery(page_size=1)).data
        reported = newest[0].created_at if newest else None
        # Use the end of the newest issue's second, not the current time: the portal's clock may
        # differ from the server's.
        cutoff = int(reported.timestamp()) * _SECOND_MS + _SECOND_MS if reported else 0
        st.session_state[_CUTOFF_KEY] = cutoff
    return int(st.session_state[_CUTOFF_KEY])


def _reset_cutoff() -> None:
    st.session_state.pop(_CUTOFF_KEY, None)


def _count_older_by_state(criteria: IssueQuery, newer: int) -> tuple[dict[IssueState, int], int]:
    """Count the matching issues up to the cutoff: in each state, and in all listed states.

    ``newer`` is the number of matching issues after the cutoff.
    """
    if criteria.filter_by_text:
        # For each count of a text search, the server reads all texts, so count only once.
        return {}, _count_older(criteria, newer)
    listed = criteria.states or LIVE_STATES
    by_state = {}
    for state in dict.fromkeys((*LIVE_STATES, *listed)):
        in_state = criteria.model_copy(update={"states": (state,)})
        newer_in_state = count_newer(in_state) if newer or state not in listed else 0
        by_state[state] = _count_older(in_state, newer_in_state)
    return by_state, sum(by_state[state] for state in listed)


def _count_older(criteria: IssueQuery, newer: int) -> int:
    # Two counts without an end date (all issues, and the few newer ones) are much faster than one
    # count with an end date.
    return max(0, _count(criteria) - newer)


def _count(criteria: IssueQuery) -> int:
    query = criteria.model_copy(update={"page_size": 1, "total_count": True})
    return api_session.client().list(query).total_count or 0
