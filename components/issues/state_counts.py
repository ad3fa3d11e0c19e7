"""The number of issues in each state, counted while the page is already on screen."""

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Final

from components import api_session, background_calls, server_capabilities
from components.issues import review_badge
from components.issues.review_queue import QueuePage
from components.ui import i18n, js_component
from issue_portal.client.client import IssuesClient
from issue_portal.client.errors import IssuesError
from issue_portal.models.requests import IssueQuery
from issue_portal.models.vocabulary import LIVE_STATES, IssueState

_WITHOUT_SEARCH: Final = {"filter_by_text": None, "search": None, "numbers": ()}


@dataclass(frozen=True)
class Counting:
    """Counts that are on their way."""

    calls: Mapping[IssueState, Future[int]]
    has_other_filters: bool
    """Whether the counts are of a filtered queue."""

    def finish(self) -> Mapping[IssueState, int]:
        """Wait for the counts. Raises `IssuesError`."""
        return {state: call.result() for state, call in self.calls.items()}


def start(criteria: IssueQuery, queue: QueuePage) -> Counting:
    """Start to count the issues up to the cutoff in each state, with all filters but the search.

    For each count of a search, a server would read all texts. The counts therefore stay the same
    while the person searches.
    """
    if not server_capabilities.can_filter():
        return Counting({}, has_other_filters=False)
    client = api_session.client()
    newer_than = queue.query.end_date if queue.newer_count else None
    unsearched = criteria.model_copy(update=_WITHOUT_SEARCH)
    calls = {
        state: background_calls.start(
            partial(_count_in_state, client, unsearched, state, newer_than)
        )
        for state in LIVE_STATES
    }
    others = criteria.model_fields_set - {"states", "page_order", *_WITHOUT_SEARCH}
    return Counting(calls, has_other_filters=bool(others))


def render(counting: Counting) -> None:
    """Wait for the counts, and show them on the tabs; without any, the tabs have no numbers."""
    try:
        counts = counting.finish()
    except IssuesError:
        counts = {}  # The list is on screen: the next poll tries again.
    new_count = None
    if counts and not counting.has_other_filters:
        new_count = counts[IssueState.NOT_REVIEWED]
        review_badge.remember(new_count)
    js_component.mount(
        __file__,
        key="state_counts",
        data={
            "counts": {state.value: count for state, count in counts.items()} or None,
            "new_count": None if new_count is None else review_badge.format_count(new_count),
            "locale": i18n.get_locale_tag(),
        },
    )


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
