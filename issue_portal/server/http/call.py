"""One call of the API: its caller, and database access within the caller's limits."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any, Final, TypeVar

import orjson
from anyio import to_thread
from fastapi import Depends, Request
from sqlalchemy import Connection
from starlette.responses import Response

from issue_portal.core.token_bucket import ConcurrencyLimit
from issue_portal.server.db.database import Database
from issue_portal.server.services.principal import Principal
from issue_portal.server.services.service import Service
from issue_portal.server.services.threadpool import (
    QUERIES_PER_CALLER,
    read_on_event_loop,
    run_in_thread,
)

_READS: Final = ConcurrencyLimit(1)
"""Limit of simultaneous threads that read, per caller."""

_WRITES: Final = ConcurrencyLimit(1)
"""Limit of simultaneous database writes per caller."""

_Result = TypeVar("_Result")


class ApiResponse(Response):
    """A JSON response."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Encode the content."""
        return orjson.dumps(content)


@dataclass(frozen=True)
class Call:
    """An authenticated call."""

    service: Service
    principal: Principal
    response_headers: dict[str, str] = field(default_factory=dict)
    """Headers to add to the response, errors included."""

    async def read(
        self,
        function: Callable[[Connection], _Result],
        *,
        is_slow: bool = False,
        snapshot: bool = True,
    ) -> _Result:
        """Return the result of a function that only reads.

        It runs on the event loop, because a thread takes longer than most reads. If it takes too
        long there, SQLite stops it, and it is repeated in a thread. With ``is_slow``, SQLite runs
        it in a thread at once. Without ``snapshot``, its queries may see different states of
        PostgreSQL.
        """
        database = self.service.database
        if database.is_postgresql:
            query = partial(database.read_postgresql, function, snapshot=snapshot)
            return await self._run_in_turn(partial(_measure_query, query), QUERIES_PER_CALLER)
        if not is_slow and (outcome := read_on_event_loop(database, function)):
            return outcome.value
        read = partial(_measure, partial(_read, database, function), time.thread_time)
        key = self.principal.rate_limit_key
        return await self._run_in_turn(partial(run_in_thread, read, caller=key), _READS)

    async def change(self, function: Callable[[], _Result]) -> _Result:
        """Run ``function`` in a thread that may write, one at a time per caller."""
        database = self.service.database
        # With PostgreSQL, this thread only waits, so its CPU time does not show the cost.
        clock = time.monotonic if database.is_postgresql else time.thread_time
        change = partial(_measure, function, clock)
        run = partial(to_thread.run_sync, change, limiter=database.writers)
        return await self._run_in_turn(run, _WRITES)

    async def count_changes(self, count: int = 1) -> None:
        """Count a POST that makes ``count`` changes like as many PUTs, and as a use of its token.

        `AuthenticationMiddleware` does not: to it, a POST may be an anonymous report.
        """
        self.service.token_usage.record(self.principal)
        limits = self.service.rate_limits
        await limits.delay_changes(self.principal, count)
        await limits.count_calls(self.principal, self.response_headers, count)

    async def _run_in_turn(
        self, run: Callable[[], Awaitable[tuple[_Result, float]]], limit: ConcurrencyLimit
    ) -> _Result:
        """Run an operation after the caller's earlier ones; charge its seconds to the caller."""
        limits = self.service.rate_limits
        async with limit.get_semaphore(self.principal.rate_limit_key):
            await limits.wait_until_within_limit(self.principal)
            result, seconds = await run()
            limits.charge_seconds(self.principal, seconds)
        return result


async def get_call(request: Request) -> Call:
    """Return the call of a request, which `AuthenticationMiddleware` has made."""
    call: Call = request.state.call
    return call


CallParameter = Annotated[Call, Depends(get_call)]


def _read(database: Database, function: Callable[[Connection], _Result]) -> _Result:
    with database.read() as connection:
        return function(connection)


def _measure(function: Callable[[], _Result], clock: Callable[[], float]) -> tuple[_Result, float]:
    """Return the result of ``function``, and the seconds that it took by ``clock``."""
    started = clock()
    return function(), clock() - started


async def _measure_query(query: Callable[[], Awaitable[_Result]]) -> tuple[_Result, float]:
    """Return the result of ``query``, and the seconds that it took."""
    started = time.monotonic()
    return await query(), time.monotonic() - started
