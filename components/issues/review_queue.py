"""The review queue up to a cutoff: the newest issue when the reviewer opened the queue.

Newer issues are counted, but not listed. Rows therefore stay in place while the reviewer works, and
the pages neither overlap nor leave a gap.
"""

import math
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Final

import streamlit as st

from components import api_session, background_calls, server_capabilities
from components.account import return_after_sign_in
from components.issues import issue_list, known_issues, queue_preferences
from components.issues.criteria import PAGE_SIZE, select_page
from components.issues.pagination import go_to_first_page, go_to_page
from components.ui import messages
from components.ui.i18n import _
from issue_portal.client.client import IssuesClient
from issue_portal.client.errors import IssuesError
from issue_portal.models.requests import IssueQuery
from issue_portal.models.responses import Issue, IssuePage
from issue_portal.models.vocabulary import PageOrder

_CUTOFF_KEY: Final = "queue_cutoff"
_POSITION_KEY: Final = "queue_position"
_CRITERIA_KEY: Final = "queue_criteria"
_MARKING_KEY: Final = "queue_marking"
_SECOND_MS: Final = 1000


@dataclass
class _Cutoff:
    at: int
    """Time up to which issues are listed, in milliseconds since 1970."""

    total: int | None
    """Number of matching issues up to that time; None if the server does not count."""


@dataclass(frozen=True)
class QueuePage:
    """One page of the queue, and the query that returns it."""

    query: IssueQuery
    page: IssuePage
    newer_count: int
    """Number of matching issues that arrived after the cutoff."""

    latest_query: IssueQuery
    """The query without the cutoff, with which a poll looks for changes."""

    latest: IssuePage
    """The page of that query."""


def fetch_queue_page(criteria: IssueQuery, number: int) -> QueuePage:
    """Return page ``number`` of the queue.

    Resets the cutoff if the criteria have changed or the reviewer comes from another page of the
    portal.
    """
    client = api_session.client()
    if not server_capabilities.can_filter():
        query = IssueQuery(page=number, page_size=PAGE_SIZE)
        page = client.list(query)
        return QueuePage(query, _remember(page), 0, query, page)
    if (
        return_after_sign_in.is_first_run_on_page()
        or st.session_state.get(_CRITERIA_KEY) != criteria
    ):
        _reset_cutoff()
        st.session_state[_CRITERIA_KEY] = criteria
        server_capabilities.look_for_other_values()
    latest_query = select_page(criteria, number)
    latest = client.list(latest_query)
    cutoff = _ensure_cutoff(client, latest_query, latest)
    end = cutoff.at if criteria.end_date is None else min(cutoff.at, criteria.end_date)
    # Counting the newer issues only is much faster than counting up to the cutoff.
    query = latest_query.model_copy(update={"end_date": end, "total_count": False})
    newer, page = 0, latest
    if _may_have_newer(cutoff, latest):
        counting = background_calls.start(lambda: _count_newer(client, criteria, cutoff.at))
        older = client.list(query)
        if newer := counting.result():
            total = None if latest.total_count is None else max(0, latest.total_count - newer)
            page = older.model_copy(update={"total_count": total})
        else:
            cutoff.total = latest.total_count
    return QueuePage(query, _remember(page), newer, latest_query, latest)


def show_newer() -> None:
    """Move the cutoff to the present, so that newer issues are listed."""
    _reset_cutoff()
    go_to_first_page()


def poll(queue: QueuePage) -> object:
    """Ask the server for the page once; the result differs from `describe` if it has changed."""
    page = api_session.client().list(queue.latest_query)
    known = [known_issues.get(issue.id) or issue for issue in page.data]
    merged = [issue.merge(newer) for issue, newer in zip(known, page.data, strict=True)]
    return _describe(merged), page.total_count


def describe(queue: QueuePage) -> object:
    """Return the latest issues of the page as this session knows them, and their total.

    Changes of this session are already known, so they do not count as changes.
    """
    known = [known_issues.get(issue.id) or issue for issue in queue.latest.data]
    return _describe(known), queue.latest.total_count


def _describe(issues: Iterable[Issue]) -> list[Issue]:
    # A list has no tags.
    return [issue.model_copy(update={"etag": None}) for issue in issues]


def mark_read(issue: Issue) -> Issue:
    """Mark an opened issue as read; return the updated issue.

    If the update fails, return the issue unchanged: the reviewer can still read it.
    """
    return known_issues.remember(start_marking_read(issue).result())


def start_marking_read(issue: Issue) -> Future[Issue]:
    """Start to mark an opened issue as read; the result is like that of `mark_read`."""
    client = api_session.client()

    def mark() -> Issue:
        try:
            return issue if issue.is_read else client.update(issue, is_read=True)
        except IssuesError:
            return issue

    st.session_state[_MARKING_KEY] = background_calls.start(mark)
    marking: Future[Issue] = st.session_state[_MARKING_KEY]
    return marking


def wait_for_marking() -> None:
    """Wait until the issue that was opened last is marked as read.

    Otherwise, a slow mark could arrive after a later change of the person, and replace it.
    """
    marking: Future[Issue] | None = st.session_state.pop(_MARKING_KEY, None)
    if marking:
        known_issues.remember(marking.result())


def has_neighbour(queue: QueuePage, issue_id: str, step: int) -> bool:
    """Return whether the queue has an issue before (``step`` -1) or after (1) this issue."""
    index = _find_neighbour_index(queue, issue_id, step)
    if index is None:
        return False
    if index < 0:
        return queue.page.has_previous_page
    return index < len(queue.page.data) or queue.page.has_next_page


def turn_page(queue: QueuePage, step: int) -> None:
    """Show the page before (``step`` -1) or after (1) this page, if there is one."""
    page = queue.page
    if page.has_next_page if step > 0 else page.has_previous_page:
        go_to_page((queue.query.page or 1) + step)
        issue_list.open_issue(None)


def find_position(queue: QueuePage, issue_id: str) -> int | None:
    """Return the position of an issue in the queue, from 1; None if it is not on this page."""
    ids = [issue.id for issue in queue.page.data]
    if issue_id not in ids:
        return None
    return ((queue.query.page or 1) - 1) * PAGE_SIZE + ids.index(issue_id) + 1


def advance(queue: QueuePage, issue_id: str) -> QueuePage:
    """Open the issue after one that was just closed; return the page that it is on.

    At the end of the page, opens the first issue that has moved up from the next page; at the end
    of the queue, the last one before. Does nothing if the person prefers to stay.
    """
    if not queue_preferences.opens_next():
        return queue
    ids = [issue.id for issue in queue.page.data]
    if issue_id in ids and ids.index(issue_id) + 1 < len(ids):
        return open_neighbour(queue, issue_id, 1)
    try:
        page = api_session.client().list(queue.query)
    except IssuesError as error:
        messages.show_failure_on_next_run(error, failed=_("We couldn't load the queue."))
        return queue
    left = [issue.id for issue in page.data]
    if issue_id in left:  # The list also has closed issues.
        return open_neighbour(queue, issue_id, 1)
    moved_up = [other for other in left if other not in ids]
    issue_list.open_issue(next(iter([*moved_up, *left[-1:]]), None))
    return replace(queue, page=page)


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


def _remember(page: IssuePage) -> IssuePage:
    """Return a page with all that is known of its issues."""
    server_capabilities.learn_projects(page.data)
    return page.model_copy(update={"data": known_issues.remember_all(page.data)})


def _ensure_cutoff(client: IssuesClient, query: IssueQuery, latest: IssuePage) -> _Cutoff:
    """Return the cutoff; set it if there is none. ``latest`` is the page of ``query``."""
    if _CUTOFF_KEY not in st.session_state:
        newest = latest.data
        if query.page != 1 or query.page_order is not PageOrder.DESCENDING:
            newest = client.list(IssueQuery(page_size=1, total_count=False)).data
        reported = newest[0].created_at if newest else None
        # Use the end of the newest issue's second, not the current time: the portal's clock may
        # differ from the server's.
        at = int(reported.timestamp()) * _SECOND_MS + _SECOND_MS if reported else 0
        st.session_state[_CUTOFF_KEY] = _Cutoff(at, latest.total_count)
    cutoff: _Cutoff = st.session_state[_CUTOFF_KEY]
    return cutoff


def _reset_cutoff() -> None:
    st.session_state.pop(_CUTOFF_KEY, None)


def _may_have_newer(cutoff: _Cutoff, latest: IssuePage) -> bool:
    """Return whether the page shows that issues may have arrived after the cutoff."""
    if latest.total_count is not None and cutoff.total is not None:
        if latest.total_count > cutoff.total:
            return True
        cutoff.total = latest.total_count
    return any(
        issue.created_at and issue.created_at.timestamp() * _SECOND_MS >= cutoff.at
        for issue in latest.data
    )


def _count_newer(client: IssuesClient, criteria: IssueQuery, cutoff: int) -> int:
    start = max(cutoff, criteria.start_date or 0)
    if criteria.end_date is not None and start >= criteria.end_date:
        return 0
    newer = criteria.model_copy(update={"start_date": start, "page_size": 1})
    return client.list(newer).total_count or 0
