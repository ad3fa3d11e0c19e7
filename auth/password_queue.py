"""Turns for checking passwords: each check takes a core for a quarter of a second."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

WAIT_SECONDS: Final = 10.0
"""Seconds that a password waits to be checked."""


class _FairLock:
    """A lock that whoever waits longest gets; Python's own goes to whoever comes at the moment."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._is_held = False

    def acquire(self, timeout: float) -> bool:
        """Wait so many seconds at most; returns whether it is held now."""
        with self._guard:
            if not self._is_held:
                self._is_held = True
                return True
            turn = threading.Event()
            self._waiting.append(turn)
        if turn.wait(timeout):
            return True
        with self._guard:
            if turn.is_set():
                return True
            self._waiting.remove(turn)
            return False

    def release(self) -> None:
        """Give it to the next."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_held = False


class PasswordChecks:
    """Checks of passwords, one at a time: each takes a core for a quarter of a second.

    Each address has one check that waits for its turn; its others wait for that one. So those who
    send many passwords from one address keep nobody elsewhere from signing in.
    """

    def __init__(self) -> None:
        self._checking = _FairLock()
        self._by_address: dict[str, tuple[_FairLock, int]] = {}
        self._guard = threading.Lock()

    @contextmanager
    def turn(self, address: str) -> Iterator[bool]:
        """Wait for a turn, and hold it; False if it has not come within `WAIT_SECONDS`."""
        until = time.monotonic() + WAIT_SECONDS
        with self._guard:
            own, waiting = self._by_address.get(address, (_FairLock(), 0))
            self._by_address[address] = own, waiting + 1
        try:
            with _hold(own, until) as first, _hold(self._checking, until if first else 0) as on:
                yield first and on
        finally:
            with self._guard:
                own, waiting = self._by_address.pop(address)
                if waiting > 1:
                    self._by_address[address] = own, waiting - 1


@contextmanager
def _hold(lock: _FairLock, until: float) -> Iterator[bool]:
    held = lock.acquire(timeout=max(0.0, until - time.monotonic()))
    try:
        yield held
    finally:
        if held:
            lock.release()


password_checks: Final = PasswordChecks()
