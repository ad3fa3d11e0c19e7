"""Iterates over the pages of a list, by cursor if the server has cursors, else by number."""

from collections import deque
from collections.abc import Mapping
from typing import Generic, TypeVar

from issue_portal.client.errors import BadResponseError
from issue_portal.models.responses import Issue, Page, User

_MOST_STALE_PAGES = 3
"""Most pages in a row without new items. Concurrent inserts can cause one or two."""

_RECENT_ITEMS = 2_000
"""Number of latest items that are remembered, to recognise repeated ones: 20 full pages."""

Item = TypeVar("Item", Issue, User)


class PageIterator(Generic[Item]):
    """The position in a list. Raises `BadResponseError` if the list has no end."""

    def __init__(self, number: int = 1) -> None:
        self.position: Mapping[str, str | int] | None = {}
        """The parameters of the next page; None after the last."""
        self._number = number
        # The latest items are enough: when pages shift, an item repeats within a few pages.
        self._ids: deque[str] = deque(maxlen=_RECENT_ITEMS)
        self._cursors: deque[str] = deque(maxlen=_RECENT_ITEMS // 100)
        self._stale_pages = 0

    def take(self, page: Page[Item]) -> list[Item]:
        """Return the new items of the page at `position`, and advance."""
        seen_ids = set(self._ids)
        new = list({item.id: item for item in page.data if item.id not in seen_ids}.values())
        self._ids.extend(item.id for item in new)
        self._stale_pages = 0 if new else self._stale_pages + 1
        self.position = self._find_next_position(page)
        return new

    def _find_next_position(self, page: Page[Item]) -> Mapping[str, str | int] | None:
        cursor = page.next_cursor
        # Some servers omit the flag. Others send a cursor even with the last page.
        more = page.has_next_page if "has_next_page" in page.model_fields_set else bool(cursor)
        if not more or not (page.data or cursor):
            return None
        if self._stale_pages == _MOST_STALE_PAGES or cursor in self._cursors:
            raise BadResponseError("The server's list has no end: it repeats its pages.")
        if cursor:
            self._cursors.append(cursor)
            return {"after": cursor}
        self._number += 1
        return {"page": self._number}
