"""Connections to PostgreSQL that do not wait for ever.

The timeouts of PostgreSQL and TCP do not apply to a server that hangs, for example on its disk.
"""

import time
from contextvars import ContextVar
from typing import Any, Final, TypeVar

from psycopg import Connection, OperationalError
from psycopg.abc import PQGen

_Response = TypeVar("_Response")

patience: Final[ContextVar[float | None]] = ContextVar("patience", default=25.0)
"""Seconds to wait for each response, more than a statement may take; None waits for ever."""


class PatientConnection(Connection[Any]):
    """A connection that closes when a response takes longer than `patience`."""

    def wait(
        self, gen: PQGen[_Response], interval: float = 0.1, timeout: float | None = None
    ) -> _Response:
        """Wait for a response. Raises `psycopg.OperationalError` if it takes too long."""
        limit = patience.get() if timeout is None else timeout
        started = time.monotonic()
        try:
            return super().wait(gen, interval, limit)
        except OperationalError as error:
            if limit is None or timeout is not None or time.monotonic() - started < limit:
                raise
            self.pgconn.finish()
            raise OperationalError(f"no response within {limit:g} seconds") from error
