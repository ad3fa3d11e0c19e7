"""How often something happened in a window of time, counted here or for all processes in Redis."""

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
"""Seconds to wait for Redis before this process counts by itself."""

_AWAY_SECONDS = 10.0
"""Time in which it is not asked again then: others would wait as long, one after the other."""

Result = TypeVar("Result")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limit:
    """So many times of one kind in one window."""

    name: str
    item: RateLimitItem

    @classmethod
    def parse(cls, name: str, setting: str, text: str) -> "Limit":
        """The limit called ``name`` from the text of a setting; raises `FatalError`."""
        try:
            item = parse_limit(text)
        except ValueError:
            item = None
        if item is None or item.amount < 1:
            raise FatalError(f"{setting}: write a number and a time, such as 60/minute.")
        return cls(name, item)

    def with_amount(self, amount: int) -> "Limit":
        """The same with another number."""
        kind = type(self.item)
        return Limit(self.name, kind(amount, self.item.multiples, self.item.namespace))


@dataclass(frozen=True)
class LimitState:
    """Whether there was one left, how many are left, and the seconds until all are again."""

    allowed: bool
    left: int
    seconds: int


class RateLimiter:
    """The counters of this process, or with Redis of all; ``is_off`` if nothing is limited."""

    def __init__(self, settings: Settings) -> None:
        location = settings.rate_limits
        self.is_off = location == "off"
        self._quiet_until = self._away_until = 0.0
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
        """Whether counting waits for a network."""
        return self._shared is not self._memory

    def take(self, limit: Limit, key: str, *, cost: int = 1, shared: bool = True) -> LimitState:
        """Count one more of ``who``, or ``cost``, though never more than the limit has in all.

        Not ``shared``: in the memory of this process only.
        """
        cost = min(cost, limit.item.amount)
        return self._count(
            lambda limiter: limiter.hit(limit.item, limit.name, key, cost=cost), limit, key, shared
        )

    def peek(self, limit: Limit, key: str) -> LimitState:
        """What is left for ``who``."""
        return self._count(
            lambda limiter: limiter.test(limit.item, limit.name, key), limit, key, True
        )

    def reset(self, limit: Limit, key: str) -> None:
        """Begin anew for ``who``."""
        self._do(lambda limiter: limiter.clear(limit.item, limit.name, key), shared=True)

    def _count(
        self,
        act: Callable[[FixedWindowRateLimiter], bool],
        limit: Limit,
        key: str,
        shared: bool,
    ) -> LimitState:
        def count(limiter: FixedWindowRateLimiter) -> LimitState:
            allowed = act(limiter)
            stats = limiter.get_window_stats(limit.item, limit.name, key)
            seconds = max(1, math.ceil(stats.reset_time - time.time()))
            return LimitState(allowed, stats.remaining, seconds)

        return self._do(count, shared=shared)

    def _do(self, act: Callable[[FixedWindowRateLimiter], Result], *, shared: bool) -> Result:
        if not shared or time.monotonic() < self._away_until:
            return act(self._memory)
        try:
            return act(self._shared)
        except StorageError as error:
            self._away_until = time.monotonic() + _AWAY_SECONDS
            if time.monotonic() > self._quiet_until:
                self._quiet_until = time.monotonic() + 60
                log.warning("rate limits: counting in this process only: %s", error.storage_error)
            return act(self._memory)
