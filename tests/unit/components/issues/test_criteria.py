"""The criteria of a list of issues."""

import pytest

from components.issues.criteria import has_filters, matches, select_page
from issue_portal.models.requests import IssueQuery
from issue_portal.models.responses import Issue, Project, User
from issue_portal.models.vocabulary import IssueState, IssueType, PageOrder

ISSUE = Issue(
    id="x",
    issue_number=12,
    description="The Policy is missing.",
    state=IssueState.CLOSED,
    created_by=User(id="user_1", name="Ann"),
    project=Project(id="p1", name="Support"),
)


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        (IssueQuery(), True),
        (IssueQuery(filter_by_text="policy"), True),
        (IssueQuery(filter_by_text="invoice"), False),
        (IssueQuery(search="policy"), True),
        (IssueQuery(search="invoice"), False),
        (IssueQuery(search="#12"), True),
        (IssueQuery(search="#1"), False),
        (IssueQuery(search="ANN"), True),
        (IssueQuery(search="support"), True),
        (IssueQuery(search="support", states=(IssueState.IN_REVIEW,)), False),
        (IssueQuery(search="support", filter_by_text="invoice"), False),
        (IssueQuery(numbers=(12, 13)), True),
        (IssueQuery(numbers=(1,)), False),
        (IssueQuery(states=(IssueState.CLOSED,)), True),
        (IssueQuery(states=(IssueState.IN_REVIEW,)), False),
    ],
)
def test_text_search_number_and_state_are_matched(criteria, expected):
    assert matches(criteria, ISSUE) is expected


def test_deleted_issue_matches_only_if_its_state_is_selected():
    deleted = ISSUE.model_copy(update={"state": IssueState.DELETED})
    assert not matches(IssueQuery(), deleted)
    assert matches(IssueQuery(states=(IssueState.DELETED,)), deleted)


def test_other_criteria_raise_an_error():
    with pytest.raises(ValueError, match="type"):
        matches(IssueQuery(type=(IssueType.OTHER,)), ISSUE)


def test_order_is_not_a_filter():
    assert not has_filters(IssueQuery(page_order=PageOrder.ASCENDING))
    assert has_filters(IssueQuery(filter_by_text="policy"))


def test_page_keeps_the_criteria():
    query = select_page(IssueQuery(filter_by_text="policy"), 3)
    assert (query.page, query.filter_by_text) == (3, "policy")
