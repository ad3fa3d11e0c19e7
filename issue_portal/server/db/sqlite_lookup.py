"""SQLite without SQLAlchemy in between, for the few look-ups that each request needs."""

import sqlite3
import threading
from collections import namedtuple
from typing import Any

from sqlalchemy import Select
from sqlalchemy.dialects import sqlite


class Statement:
    """A query as the driver itself takes it: SQLAlchemy's part takes ten times as long."""

    def __init__(self, query: Select[Any]) -> None:
        compiled = query.compile(dialect=sqlite.dialect())
        self.sql = str(compiled)
        self.names = compiled.positiontup or []
        self.row = namedtuple("Row", [column.key for column in query.selected_columns])  # type: ignore[misc]


class SqliteLookup:
    """A connection to SQLite that is always open; for one thread at a time."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def __enter__(self) -> sqlite3.Connection:
        self._lock.acquire()
        if self._connection is None:
            self._connection = sqlite3.connect(
                self._path, check_same_thread=False, isolation_level=None
            )
        return self._connection

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def close(self) -> None:
        """Close it."""
        with self._lock:
            if self._connection:
                self._connection.close()
                self._connection = None
