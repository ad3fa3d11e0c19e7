"""How often a caller may report and look up receipts.

Counts are kept for one window (a minute by default) in memory or in Redis, under a keyed hash of
the caller; those of anonymous reports in memory only. ``RateLimit`` headers follow the IETF's draft
of that name.
"""

import logging
import math
import secrets
import time
from dataclasses import dataclass

from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

from api.keys import Keys
from api.server.access import Principal
from api.server.problems import ProblemError
from api.settings import CannotStart, Settings

REDIS_TIMEOUT = 1.0
"""Seconds to wait for Redis before this process counts by itself."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rate:
    """So many calls of one kind in one window."""

    name: str
    item: RateLimitItem


class RateLimits:
    """The limits of one process, or with Redis of all replicas."""

    def __init__(self, settings: Settings, keys: Keys) -> None:
        self._keys = keys
        self._off = settings.rate_limits == "off"
        self._quiet_until = 0.0
        self._salt = secrets.token_bytes(32)
        self._memory = FixedWindowRateLimiter(MemoryStorage())
        self._shared = self._memory
        if settings.rate_limits not in ("memory", "off"):
            try:
                storage = storage_from_string(
                    settings.rate_limits,
                    wrap_exceptions=True,
                    socket_connect_timeout=REDIS_TIMEOUT,
                    socket_timeout=REDIS_TIMEOUT,
                )
            except Exception as error:
                raise CannotStart(
                    "ISSUES_RATE_LIMITS: use memory, off, or redis://host:6379"
                ) from error
            self._shared = FixedWindowRateLimiter(storage)
        self._create = _rate("create", "ISSUES_LIMIT_CREATE", settings.limit_create)
        self._visitor = _rate(
            "create", "ISSUES_LIMIT_CREATE_VISITOR", settings.limit_create_visitor
        )
        self._receipt = _rate("receipt", "ISSUES_LIMIT_RECEIPT", settings.limit_receipt)

    def count_create(self, who: Principal, *, anonymous: bool) -> dict[str, str]:
        """Count a report; the headers for its answer, or a 429 problem.

        An anonymous one is counted in the memory of this process only: no record of it, however
        well hashed, goes to where somebody could keep it.
        """
        return self._count(
            self._visitor if who.is_guest else self._create, who, shared=not anonymous
        )

    def count_receipt(self, who: Principal) -> dict[str, str]:
        """Count a look-up; the headers for its answer, or a 429 problem."""
        return self._count(self._receipt, who, shared=True)

    def _count(self, rate: Rate, who: Principal, *, shared: bool) -> dict[str, str]:
        if self._off:
            return {}
        if not shared:
            salted = self._keys.hash("rate-limit", self._salt, who.limited_as).hex()[:32]
            return _headers(rate, *_hit(self._memory, rate, salted))
        caller = self._keys.hash("rate-limit", rate.name, who.limited_as).hex()[:32]
        try:
            hit = _hit(self._shared, rate, caller)
        except StorageError as error:
            if time.monotonic() > self._quiet_until:
                self._quiet_until = time.monotonic() + 60
                log.warning("rate limits: counting in this process only: %s", error.storage_error)
            hit = _hit(self._memory, rate, caller)
        return _headers(rate, *hit)


def _headers(rate: Rate, allowed: bool, left: int, seconds: int) -> dict[str, str]:
    headers = {
        "RateLimit-Policy": f'"{rate.name}";q={rate.item.amount};w={rate.item.get_expiry()}',
        "RateLimit": f'"{rate.name}";r={left};t={seconds}',
    }
    if not allowed:
        raise ProblemError(
            429,
            f"Too many requests: try again in {seconds} seconds.",
            headers=headers | {"Retry-After": str(seconds)},
        )
    return headers


def _hit(limiter: FixedWindowRateLimiter, rate: Rate, caller: str) -> tuple[bool, int, int]:
    """Whether one more is allowed, how many are left, and the seconds until all are again."""
    allowed = limiter.hit(rate.item, rate.name, caller)
    stats = limiter.get_window_stats(rate.item, rate.name, caller)
    return allowed, stats.remaining, max(1, math.ceil(stats.reset_time - time.time()))


def _rate(name: str, setting: str, text: str) -> Rate:
    try:
        item = parse(text)
    except ValueError:
        item = None
    if item is None or item.amount < 1:
        raise CannotStart(f"{setting}: write a number and a time, such as 60/minute.")
    return Rate(name, item)
