"""The counts by state beside the review queue."""

import pytest

from components.issues import state_counts
from components.issues.review_queue import QueuePage
from issue_portal.models.requests import IssueQuery
from issue_portal.models.responses import IssuePage
from issue_portal.models.vocabulary import LIVE_STATES, IssueState, IssueType

PAGE = IssuePage(data=(), total_count=12)
QUEUE = QueuePage(IssueQuery(), PAGE, 0, IssueQuery(), PAGE)


@pytest.mark.parametrize(
    "criteria",
    [
        IssueQuery(filter_by_text="x"),
        IssueQuery(search="x"),
        IssueQuery(numbers=(12,), states=(IssueState.CLOSED,)),
    ],
)
def test_counts_stay_the_same_during_a_search(client, criteria):
    client.list.return_value = IssuePage(data=(), total_count=3)
    counts = state_counts.start(criteria, QUEUE).finish()
    assert counts == dict.fromkeys(LIVE_STATES, 3)
    for call in client.list.call_args_list:
        assert set(call.args[0].to_params()) == {"states", "page_size"}


def test_other_filters_are_counted_by_state(client):
    client.list.return_value = IssuePage(data=(), total_count=3)
    counting = state_counts.start(IssueQuery(type=(IssueType.OTHER,)), QUEUE)
    assert counting.finish() == dict.fromkeys(LIVE_STATES, 3)
    assert counting.has_other_filters
    assert {call.args[0].type for call in client.list.call_args_list} == {(IssueType.OTHER,)}
