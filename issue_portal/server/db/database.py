"""The database: engine, transactions, and migrations."""

import math
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from anyio import CapacityLimiter
from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from issue_portal.core.settings import FatalError
from issue_portal.server.db.sqlite import begin_transaction, prepare_connection

if TYPE_CHECKING:
    # It imports the whole ORM, and only PostgreSQL needs it.
    from sqlalchemy.ext.asyncio import AsyncEngine

_Result = TypeVar("_Result")

MIGRATIONS = Path(__file__).parent / "migrations"

_WRITERS = 10
"""Most concurrent writing transactions per process, on PostgreSQL."""

_THREAD_CONNECTIONS = _WRITERS + 5
"""Most connections to PostgreSQL in threads: writers, and readiness, metrics and commands."""

_ASYNC_CONNECTIONS = 25
"""Most connections to PostgreSQL for reads on the event loop."""

_SNAPSHOT: Final[dict[str, Any]] = {
    "isolation_level": "REPEATABLE READ",
    "postgresql_readonly": True,
}
"""Options with which all queries of a transaction on PostgreSQL see the same state."""

_LIMIT_IDLE_TIME = "SET LOCAL idle_in_transaction_session_timeout = '3s'"
"""Makes PostgreSQL end the transaction and release its locks if this process hangs."""

_BRIEF_SECONDS = 0.002
"""Seconds for which `Database.read_briefly` may block the event loop, about."""

_STEPS_PER_CHECK = 1_000
"""Steps of SQLite's virtual machine, about 20 to 50 µs, between two looks at the clock."""

_CHECK_INTERVAL = 1.0
"""Seconds for which the result of `Database.is_ready` is valid."""

_CHECK_TIMEOUT = 5.0
"""Seconds after which `Database.is_ready` counts as failed."""

_MIGRATION_LOCK = 7_245_309_118
"""PostgreSQL's advisory lock for migrations, so that replicas can start together."""


def describe_error(error: DBAPIError) -> str:
    """Return why the database failed, in one line, without the values of the statement."""
    reason = " ".join(str(error.orig).split())
    # psycopg repeats the reason for each address of a host.
    reason = reason.partition(" Multiple connection attempts failed")[0]
    # SQLite needs disk space even to read, for its shared memory.
    return f"{reason}. Is the disk full?" if reason == "disk I/O error" else reason


class Database:
    """An engine with explicit read and write transactions, on SQLite or PostgreSQL."""

    writers: CapacityLimiter
    """Limits the threads in which requests write, and serves waiting requests in order.

    SQLite has one writer at a time and serves waiting writers in no order. Without the limiter,
    many changes by one person could delay the report of another person for seconds.
    """

    def __init__(self, url: str) -> None:
        self._brief_connection: Connection | None = None
        self._async_engine: AsyncEngine | None = None
        self._brief_deadline = math.inf
        self._check_lock = threading.Lock()
        self._checked_at = self._checking_since = 0.0
        self._was_ready = False
        try:
            self.url = make_url(url)
            if self.url.drivername in ("postgres", "postgresql"):
                self.url = self.url.set(drivername="postgresql+psycopg")
            if self.url.get_backend_name() not in ("sqlite", "postgresql"):
                raise FatalError("ISSUES_DATABASE_URL: use sqlite:///… or postgresql://…")
            if self.is_postgresql:
                # Part of the password would be the host, which error messages show.
                if "@" in f"{self.url.host}{self.url.database}":
                    raise FatalError("ISSUES_DATABASE_URL: write an @ in the password as %40.")
                # Imported here because only PostgreSQL needs psycopg.
                from issue_portal.server.db import postgresql  # noqa: PLC0415

                self.engine = postgresql.make_engine(self.url, _THREAD_CONNECTIONS)
                self._async_engine = postgresql.make_async_engine(self.url, _ASYNC_CONNECTIONS)
            else:
                self.engine = self._make_sqlite_engine()
            self.writers = CapacityLimiter(_WRITERS if self.is_postgresql else 1)
        except (ArgumentError, NoSuchModuleError, ValueError) as error:
            # Leave out the URL: it may contain a password.
            raise FatalError("ISSUES_DATABASE_URL is not a database URL.") from error

    @property
    def is_postgresql(self) -> bool:
        """Whether the database is PostgreSQL, whose queries run in another process."""
        return self.url.get_backend_name() == "postgresql"

    def _make_sqlite_engine(self) -> Engine:
        if self.url.database:
            # SQLite would create the file readable by others. The WAL inherits its mode.
            Path(self.url.database).touch(mode=0o600)
        engine = create_engine(self.url, hide_parameters=True)
        event.listen(engine, "connect", prepare_connection)
        event.listen(engine, "begin", begin_transaction)
        return engine

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a read transaction, whose queries all see the same state of the database."""
        options = _SNAPSHOT if self.is_postgresql else {}
        with self.engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    async def read_postgresql(
        self, function: Callable[[Connection], _Result], *, snapshot: bool
    ) -> _Result:
        """Return the result of a function that only reads, without a thread, on PostgreSQL.

        With ``snapshot``, all its queries see the same state of the database. Without, they need
        two round trips less.
        """
        assert self._async_engine
        async with self._async_engine.connect() as connection:
            if snapshot:
                await connection.execution_options(**_SNAPSHOT)
            return await connection.run_sync(function)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a write transaction. It commits to disk when the block ends without an error."""
        with self.engine.connect().execution_options(write=True) as connection, connection.begin():
            if self.is_postgresql:
                connection.exec_driver_sql(_LIMIT_IDLE_TIME)
            yield connection

    @property
    def directory(self) -> Path | None:
        """Directory of SQLite's files; None for other databases."""
        return Path(self.url.database).parent if self.is_sqlite_file and self.url.database else None

    @property
    def is_sqlite_file(self) -> bool:
        """Whether the database is a file of SQLite, on which `read_briefly` works."""
        return not self.is_postgresql and self.url.database is not None

    @contextmanager
    def read_briefly(self) -> Iterator[Connection]:
        """Open a read transaction on SQLite for the event loop.

        Raises SQLAlchemy's ``DBAPIError`` if a statement has not finished after `_BRIEF_SECONDS`,
        or if the database is locked. The connection is always the same: use it in one thread only.
        """
        if self._brief_connection is None:
            connection = self.engine.connect()
            driver_connection = connection.connection.driver_connection
            assert isinstance(driver_connection, sqlite3.Connection)
            driver_connection.execute("PRAGMA busy_timeout = 0")
            driver_connection.set_progress_handler(
                lambda: time.perf_counter() > self._brief_deadline, _STEPS_PER_CHECK
            )
            self._brief_connection = connection
        # The deadline is not for BEGIN and COMMIT: after an interrupted one, the connection would
        # stay in a transaction, and could begin no other.
        with self._brief_connection.begin():
            self._brief_deadline = time.perf_counter() + _BRIEF_SECONDS
            try:
                yield self._brief_connection
            finally:
                self._brief_deadline = math.inf

    def read_revision(self) -> str | None:
        """Return the revision of the schema; None if the database is empty."""
        with self.read() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            revision: str | None = connection.scalar(
                text("SELECT version_num FROM alembic_version")
            )
            return revision

    def migrate(self, revision: str = "head") -> None:
        """Migrate the schema. Raises `FatalError` with a line for the operator."""
        # Leave out the query of the URL: it may contain a password.
        shown_url = self.url.set(query={}).render_as_string(hide_password=True)
        revisions = sorted(file.name[:4] for file in MIGRATIONS.glob("versions/[0-9]*.py"))
        try:
            current = self.read_revision()
            if {current, revision} - {*revisions, None, "head"}:
                raise FatalError(
                    f"The database {shown_url} is from a newer version of this program: update the"
                    " program, or restore a backup from before that update."
                )
            if current != revisions[-1]:
                self._upgrade(revision)
        except DBAPIError as error:
            raise FatalError(
                f"Cannot use the database {shown_url}: {describe_error(error)}"
            ) from error

    def _upgrade(self, revision: str) -> None:
        # Imported here because Alembic loads slowly and most starts need no migration.
        import alembic.command  # noqa: PLC0415
        from alembic.config import Config  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self._schema_change() as connection:
            config.attributes["connection"] = connection
            alembic.command.upgrade(config, revision)

    @contextmanager
    def limit_response_time(self, seconds: float | None) -> Iterator[None]:
        """Limit the seconds that each response of PostgreSQL may take; None removes the limit."""
        if not self.is_postgresql:
            yield
            return
        # Imported here because only PostgreSQL needs psycopg.
        from issue_portal.server.db.postgresql import response_timeout  # noqa: PLC0415

        previous = response_timeout.set(seconds)
        try:
            yield
        finally:
            response_timeout.reset(previous)

    @contextmanager
    def _schema_change(self) -> Iterator[Connection]:
        options = {"write": True, "schema_change": True}
        with (
            self.limit_response_time(None),
            self.engine.connect().execution_options(**options) as connection,
        ):
            with connection.begin():
                if self.is_postgresql:
                    connection.execute(text("SET LOCAL statement_timeout = 0"))
                    connection.execute(text("SET LOCAL lock_timeout = 0"))
                    connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
                yield connection
                if (
                    not self.is_postgresql
                    and connection.exec_driver_sql("PRAGMA foreign_key_check").first()
                ):
                    raise FatalError(
                        "The database has rows that refer to missing rows. It was not migrated."
                    )
            # Foreign keys are off for this connection, so it must not return to the pool.
            connection.invalidate()

    def is_ready(self) -> bool:
        """Return whether the database answers, has a schema and accepts writes.

        A PostgreSQL standby does not accept writes. Checks at most once per second, because
        anybody can request ``/ready``.
        """
        # During a check, other callers get the previous result. Before the first result, they wait.
        if self._check_lock.acquire(timeout=_CHECK_TIMEOUT if self._checked_at == 0 else 0):
            try:
                self._checking_since = time.monotonic()
                if self._checking_since - self._checked_at > _CHECK_INTERVAL:
                    self._was_ready = self._check_ready()
                    self._checked_at = time.monotonic()
                return self._was_ready
            finally:
                self._check_lock.release()
        return self._was_ready and time.monotonic() - self._checking_since < _CHECK_TIMEOUT

    def _check_ready(self) -> bool:
        try:
            with self.limit_response_time(_CHECK_TIMEOUT):
                if self.is_postgresql:
                    with self.engine.connect() as connection:
                        if connection.scalar(text("SELECT pg_is_in_recovery()")):
                            return False
                return self.read_revision() is not None
        except DBAPIError:
            return False

    async def close_async(self) -> None:
        """Close every connection, those of `read_postgresql` included."""
        if self._async_engine:
            await self._async_engine.dispose()
        self.close()

    def close(self) -> None:
        """Close every connection that was opened without the event loop."""
        if self._brief_connection:
            self._brief_connection.close()
            self._brief_connection = None
        self.engine.dispose()
