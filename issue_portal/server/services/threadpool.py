"""Where database reads run: the event loop, or the threads in which the API waits."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar, TypeVarTuple, Unpack

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from issue_portal.core.token_bucket import ConcurrencyLimit
from issue_portal.server.db.database import Database

_Arguments = TypeVarTuple("_Arguments")
_Result = TypeVar("_Result")

_THREADS: Final = CapacityLimiter(30)
"""Not anyio's default threads: the portal may occupy all of those while it waits for the API."""

_THREADS_PER_CALLER: Final = ConcurrencyLimit(2)
"""Threads per caller, so that one busy caller leaves threads for others."""

QUERIES_PER_CALLER: Final = ConcurrencyLimit(4)
"""Simultaneous reads from PostgreSQL per caller, so that others get connections, too."""


async def run_in_thread(
    function: Callable[[Unpack[_Arguments]], _Result], *arguments: *_Arguments, caller: str
) -> _Result:
    """Run ``function`` in a thread and return its result; ``caller`` is the rate limit key."""
    async with _THREADS_PER_CALLER.get_semaphore(caller):
        return await to_thread.run_sync(function, *arguments, limiter=_THREADS)


@dataclass(frozen=True)
class Outcome(Generic[_Result]):
    """The result of a read."""

    value: _Result


def read_on_event_loop(
    database: Database, function: Callable[[Connection], _Result]
) -> Outcome[_Result] | None:
    """Run a function that only reads at once, if the database is SQLite.

    Returns None if the function must run in a thread: it takes long, or the database fails.
    """
    if not database.is_sqlite_file:
        return None
    try:
        with database.read_briefly() as connection:
            return Outcome(function(connection))
    except DBAPIError:
        return None
