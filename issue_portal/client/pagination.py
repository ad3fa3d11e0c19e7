"""The way through all pages of a list, by cursor where the server has cursors, else by number."""

from collections import deque
from collections.abc import Mapping
from typing import Generic, TypeVar

from issue_portal.client.errors import BadResponseError
from issue_portal.models.responses import Issue, Page, User

_MOST_STALE_PAGES = 3
"""Pages in a row without anything new: things created meanwhile explain some, never many."""

_REMEMBERED = 2_000
"""Items back to which one that comes again is recognised: 20 full pages."""

Item = TypeVar("Item", Issue, User)


class PageIterator(Generic[Item]):
    """Find the next page, up to the last. Raises `BadResponseError` if the list has no end."""

    def __init__(self, number: int = 1) -> None:
        self.position: Mapping[str, str | int] | None = {}
        """The parameters of the next page; None after the last."""
        self._number = number
        # Bounded, so that the memory is: what comes twice comes soon after, when pages shift.
        self._ids: deque[str] = deque(maxlen=_REMEMBERED)
        self._cursors: deque[str] = deque(maxlen=_REMEMBERED // 100)
        self._stale_pages = 0

    def take(self, page: Page[Item]) -> list[Item]:
        """What is new on the page at `position`, which moves on."""
        seen_ids = set(self._ids)
        new = list({item.id: item for item in page.data if item.id not in seen_ids}.values())
        self._ids.extend(item.id for item in new)
        self._stale_pages = 0 if new else self._stale_pages + 1
        self.position = self._after(page)
        return new

    def _after(self, page: Page[Item]) -> Mapping[str, str | int] | None:
        cursor = page.next_cursor
        # Some servers leave the flag out, others give a cursor for the end as well.
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
