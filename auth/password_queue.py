"""A fair queue for password checks, each of which takes a core for a quarter of a second."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

WAIT_SECONDS: Final = 10.0
"""Seconds that a sign-in waits for its check."""


class _FairLock:
    """A first-in, first-out lock. `threading.Lock` goes to any waiting thread."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._is_locked = False

    def acquire(self, timeout: float) -> bool:
        """Wait at most ``timeout`` seconds for the lock; return whether the caller acquired it."""
        with self._guard:
            if not self._is_locked:
                self._is_locked = True
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
        """Pass the lock to the thread that has waited longest."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_locked = False


class PasswordChecks:
    """Runs password checks one at a time, and queues only one check per address.

    A flood of passwords from one address therefore does not delay sign-ins from others.
    """

    def __init__(self) -> None:
        self._checking = _FairLock()
        self._by_address: dict[str, tuple[_FairLock, int]] = {}
        self._guard = threading.Lock()

    @contextmanager
    def take_turn(self, address: str) -> Iterator[bool]:
        """Wait for a turn and keep it; yield False if it does not come within `WAIT_SECONDS`."""
        until = time.monotonic() + WAIT_SECONDS
        with self._guard:
            own, waiting = self._by_address.get(address, (_FairLock(), 0))
            self._by_address[address] = own, waiting + 1
        try:
            with (
                _acquire(own, until) as has_lock,
                _acquire(self._checking, until if has_lock else 0) as has_turn,
            ):
                yield has_lock and has_turn
        finally:
            with self._guard:
                own, waiting = self._by_address.pop(address)
                if waiting > 1:
                    self._by_address[address] = own, waiting - 1


@contextmanager
def _acquire(lock: _FairLock, until: float) -> Iterator[bool]:
    is_acquired = lock.acquire(timeout=max(0.0, until - time.monotonic()))
    try:
        yield is_acquired
    finally:
        if is_acquired:
            lock.release()


password_checks: Final = PasswordChecks()
