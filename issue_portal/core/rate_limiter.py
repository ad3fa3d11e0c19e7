"""Named limits of events per time window, counted in this process or, for replicas, in Redis."""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from limits import RateLimitItem
from limits import parse as parse_limit
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

from issue_portal.core.settings import FatalError, Settings

REDIS_TIMEOUT = 1.0
"""Seconds to wait for Redis before counting in this process."""

_OUTAGE_SECONDS = 10.0
"""Seconds for which Redis is not tried after a failure: each attempt could last `REDIS_TIMEOUT`."""

_WARNING_INTERVAL = 60.0
"""Seconds between log lines about a failure of Redis."""

Result = TypeVar("Result")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limit:
    """A number of events that are allowed in a time window."""

    name: str
    item: RateLimitItem

    @classmethod
    def parse(cls, name: str, setting: str, text: str) -> "Limit":
        """Read the limit ``name`` from a setting's text. Raises `FatalError`."""
        try:
            item = parse_limit(text)
        except ValueError:
            item = None
        if item is None or item.amount < 1:
            raise FatalError(f"{setting}: write a number and a time, such as 60/minute.")
        return cls(name, item)

    def with_amount(self, amount: int) -> "Limit":
        """Return the same limit with another number of events."""
        item_type = type(self.item)
        return Limit(self.name, item_type(amount, self.item.multiples, self.item.namespace))


@dataclass(frozen=True)
class LimitState:
    """State of a limit: ``left`` events remain until the window ends in ``seconds``."""

    allowed: bool
    left: int
    seconds: int


class RateLimiter:
    """Counts events in this process or in Redis.

    Counts even if ``is_off``: callers must check that, and then limit nothing.
    """

    def __init__(self, settings: Settings) -> None:
        location = settings.rate_limits
        self.is_off = location == "off"
        self._warned_until = self._outage_until = 0.0
        self._memory = FixedWindowRateLimiter(MemoryStorage())
        self._shared = self._memory
        if location in ("memory", "off"):
            return
        try:
            storage = storage_from_string(
                location,
                wrap_exceptions=True,
                socket_connect_timeout=REDIS_TIMEOUT,
                socket_timeout=REDIS_TIMEOUT,
            )
        except Exception as error:
            raise FatalError("ISSUES_RATE_LIMITS: use memory, off, or redis://host:6379") from error
        self._shared = FixedWindowRateLimiter(storage)

    @property
    def is_remote(self) -> bool:
        """Whether counting waits for the network."""
        return self._shared is not self._memory

    def take(self, limit: Limit, key: str, *, cost: int = 1, shared: bool = True) -> LimitState:
        """Count ``cost`` events of ``key``; a cost above the limit counts as the whole limit.

        Without ``shared``, counts in the memory of this process only.
        """
        cost = min(cost, limit.item.amount)
        return self._count(
            lambda limiter: limiter.hit(limit.item, limit.name, key, cost=cost), limit, key, shared
        )

    def peek(self, limit: Limit, key: str) -> LimitState:
        """Return the state of the limit for ``key`` without counting."""
        return self._count(
            lambda limiter: limiter.test(limit.item, limit.name, key), limit, key, True
        )

    def reset(self, limit: Limit, key: str) -> None:
        """Clear the count of ``key``."""
        self._run(lambda limiter: limiter.clear(limit.item, limit.name, key), shared=True)

    def _count(
        self,
        operation: Callable[[FixedWindowRateLimiter], bool],
        limit: Limit,
        key: str,
        shared: bool,
    ) -> LimitState:
        def count(limiter: FixedWindowRateLimiter) -> LimitState:
            allowed = operation(limiter)
            stats = limiter.get_window_stats(limit.item, limit.name, key)
            seconds = max(1, math.ceil(stats.reset_time - time.time()))
            return LimitState(allowed, stats.remaining, seconds)

        return self._run(count, shared=shared)

    def _run(
        self, operation: Callable[[FixedWindowRateLimiter], Result], *, shared: bool
    ) -> Result:
        if not shared or time.monotonic() < self._outage_until:
            return operation(self._memory)
        try:
            return operation(self._shared)
        except StorageError as error:
            self._outage_until = time.monotonic() + _OUTAGE_SECONDS
            if time.monotonic() > self._warned_until:
                self._warned_until = time.monotonic() + _WARNING_INTERVAL
                log.warning("rate limits are counted in this process only: %s", error.storage_error)
            return operation(self._memory)
