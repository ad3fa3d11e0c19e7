"""Connections to PostgreSQL that do not wait for an answer for ever.

PostgreSQL itself ends a statement that takes too long, and the network tells of a machine that is
gone. If the machine is there and PostgreSQL stands still, as on a disk that hangs, nobody does.
"""

import time
from contextvars import ContextVar
from typing import Any, Final, TypeVar

from psycopg import Connection, OperationalError
from psycopg.abc import PQGen

_Answer = TypeVar("_Answer")

patience: Final[ContextVar[float | None]] = ContextVar("patience", default=25.0)
"""Seconds to wait for each answer, more than a statement may take; None is for ever."""


class PatientConnection(Connection[Any]):
    """A connection that is closed when an answer has not come within `patience`."""

    def wait(
        self, gen: PQGen[_Answer], interval: float = 0.1, timeout: float | None = None
    ) -> _Answer:
        """Wait for what was asked; raises `psycopg.OperationalError` if it does not come."""
        within = patience.get() if timeout is None else timeout
        begun = time.monotonic()
        try:
            return super().wait(gen, interval, within)
        except OperationalError as error:
            if within is None or timeout is not None or time.monotonic() - begun < within:
                raise
            self.pgconn.finish()
            raise OperationalError(f"no answer within {within:g} seconds") from error
