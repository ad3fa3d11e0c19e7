"""The lists of the newer API: their parameters and their pages."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import HTTPException
from pydantic import AfterValidator, Field, TypeAdapter

from tests.servers.api_variant import NoExtrasModel, Type

State = Literal["NotReviewed", "InReview", "Closed", "Deleted"]
LIVE_STATES = ("NotReviewed", "InReview", "Closed", "Parked")

PageOrder = Literal[
    "ASC", "DESC", "ASC_NULLS_FIRST", "ASC_NULLS_LAST", "DESC_NULLS_FIRST", "DESC_NULLS_LAST"
]
PageSize = Annotated[int, Field(ge=1, le=100)]


def comma_separated(item_type: Any) -> Any:
    """Return the type of a string of ``item_type`` values, separated by commas."""
    adapter = TypeAdapter(tuple[item_type, ...])
    return Annotated[str, AfterValidator(lambda text: adapter.validate_python(text.split(",")))]


class PageQuery(NoExtrasModel):
    """The parameters that all lists have."""

    page: int | None = Field(None, ge=1)
    page_size: PageSize = 20
    page_order: PageOrder | None = None
    after: str | None = None
    before: str | None = None
    first: PageSize | None = None
    last: PageSize | None = None
    total_count: bool = False


class IssueQuery(PageQuery):
    """The parameters of the list of issues."""

    include: comma_separated(Literal["User", "Project"]) = ()
    type: comma_separated(Type) | None = None
    states: comma_separated(State | Literal["Parked"]) = LIVE_STATES
    start_date: int = 0
    end_date: int = 2**53
    filter_by_text: str = ""
    created_by: comma_separated(str) | None = None
    projects: comma_separated(str) | None = None

    def matches(self, issue: dict) -> bool:
        """Return whether the list has this issue."""
        creator = issue["created_by"]
        created_at = datetime.fromisoformat(issue["created_at"]).timestamp() * 1000
        return (
            issue["state"] in self.states
            and (self.type is None or issue["type"] in self.type)
            and (self.created_by is None or (creator and creator["id"] in self.created_by))
            and (self.projects is None or issue["project"]["id"] in self.projects)
            and self.filter_by_text.lower() in issue.get("description", "").lower()
            and self.start_date <= created_at < self.end_date
        )


def paginate(items: Sequence[dict], query: PageQuery) -> dict:
    """Return the page of ``query``. Cursors are ids of items."""
    positions = {item["id"]: position for position, item in enumerate(items)}
    if {query.after, query.before} - {None, *positions}:
        raise HTTPException(400, "the cursor is invalid")
    size = query.first or query.last or query.page_size
    start, end = ((query.page or 1) - 1) * size, len(items)
    if query.after is not None:
        start = positions[query.after] + 1
    if query.before is not None:
        end = positions[query.before]
    if query.last or (query.before is not None and query.after is None and not query.first):
        start = max(start, end - size)
    rows = items[start : min(end, start + size)]
    end = start + len(rows)
    page = {
        "data": rows,
        "next_cursor": rows[-1]["id"] if rows and end < len(items) else None,
        "previous_cursor": rows[0]["id"] if rows and start else None,
        "has_next_page": end < len(items),
        "has_previous_page": start > 0,
        "took_ms": 1,
    }
    return page | ({"total_count": len(items)} if query.total_count else {})
