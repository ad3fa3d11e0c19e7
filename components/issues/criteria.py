"""The criteria of a list of issues: an `IssueQuery` without the parameters that select a page."""

from typing import Final

from issue_portal.models.issue_search import matches_search
from issue_portal.models.requests import IssueQuery
from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import IssueState

PAGE_SIZE: Final = 20

PAGE_PARAMETERS: Final = ("page", "first", "last", "after", "before")
"""The parameters of `IssueQuery` that select a page."""

_ORDER_PARAMETERS: Final = frozenset({"page_order"})
_MATCHED_PARAMETERS: Final = frozenset({"states", "filter_by_text", "search", "numbers"})


def has_filters(criteria: IssueQuery) -> bool:
    """Return whether the criteria contain a filter; an order is not a filter."""
    return bool(criteria.model_fields_set - _ORDER_PARAMETERS)


def select_page(criteria: IssueQuery, number: int) -> IssueQuery:
    """Return the query for page ``number`` (from 1); it also asks for the total count."""
    return criteria.model_copy(update={"page": number, "page_size": PAGE_SIZE, "total_count": True})


def matches(criteria: IssueQuery, issue: Issue) -> bool:
    """Return whether an issue meets the criteria. For servers that do not filter.

    Checks state, text, search and number. Raises `ValueError` for all other criteria.
    """
    if unchecked := criteria.model_fields_set - _MATCHED_PARAMETERS:
        raise ValueError(f"cannot match {', '.join(sorted(unchecked))}")
    if criteria.states:
        has_state = issue.state in criteria.states
    else:
        has_state = issue.state != IssueState.DELETED
    text = criteria.filter_by_text or ""
    return (
        has_state
        and text.casefold() in (issue.description or "").casefold()
        and (not criteria.search or matches_search(criteria.search, issue) is True)
        and (not criteria.numbers or issue.issue_number in criteria.numbers)
    )
