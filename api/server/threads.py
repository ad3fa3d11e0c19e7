"""The threads in which the API waits for its database."""

from collections.abc import Callable
from typing import Final, TypeVar, TypeVarTuple, Unpack

from anyio import CapacityLimiter, to_thread

_Arguments = TypeVarTuple("_Arguments")
_Result = TypeVar("_Result")

# Not those that all share: they may be taken by who waits for the API in this process.
_THREADS: Final = CapacityLimiter(40)


async def in_thread(
    do: Callable[[Unpack[_Arguments]], _Result], *arguments: *_Arguments
) -> _Result:
    """What ``do`` returns, or raises, in a thread."""
    return await to_thread.run_sync(do, *arguments, limiter=_THREADS)
