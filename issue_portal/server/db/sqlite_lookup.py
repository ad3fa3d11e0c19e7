"""SQLite look-ups without SQLAlchemy, for the queries that every request needs."""

import sqlite3
import threading
from collections import namedtuple
from typing import Any

from sqlalchemy import Select
from sqlalchemy.dialects import sqlite


class Statement:
    """A compiled query for the driver. SQLAlchemy takes ten times as long for a look-up."""

    def __init__(self, query: Select[Any]) -> None:
        compiled = query.compile(dialect=sqlite.dialect())
        self.sql = str(compiled)
        self.names = compiled.positiontup or []
        self.row = namedtuple("Row", [column.key for column in query.selected_columns])  # type: ignore[misc]


class SqliteLookup:
    """An open connection to SQLite, for one thread at a time."""

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
        """Close the connection."""
        with self._lock:
            if self._connection:
                self._connection.close()
                self._connection = None
