"""The threads in which the API waits for its database."""

from collections.abc import Callable
from typing import Final, TypeVar, TypeVarTuple, Unpack

from anyio import CapacityLimiter, to_thread

from issue_portal.core.token_bucket import ConcurrencyLimit
from issue_portal.server.db.database import READERS

_Arguments = TypeVarTuple("_Arguments")
_Result = TypeVar("_Result")

_THREADS: Final = CapacityLimiter(READERS)
"""Not anyio's default threads: the portal may occupy all of those while it waits for the API."""

_THREADS_PER_CALLER: Final = ConcurrencyLimit(2)
"""Threads per caller, so that one busy caller leaves threads for others."""


async def run_in_thread(
    function: Callable[[Unpack[_Arguments]], _Result], *arguments: *_Arguments, caller: str
) -> _Result:
    """Run ``function`` in a thread and return its result; ``caller`` is the rate limit key."""
    async with _THREADS_PER_CALLER.get_semaphore(caller):
        return await to_thread.run_sync(function, *arguments, limiter=_THREADS)
