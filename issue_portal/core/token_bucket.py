"""Turns: of what many want, each has only so much at once, or in a second."""

import asyncio
import time
from collections.abc import Mapping
from weakref import WeakValueDictionary


class ConcurrencyLimit:
    """So many at once for each, whoever that is. Use from one event loop only."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    def get_semaphore(self, name: str) -> asyncio.Semaphore:
        """What to hold meanwhile; the first who asks is the first to get it."""
        turn = self._turns.get(name)
        if turn is None:
            turn = self._turns[name] = asyncio.Semaphore(self._at_once)
        return turn


class TokenBucket:
    """A token bucket: holds ``burst`` tokens and gets ``rate`` new ones a second."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = float(burst)
        self._filled_at = time.monotonic()

    def seconds_until_token(self) -> float:
        """Seconds until there is a token; 0 if there is one."""
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        return 0.0 if self._tokens >= 1 else (1 - self._tokens) / self._rate

    @property
    def is_full(self) -> bool:
        """Whether nothing was taken lately."""
        return self.used <= 0

    @property
    def used(self) -> float:
        """Tokens that were taken and not filled up since."""
        self.seconds_until_token()
        return self._burst - self._tokens

    def take(self, count: float = 1) -> None:
        """Take tokens. One has to be there; the others may be owed."""
        self._tokens -= count


async def take_tokens(bucket: TokenBucket, count: float = 1) -> None:
    """Wait until the bucket has a token, and take ``count``: who asks first is first."""
    left = bucket.seconds_until_token()
    bucket.take(count)
    if left:
        try:
            await asyncio.sleep(left)
        except asyncio.CancelledError:
            bucket.take(-count)
            raise


def estimate_body_size(headers: Mapping[str, str], most: int) -> int:
    """Bytes of a request's body as its headers tell, ``most`` at most and if they do not tell."""
    if "transfer-encoding" in headers:
        return most
    length = headers.get("content-length", "")
    return min(int(length[:9]), most) if length.isdecimal() else 0
