"""Event loops for tests of asynchronous code."""

import asyncio
import math
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import Mock, patch

CoroutineFunction = Callable[[], Coroutine[Any, Any, Any]]

CLOCKS = ("issue_portal.core.token_bucket.time", "web.script_scheduler.time")
"""Names under which `run_in_virtual_time` replaces the `time` module with the clock of its loop."""


class _VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Event loop whose clock jumps to the next timer as soon as nothing else is ready."""

    def __init__(self) -> None:
        super().__init__()
        self._seconds = 1000.0
        select = self._selector.select

        def select_at_once(timeout: float | None):
            if timeout is None:  # No timer: only a thread can wake the loop.
                events = select(60)
                assert events, "no timer is pending, and no thread woke the loop within 60 s"
                return events
            events = select(0)
            if timeout and not events:
                # Adding a tiny timeout may leave the float unchanged.
                next_float = math.nextafter(self._seconds, math.inf)
                self._seconds = max(self._seconds + timeout, next_float)
            return events

        self._selector.select = select_at_once

    def time(self) -> float:
        return self._seconds


def run_in_loop(function: CoroutineFunction) -> Any:
    """Run ``function`` in a new event loop and return its result."""
    return _run(function, asyncio.new_event_loop)


def run_in_virtual_time(function: CoroutineFunction) -> Any:
    """Run ``function`` in a new event loop whose clock skips all waits; return its result.

    Timers fire in order, however busy the machine is. While a timer is pending, ``function`` must
    not wait for a thread.
    """

    def make_loop() -> asyncio.AbstractEventLoop:
        loop = _VirtualTimeLoop()
        clock.monotonic = loop.time
        return loop

    clock = Mock()
    with patch(CLOCKS[0], clock), patch(CLOCKS[1], clock):
        return _run(function, make_loop)


def _run(function: CoroutineFunction, make_loop: Callable[[], asyncio.AbstractEventLoop]) -> Any:
    def run() -> Any:
        with asyncio.Runner(loop_factory=make_loop) as runner:
            return runner.run(function())

    # Playwright keeps an event loop running in the main thread, so this one needs another thread.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()
