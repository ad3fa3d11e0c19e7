"""Limits of concurrent operations and of operations per second. They delay callers.

Each limit counts in one process only.
"""

import asyncio
import time
from weakref import WeakValueDictionary


class ConcurrencyLimit:
    """Limits the concurrent operations of each key. Use it on one event loop only."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._semaphores: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    def get_semaphore(self, key: str) -> asyncio.Semaphore:
        """Return the semaphore of ``key``, which serves waiters in order."""
        semaphore = self._semaphores.get(key)
        if semaphore is None:
            semaphore = self._semaphores[key] = asyncio.Semaphore(self._limit)
        return semaphore


class TokenBucket:
    """A bucket of ``burst`` tokens that gains ``rate`` tokens a second."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = float(burst)
        self._filled_at = time.monotonic()

    def seconds_until_token(self) -> float:
        """Refill the bucket; return the seconds until a token is available, 0 if one is."""
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        return 0.0 if self._tokens >= 1 else (1 - self._tokens) / self._rate

    @property
    def is_full(self) -> bool:
        """Whether no tokens are missing."""
        return self.used <= 0

    @property
    def used(self) -> float:
        """Tokens that were taken and are not refilled yet."""
        self.seconds_until_token()  # Refills the bucket.
        return self._burst - self._tokens

    def take(self, count: float = 1) -> None:
        """Take tokens without waiting. The number of tokens can become negative."""
        self._tokens -= count


async def take_tokens(bucket: TokenBucket, count: float = 1) -> None:
    """Wait until the bucket has a token, and take ``count`` tokens. Callers are served in order."""
    delay = bucket.seconds_until_token()
    bucket.take(count)
    if delay:
        try:
            await asyncio.sleep(delay)
        except asyncio.CancelledError:
            bucket.take(-count)
            raise
