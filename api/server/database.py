"""The connection to the database: engine, transactions, and bringing the schema up to date."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import alembic.command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError

from api.settings import CannotStart

BUSY_TIMEOUT = 5.0
"""Seconds a writer waits for another one."""


class Database:
    """An engine with explicit read and write transactions."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.engine: Engine = create_engine(self.url, pool_pre_ping=self.url.drivername != "sqlite")
        if self.engine.dialect.name == "sqlite":
            if self.url.database:
                # Before SQLite creates it readable by others; its WAL takes over the mode.
                Path(self.url.database).touch(mode=0o600)
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is on disk when the block has ended without an error."""
        with self.engine.connect().execution_options(write=True) as connection, connection.begin():
            yield connection

    def migrate(self) -> None:
        """Bring the schema up to date; raises `CannotStart` with a line for the operator."""
        where = self.url.render_as_string(hide_password=True)
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        script = ScriptDirectory.from_config(config)
        known = {revision.revision for revision in script.walk_revisions()}
        try:
            with self.read() as connection:
                current = set(MigrationContext.configure(connection).get_current_heads())
            if current - known:
                raise CannotStart(
                    f"The database {where} was made by a newer version of this program:"
                    " update the program, or restore a backup from before that update."
                )
            if current != set(script.get_heads()):
                with self.write() as connection:
                    config.attributes["connection"] = connection
                    alembic.command.upgrade(config, "head")
        except DBAPIError as error:
            raise CannotStart(f"Cannot use the database {where}: {error.orig}") from error

    def is_current(self) -> bool:
        """Whether the database answers and has a schema."""
        try:
            with self.read() as connection:
                return bool(MigrationContext.configure(connection).get_current_heads())
        except DBAPIError:
            return False

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver's own implicit BEGIN would start writers as readers, which then fail to upgrade.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT * 1000)}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    # SQLite's own lower() knows ASCII only.
    connection.create_function(
        "lower", 1, lambda text: text if text is None else text.lower(), deterministic=True
    )


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
