"""A fair queue for password checks. Each check keeps a core busy for a quarter of a second."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

WAIT_SECONDS: Final = 10.0
"""Seconds that a sign-in waits for its turn, at most."""


class _FairLock:
    """A lock that threads acquire in the order of their calls, unlike a `threading.Lock`."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._is_locked = False

    def acquire(self, timeout: float) -> bool:
        """Wait at most ``timeout`` seconds for the lock; return whether the caller got it."""
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
        """Pass the lock to the thread that has waited longest, or unlock it if none waits."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_locked = False


class PasswordCheckQueue:
    """Lets password checks run one at a time.

    The checks of one address wait for each other before they enter the queue. A flood of passwords
    from one address therefore does not delay sign-ins from other addresses.
    """

    def __init__(self) -> None:
        self._check_lock = _FairLock()
        self._by_address: dict[str, tuple[_FairLock, int]] = {}
        """The lock of each address, and the number of its checks, waiting or running."""
        self._guard = threading.Lock()

    @contextmanager
    def take_turn(self, address: str) -> Iterator[bool]:
        """Wait for a turn and keep it during the ``with`` block.

        Yields whether the caller has the turn: False if none comes within `WAIT_SECONDS`.
        """
        deadline = time.monotonic() + WAIT_SECONDS
        with self._guard:
            address_lock, checks = self._by_address.get(address, (_FairLock(), 0))
            self._by_address[address] = address_lock, checks + 1
        try:
            with (
                _acquire(address_lock, deadline) as has_address_lock,
                _acquire(self._check_lock, deadline if has_address_lock else 0) as has_check_lock,
            ):
                yield has_address_lock and has_check_lock
        finally:
            with self._guard:
                address_lock, checks = self._by_address.pop(address)
                if checks > 1:
                    self._by_address[address] = address_lock, checks - 1


@contextmanager
def _acquire(lock: _FairLock, deadline: float) -> Iterator[bool]:
    is_acquired = lock.acquire(timeout=max(0.0, deadline - time.monotonic()))
    try:
        yield is_acquired
    finally:
        if is_acquired:
            lock.release()


password_check_queue: Final = PasswordCheckQueue()
