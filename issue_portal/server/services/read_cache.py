"""Caches what was read from the database until the database changes.

SQLite reports changes by any process in microseconds. PostgreSQL does not, so nothing is cached.
"""

import threading
from collections.abc import Hashable
from typing import Any, Final

from issue_portal.server.db.database import Database

_MOST: Final = 2_000
_MOST_BYTES: Final = 16 * 2**20


class ReadCache:
    """A thread-safe cache that each change of the database empties."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._version: int | None = None
        self._kept: dict[Hashable, Any] = {}
        self._bytes = 0

    def get(self, key: Hashable) -> Any:
        """Return the cached value of ``key``; None if it is missing or outdated."""
        version = self._database.read_version()
        with self._lock:
            if version != self._version:
                self._empty(version)
            return self._kept.get(key)

    def version(self) -> int | None:
        """Return the version of the database. Call it before the reads whose result you `keep`."""
        return self._database.read_version()

    def keep(self, key: Hashable, value: Any, version: int | None, size: int = 0) -> None:
        """Cache a value that was read at or after ``version``; ``size`` is in bytes."""
        with self._lock:
            if version is None or version != self._version:
                return
            if len(self._kept) >= _MOST or self._bytes + size > _MOST_BYTES:
                self._empty(version)
            self._kept[key] = value
            self._bytes += size

    def _empty(self, version: int | None) -> None:
        self._kept.clear()
        self._bytes, self._version = 0, version
