"""The counts by state beside the review queue."""

import pytest

from components.issues import state_counts
from components.issues.review_queue import QueuePage
from issue_portal.models.requests import IssueQuery
from issue_portal.models.responses import IssuePage
from issue_portal.models.vocabulary import LIVE_STATES, IssueType

PAGE = IssuePage(data=(), total_count=12)
QUEUE = QueuePage(IssueQuery(), PAGE, 0, IssueQuery(), PAGE)


@pytest.mark.parametrize("criteria", [IssueQuery(filter_by_text="x"), IssueQuery(search="x")])
def test_search_is_not_counted_by_state(client, criteria):
    assert state_counts.start(criteria, QUEUE).finish() == state_counts.NOTHING
    client.list.assert_not_called()


def test_other_filters_are_counted_by_state(client):
    client.list.return_value = IssuePage(data=(), total_count=3)
    counts = state_counts.start(IssueQuery(type=(IssueType.OTHER,)), QUEUE).finish()
    assert counts.by_state == dict.fromkeys(LIVE_STATES, 3)
    assert counts.others == 3
