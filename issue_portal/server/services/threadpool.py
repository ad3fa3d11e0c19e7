"""The threads in which the API waits for its database."""

from collections.abc import Callable
from typing import Final, TypeVar, TypeVarTuple, Unpack

from anyio import CapacityLimiter, to_thread

from issue_portal.core.token_bucket import ConcurrencyLimit
from issue_portal.server.db.database import READERS

_Arguments = TypeVarTuple("_Arguments")
_Result = TypeVar("_Result")

# Not those that all share: they may be taken by who waits for the API in this process.
_THREADS: Final = CapacityLimiter(READERS)

_TURNS: Final = ConcurrencyLimit(2)
"""For each caller: however much one asks, there are threads for others."""


async def run_in_thread(
    function: Callable[[Unpack[_Arguments]], _Result], *arguments: *_Arguments, caller: str
) -> _Result:
    """What ``function`` returns, or raises, in a thread; ``of`` is who waits for it."""
    async with _TURNS.get_semaphore(caller):
        return await to_thread.run_sync(function, *arguments, limiter=_THREADS)
