"""Iterates over the pages of a list, by cursor if the server has cursors, else by number."""

from collections import deque
from collections.abc import Mapping
from typing import Generic, TypeVar

from issue_portal.client.errors import BadResponseError
from issue_portal.models.responses import ApiToken, Issue, Page, ProjectSummary, User
from issue_portal.models.vocabulary import PAGE_SIZE_LIMIT

_MAX_PAGES_WITHOUT_NEW_ITEMS = 3
"""A list counts as endless if it goes on after this many pages in a row without new items.
Concurrent inserts can cause one or two such pages.
"""

_REMEMBERED_PAGES = 20
"""Number of latest pages whose cursors and items are kept, to recognise repeated ones."""

Item = TypeVar("Item", Issue, User, ProjectSummary, ApiToken)


class Paginator(Generic[Item]):
    """Tracks the position in a list. Raises `BadResponseError` if the list has no end."""

    def __init__(self, number: int = 1) -> None:
        self.position: Mapping[str, str | int] | None = {}
        """The parameters of the next page; None after the last."""
        self._number = number
        # The latest items are enough: when pages shift, an item repeats within a few pages.
        self._ids: deque[str] = deque(maxlen=_REMEMBERED_PAGES * PAGE_SIZE_LIMIT)
        self._cursors: deque[str] = deque(maxlen=_REMEMBERED_PAGES)
        self._pages_without_new_items = 0

    def take(self, page: Page[Item]) -> list[Item]:
        """Return the items of a page that no earlier page had; move `position` to the next page."""
        seen_ids = set(self._ids)
        new = list({item.id: item for item in page.data if item.id not in seen_ids}.values())
        self._ids.extend(item.id for item in new)
        self._pages_without_new_items = 0 if new else self._pages_without_new_items + 1
        self.position = self._find_next_position(page)
        return new

    def _find_next_position(self, page: Page[Item]) -> Mapping[str, str | int] | None:
        cursor = page.next_cursor
        # Some servers omit `has_next_page`. Others send a cursor even with the last page.
        more = page.has_next_page if "has_next_page" in page.model_fields_set else bool(cursor)
        if not more or not (page.data or cursor):
            return None
        if self._pages_without_new_items == _MAX_PAGES_WITHOUT_NEW_ITEMS or cursor in self._cursors:
            raise BadResponseError("The server's list has no end: it repeats its pages.")
        if cursor:
            self._cursors.append(cursor)
            return {"after": cursor}
        self._number += 1
        return {"page": self._number}
