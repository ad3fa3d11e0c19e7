"""Engines for PostgreSQL, with connections that do not wait for ever.

If the server's disk hangs, the server does not apply its timeouts, and TCP reports no failure.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, TypeVar

from psycopg import AsyncConnection, Connection, Error, OperationalError
from psycopg.abc import PQGen
from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

_Response = TypeVar("_Response")

CONNECT_TIMEOUT = 5
"""Seconds to wait for PostgreSQL to accept a connection."""

LOCK_TIMEOUT = 5
"""Seconds to wait for a lock of another writer, and for a free connection."""

STATEMENT_TIMEOUT = 20
"""Seconds after which PostgreSQL cancels a statement, except a schema change."""

_CHECK_AFTER = 1.0
"""Seconds without use after which a connection is tested before its next use."""

response_timeout: Final[ContextVar[float | None]] = ContextVar("response_timeout", default=25.0)
"""Seconds to wait for each response; None for no limit. Longer than `STATEMENT_TIMEOUT`."""


def make_engine(url: URL, connections: int) -> Engine:
    """Return an engine for threads, with at most this number of connections."""
    engine = create_engine(url, **_make_options(connections))

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, _args: Any, options: Any) -> Connection[Any]:
        return _TimeoutConnection.connect(**options)

    _replace_closed_connections(engine)
    return engine


def make_async_engine(url: URL, connections: int) -> AsyncEngine:
    """Return an engine for reads on the event loop. By default, it begins no transactions."""
    options = _make_options(connections)
    options["connect_args"]["async_creator_fn"] = _AsyncTimeoutConnection.connect
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT", **options)
    _replace_closed_connections(engine.sync_engine)
    return engine


def _make_options(connections: int) -> dict[str, Any]:
    return {
        "pool_size": 10,
        "max_overflow": connections - 10,
        "pool_timeout": LOCK_TIMEOUT,
        "connect_args": {
            "connect_timeout": CONNECT_TIMEOUT,
            "options": f"-c lock_timeout={LOCK_TIMEOUT * 1000}"
            f" -c statement_timeout={STATEMENT_TIMEOUT * 1000}",
            # Detect within half a minute that the database's machine has failed.
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 4,
            "tcp_user_timeout": 30_000,
        },
        "hide_parameters": True,
    }


def _replace_closed_connections(engine: Engine) -> None:
    """Replace connections that a restart of the database has closed.

    Like ``pool_pre_ping``, but without a test of connections in constant use, which takes 6 % of
    the time of a list.
    """

    @event.listens_for(engine, "checkin")
    def note_time(_connection: Any, record: Any) -> None:
        record.info["used_at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def check(connection: Any, record: Any, _proxy: Any) -> None:
        used_at = record.info.get("used_at")
        if used_at is None or time.monotonic() - used_at < _CHECK_AFTER:
            return
        try:
            engine.dialect.do_ping(connection)
        except Error as error:
            raise InvalidatePoolError() from error


class _TimeoutConnection(Connection[Any]):
    """A connection that closes when a response takes longer than `response_timeout`."""

    def wait(
        self, gen: PQGen[_Response], interval: float = 0.1, timeout: float | None = None
    ) -> _Response:
        """Wait for a response. Raises `psycopg.OperationalError` after `response_timeout`.

        If psycopg passes a ``timeout``, that applies instead, and the connection stays open.
        """
        with _close_if_late(self, timeout) as limit:
            return super().wait(gen, interval, limit)


class _AsyncTimeoutConnection(AsyncConnection[Any]):
    """Like `_TimeoutConnection`, for the event loop."""

    async def wait(
        self, gen: PQGen[_Response], interval: float = 0.1, timeout: float | None = None
    ) -> _Response:
        """Wait for a response, like `_TimeoutConnection.wait`."""
        with _close_if_late(self, timeout) as limit:
            return await super().wait(gen, interval, limit)


@contextmanager
def _close_if_late(
    connection: Connection[Any] | AsyncConnection[Any], timeout: float | None
) -> Iterator[float | None]:
    limit = response_timeout.get() if timeout is None else timeout
    started = time.monotonic()
    try:
        yield limit
    except OperationalError as error:
        if limit is None or timeout is not None or time.monotonic() - started < limit:
            raise
        connection.pgconn.finish()
        raise OperationalError(f"no response within {limit:g} seconds") from error
