"""Turns: of what many want, each has only so much at once."""

import asyncio
from weakref import WeakValueDictionary


class Turns:
    """So many at once for each, whoever that is. Use from one event loop only."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    def of(self, name: str) -> asyncio.Semaphore:
        """What to hold meanwhile; the first who asks is the first to get it."""
        turn = self._turns.get(name)
        if turn is None:
            turn = self._turns[name] = asyncio.Semaphore(self._at_once)
        return turn
