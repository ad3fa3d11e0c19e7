"""Caches values read from the database until the database changes.

SQLite tells within microseconds whether any process has changed the database. PostgreSQL cannot, so
nothing is cached with PostgreSQL.
"""

import threading
from collections.abc import Hashable
from typing import Any, Final

from issue_portal.server.db.database import Database

_LIST_LIMIT: Final = 2_000
_MAX_BYTES: Final = 16 * 2**20
"""Bytes of all values together."""


class ReadCache:
    """A thread-safe cache, emptied when the database changes or the cache is full."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._version: int | None = None
        self._values: dict[Hashable, Any] = {}
        self._bytes = 0

    def get(self, key: Hashable) -> Any:
        """Return the cached value of ``key``; None if it is missing or outdated."""
        version = self._database.read_version()
        with self._lock:
            if version != self._version:
                self._clear(version)
            return self._values.get(key)

    def read_version(self) -> int | None:
        """Return the version of the database. Read it before the values that you `store`."""
        return self._database.read_version()

    def store(self, key: Hashable, value: Any, version: int | None, size: int = 0) -> None:
        """Cache a value of ``size`` bytes, unless the database has changed since ``version``."""
        with self._lock:
            if version is None or version != self._version:
                return
            if len(self._values) >= _LIST_LIMIT or self._bytes + size > _MAX_BYTES:
                self._clear(version)
            self._values[key] = value
            self._bytes += size

    def _clear(self, version: int | None) -> None:
        self._values.clear()
        self._bytes, self._version = 0, version
