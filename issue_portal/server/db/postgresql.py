"""Connections to PostgreSQL that give up waiting for an answer.

PostgreSQL's own timeouts and the network do not cover a server that hangs, as on a stuck disk.
"""

import time
from contextvars import ContextVar
from typing import Any, Final, TypeVar

from psycopg import Connection, OperationalError
from psycopg.abc import PQGen

_Answer = TypeVar("_Answer")

patience: Final[ContextVar[float | None]] = ContextVar("patience", default=25.0)
"""Seconds to wait for each answer, more than a statement may take; None waits for ever."""


class PatientConnection(Connection[Any]):
    """A connection that closes when an answer takes longer than `patience`."""

    def wait(
        self, gen: PQGen[_Answer], interval: float = 0.1, timeout: float | None = None
    ) -> _Answer:
        """Wait for an answer. Raises `psycopg.OperationalError` if it takes too long."""
        within = patience.get() if timeout is None else timeout
        begun = time.monotonic()
        try:
            return super().wait(gen, interval, within)
        except OperationalError as error:
            if within is None or timeout is not None or time.monotonic() - begun < within:
                raise
            self.pgconn.finish()
            raise OperationalError(f"no answer within {within:g} seconds") from error
