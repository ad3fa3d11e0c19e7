"""Connections to PostgreSQL that do not wait for ever.

If the server's disk hangs, the server does not apply its timeouts, and TCP reports no failure.
"""

import time
from contextvars import ContextVar
from typing import Any, Final, TypeVar

from psycopg import Connection, OperationalError
from psycopg.abc import PQGen

_Response = TypeVar("_Response")

response_timeout: Final[ContextVar[float | None]] = ContextVar("response_timeout", default=25.0)
"""Seconds to wait for each response; None for no limit. Longer than `STATEMENT_TIMEOUT`."""


class TimeoutConnection(Connection[Any]):
    """A connection that closes when a response takes longer than `response_timeout`."""

    def wait(
        self, gen: PQGen[_Response], interval: float = 0.1, timeout: float | None = None
    ) -> _Response:
        """Wait for a response. Raises `psycopg.OperationalError` after `response_timeout`.

        If psycopg passes a ``timeout``, that applies instead, and the connection stays open.
        """
        limit = response_timeout.get() if timeout is None else timeout
        started = time.monotonic()
        try:
            return super().wait(gen, interval, limit)
        except OperationalError as error:
            if limit is None or timeout is not None or time.monotonic() - started < limit:
                raise
            self.pgconn.finish()
            raise OperationalError(f"no response within {limit:g} seconds") from error
