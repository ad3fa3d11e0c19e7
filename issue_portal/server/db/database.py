"""The connection to the database: engine, transactions, and bringing the schema up to date."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from anyio import CapacityLimiter
from sqlalchemy import Connection, Engine, Select, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from issue_portal.core.settings import FatalError
from issue_portal.server.db.sqlite_lookup import SqliteLookup, Statement

MIGRATIONS = Path(__file__).parent / "migrations"

BUSY_TIMEOUT = 5.0
"""Seconds a writer waits for another one."""

CONNECT_TIMEOUT = 5
"""Seconds to wait for PostgreSQL to accept a connection."""

STATEMENT_TIMEOUT = 20.0
"""Seconds that PostgreSQL may work on one statement, but for changes of the schema."""

READERS = 30
"""Requests of one process that read at once."""

_WRITERS = 10
"""Transactions of one process that change something at once, on PostgreSQL."""

CONNECTIONS = READERS + _WRITERS
"""Most connections to PostgreSQL of one process."""

_END_IF_IDLE = "SET LOCAL idle_in_transaction_session_timeout = '3s'"
"""How long PostgreSQL waits for the next statement of a transaction that changes something.

If the process stands still, or its machine is gone, others wait for what it has locked.
"""

_CHECK_INTERVAL = 1.0
"""Seconds for which what `Database.is_current` has found is good."""

_CHECK_TIMEOUT = 5.0
"""Seconds after which a database that has not answered that question does not answer at all."""

_MIGRATION_LOCK = 7_245_309_118
"""PostgreSQL's advisory lock for migrations, so that replicas can start together."""


def describe_error(error: DBAPIError) -> str:
    """Why the database failed, in a line: not the whole error, which has the statement's values."""
    reason = " ".join(str(error.orig).split())
    # SQLite needs room even to read, for what its processes share.
    return f"{reason}. Is the disk full?" if reason == "disk I/O error" else reason


class Database:
    """An engine with explicit read and write transactions, on SQLite or PostgreSQL."""

    writers: CapacityLimiter
    """The threads in which requests change something, in the order in which they came.

    SQLite has one writer at a time, and of several that wait none is the first: with many changes
    of one person, another's report might wait for seconds.
    """

    def __init__(self, url: str) -> None:
        self._statements: dict[Select[Any], Statement] = {}
        self._looking = threading.Lock()
        self._looked_at = self._looking_since = 0.0
        self._was_current = False
        try:
            self.url = make_url(url)
            if self.url.drivername in ("postgres", "postgresql"):
                self.url = self.url.set(drivername="postgresql+psycopg")
            if self.url.get_backend_name() not in ("sqlite", "postgresql"):
                raise FatalError("ISSUES_DATABASE_URL: use sqlite:///… or postgresql://…")
            self.engine = self._postgresql() if self.is_postgresql else self._sqlite()
            self.writers = CapacityLimiter(_WRITERS if self.is_postgresql else 1)
            self._lookup = SqliteLookup(self.url.database or "")
        except (ArgumentError, NoSuchModuleError, ValueError) as error:
            # Without the URL, which may have a password in it.
            raise FatalError("ISSUES_DATABASE_URL is not a database URL.") from error

    @property
    def is_postgresql(self) -> bool:
        """Whether another process computes what is asked for."""
        return self.url.get_backend_name() == "postgresql"

    def _postgresql(self) -> Engine:
        from issue_portal.server.db.postgresql import PatientConnection  # noqa: PLC0415 - only needed here

        engine = create_engine(
            self.url,
            pool_size=10,
            max_overflow=CONNECTIONS - 10,
            pool_timeout=BUSY_TIMEOUT,
            # A connection that a restart of the database has cut is replaced unnoticed.
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": CONNECT_TIMEOUT,
                "options": f"-c lock_timeout={int(BUSY_TIMEOUT * 1000)}"
                f" -c statement_timeout={int(STATEMENT_TIMEOUT * 1000)}",
                # A database whose machine is gone without a word is noticed in half a minute.
                "keepalives_idle": 10,
                "keepalives_interval": 5,
                "keepalives_count": 4,
                "tcp_user_timeout": 30_000,
            },
            hide_parameters=True,
        )

        @event.listens_for(engine, "do_connect")
        def connect(_dialect: Any, _record: Any, _args: Any, options: Any) -> PatientConnection:
            return PatientConnection.connect(**options)

        return engine

    def _sqlite(self) -> Engine:
        if self.url.database:
            # Before SQLite creates it readable by others; its WAL takes over the mode.
            Path(self.url.database).touch(mode=0o600)
        engine = create_engine(self.url, hide_parameters=True)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database."""
        options: dict[str, Any] = {}
        if self.is_postgresql:
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self.engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is on disk when the block has ended without an error."""
        with self.engine.connect().execution_options(write=True) as connection, connection.begin():
            if self.is_postgresql:
                connection.exec_driver_sql(_END_IF_IDLE)
            yield connection

    @property
    def directory(self) -> Path | None:
        """Where SQLite's files are."""
        return Path(self.url.database).parent if self.is_quick and self.url.database else None

    @property
    def is_quick(self) -> bool:
        """Whether `first` and `version` take microseconds, so that an event loop may wait."""
        return not self.is_postgresql and self.url.database is not None

    def read_version(self) -> int | None:
        """Another number whenever anything was changed, by whomever; None if that is not known."""
        if not self.is_quick:
            return None
        with self._lookup as connection:
            return int(connection.execute("PRAGMA data_version").fetchone()[0])

    def fetch_first(self, query: Select[Any], **values: Any) -> Any:
        """The first row, whose columns are attributes, or None. Meant for one look-up by a key.

        ``query`` is to be the same object each time.
        """
        if not self.is_quick:
            with self.read() as connection:
                return connection.execute(query, values).first()
        statement = self._statements.get(query) or self._statements.setdefault(
            query, Statement(query)
        )
        with self._lookup as connection:
            value = connection.execute(
                statement.sql, [values[name] for name in statement.names]
            ).fetchone()
        return value and statement.row(*value)

    def read_revision(self) -> str | None:
        """The revision of the schema, or None if the database has none yet."""
        with self.read() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            value: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
            return value

    def migrate(self, revision: str = "head") -> None:
        """Bring the schema up to date; raises `FatalError` with a line for the operator."""
        # Without its query, where a password can be as well.
        where = self.url.set(query={}).render_as_string(hide_password=True)
        revisions = sorted(file.name[:4] for file in MIGRATIONS.glob("versions/[0-9]*.py"))
        try:
            current = self.read_revision()
            if {current, revision} - {*revisions, None, "head"}:
                raise FatalError(
                    f"The database {where} was made by a newer version of this program (or its"
                    " backup was): update the program, or restore a backup from before that update."
                )
            if current != revisions[-1]:
                self._upgrade(revision)
        except DBAPIError as error:
            raise FatalError(f"Cannot use the database {where}: {describe_error(error)}") from error

    def _upgrade(self, revision: str) -> None:
        # Only now: it takes its time, and most starts find nothing to do.
        import alembic.command  # noqa: PLC0415
        from alembic.config import Config  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self._schema_change() as connection:
            config.attributes["connection"] = connection
            alembic.command.upgrade(config, revision)

    @contextmanager
    def limit_answer_time(self, seconds: float | None) -> Iterator[None]:
        """Have each answer of PostgreSQL come within so many seconds, or whenever it comes."""
        if not self.is_postgresql:
            yield
            return
        from issue_portal.server.db.postgresql import patience  # noqa: PLC0415 - only needed here

        before = patience.set(seconds)
        try:
            yield
        finally:
            patience.reset(before)

    @contextmanager
    def _schema_change(self) -> Iterator[Connection]:
        options = {"write": True, "schema_change": True}
        with (
            self.limit_answer_time(None),
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
                    raise FatalError("The database has rows that refer to nothing: not changed.")
            # It does not check foreign keys, so it does not go back to the pool.
            connection.invalidate()

    def is_current(self) -> bool:
        """Whether the database answers, has a schema and takes changes (a standby does not).

        It is looked at once a second at most: anybody may ask, and as often as they like.
        """
        # Who comes while another one looks gets what was found before, if anything was.
        if self._looking.acquire(timeout=_CHECK_TIMEOUT if self._looked_at == 0 else 0):
            try:
                self._looking_since = time.monotonic()
                if self._looking_since - self._looked_at > _CHECK_INTERVAL:
                    self._was_current = self._check_current()
                    self._looked_at = time.monotonic()
                return self._was_current
            finally:
                self._looking.release()
        return self._was_current and time.monotonic() - self._looking_since < _CHECK_TIMEOUT

    def _check_current(self) -> bool:
        try:
            with self.limit_answer_time(_CHECK_TIMEOUT):
                if self.is_postgresql:
                    with self.engine.connect() as connection:
                        if connection.scalar(text("SELECT pg_is_in_recovery()")):
                            return False
                return self.read_revision() is not None
        except DBAPIError:
            return False

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()
        self._lookup.close()


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver's own implicit BEGIN would start writers as readers, which then fail to upgrade.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT * 1000)}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("schema_change", False):
        # Tables are rebuilt by copying, dropping and renaming; the check comes at the end.
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("write", False) else "BEGIN")
