"""Sets up connections to SQLite and begins their transactions."""

import sqlite3
from typing import Any

from sqlalchemy import Connection

BUSY_TIMEOUT = 5.0
"""Seconds to wait for a lock of another writer."""


def prepare_connection(connection: sqlite3.Connection, _record: Any) -> None:
    """Set up a new connection: explicit transactions, WAL, full durability."""
    # The driver's implicit BEGIN takes no write lock. A transaction that reads first could then
    # not write if another connection has written since.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT * 1000)}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def begin_transaction(connection: Connection) -> None:
    """Begin a transaction. With the option ``write``, take the write lock at once."""
    options = connection.get_execution_options()
    if options.get("schema_change", False):
        # Alembic copies, drops and renames tables, which breaks foreign keys for a moment.
        # `Database` checks them at the end.
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    if options.get("write", False):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        # Cannot fail, so it needs no conversion of errors by SQLAlchemy, which takes 10 µs.
        driver_connection: Any = connection.connection.dbapi_connection
        driver_connection.execute("BEGIN")
