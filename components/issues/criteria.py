"""Filter criteria of a list of issues: an `IssueQuery` without a page.

`matches` applies them in the portal, for servers that do not filter.
"""

from typing import Final

from issue_portal.models.requests import IssueQuery
from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import IssueState

PAGE_SIZE: Final = 20

PLACE_PARAMETERS: Final = ("page", "first", "last", "after", "before")

_ORDER: Final = frozenset({"page_order"})
_MATCHED_HERE: Final = frozenset({"states", "filter_by_text"})


def has_filters(criteria: IssueQuery) -> bool:
    """Return whether the criteria leave issues out; an order alone does not."""
    return bool(criteria.model_fields_set - _ORDER)


def select_page(criteria: IssueQuery, number: int) -> IssueQuery:
    """Return the query for one page, with the count of all matching issues."""
    return criteria.model_copy(update={"page": number, "page_size": PAGE_SIZE, "total_count": True})


def matches(criteria: IssueQuery, issue: Issue) -> bool:
    """Return whether an issue meets the criteria, for servers that do not filter.

    Raises `ValueError` for criteria that it cannot check, since ignoring them would match too much.
    """
    if unchecked := criteria.model_fields_set - _MATCHED_HERE:
        raise ValueError(f"cannot match {', '.join(sorted(unchecked))}")
    if criteria.states:
        has_state = issue.state in criteria.states
    else:
        has_state = issue.state != IssueState.DELETED
    text = criteria.filter_by_text or ""
    return has_state and text.casefold() in (issue.description or "").casefold()
