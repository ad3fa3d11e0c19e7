"""Pages of short lists, in which a cursor is a position.

Unlike in `pagination`, an item that is added or removed shifts the items after it.
"""

from collections.abc import Callable, Iterable

from issue_portal.core.problems import InvalidParameterError
from issue_portal.models.requests import PageQuery
from issue_portal.server.services.cursors import Cursors
from issue_portal.server.services.serializers import JsonObject

Read = Callable[[int, int], Iterable[JsonObject]]
"""Returns the items from an offset, at most a number of them."""


def check_paging(query: PageQuery) -> bool:
    """Return whether the query uses cursors; raise a 400 if its parameters exclude each other."""
    by_cursor = bool({"after", "before", "first", "last"} & query.model_fields_set)
    if by_cursor and query.page is not None:
        raise InvalidParameterError("page", "cannot be combined with cursors")
    if query.first is not None and query.last is not None:
        raise InvalidParameterError("last", "cannot be combined with first")
    return by_cursor


def is_backward(query: PageQuery) -> bool:
    """Return whether the query asks for the last items of a range instead of the first."""
    is_before = query.before is not None and query.after is None and query.first is None
    return query.last is not None or is_before


def read_page(query: PageQuery, cursors: Cursors, total: int, read: Read) -> JsonObject:
    """Return the page of a list of ``total`` items that the query asks for."""
    by_cursor = check_paging(query)
    size = query.first or query.last or query.page_size
    after, before = cursors.decode("after", query.after), cursors.decode("before", query.before)
    end = total if before is None else min(before, total)
    start = 0 if after is None else min(after + 1, end)
    if not by_cursor:
        start = ((query.page or 1) - 1) * size
    elif is_backward(query):
        start = max(start, end - size)
    stop = max(start, min(start + size, end))
    data = list(read(start, stop - start)) if stop > start else []
    page: JsonObject = {"data": data}
    if data and stop < total:
        page["next_cursor"] = cursors.encode(stop - 1)
    if data and start > 0:
        page["previous_cursor"] = cursors.encode(start)
    page["has_next_page"] = bool(data) and stop < total
    page["has_previous_page"] = start > 0
    if query.total_count:
        page["total_count"] = total
    return page
