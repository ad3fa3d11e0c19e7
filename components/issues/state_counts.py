"""The number of issues in each state, counted while the page is already on screen."""

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Final

from components import api_session, background_calls, server_capabilities
from components.issues.review_queue import QueuePage
from issue_portal.client.client import IssuesClient
from issue_portal.models.requests import IssueQuery
from issue_portal.models.vocabulary import LIVE_STATES, IssueState


@dataclass(frozen=True)
class StateCounts:
    """Numbers of issues up to the cutoff. All filters except the state filter apply."""

    by_state: Mapping[IssueState, int]
    others: int
    """Number of issues in states that the portal does not know."""


NOTHING: Final = StateCounts({}, 0)


@dataclass(frozen=True)
class Counting:
    """Counts that are on their way."""

    total: int | None
    """Number of issues in all states; None if it is unknown or a state filter is active."""

    calls: Mapping[IssueState, Future[int]]

    def finish(self) -> StateCounts:
        """Wait for the counts. Raises `IssuesError`."""
        by_state = {state: call.result() for state, call in self.calls.items()}
        others = self.total - sum(by_state.values()) if by_state and self.total else 0
        return StateCounts(by_state, max(0, others))


def start(criteria: IssueQuery, queue: QueuePage) -> Counting:
    """Start to count the issues of the queue; nothing for a text search.

    For each count of a text search, a server reads all texts.
    """
    if criteria.filter_by_text or not server_capabilities.can_filter():
        return Counting(None, {})
    client = api_session.client()
    newer_than = queue.query.end_date if queue.newer_count else None
    calls = {
        state: background_calls.start(partial(_count_in_state, client, criteria, state, newer_than))
        for state in dict.fromkeys((*LIVE_STATES, *criteria.states))
    }
    return Counting(None if criteria.states else queue.page.total_count, calls)


def _count_in_state(
    client: IssuesClient, criteria: IssueQuery, state: IssueState, newer_than: int | None
) -> int:
    """Count the issues in a state, without those created at or after ``newer_than``."""
    in_state = criteria.model_copy(update={"states": (state,), "page_size": 1})
    count = client.list(in_state).total_count or 0
    if newer_than is None:
        return count
    start = max(newer_than, criteria.start_date or 0)
    newer = in_state.model_copy(update={"start_date": start})
    # Two counts without an end date are much faster than one count with an end date.
    return max(0, count - (client.list(newer).total_count or 0))
