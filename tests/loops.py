"""Event loops for tests of asynchronous code."""

import asyncio
import math
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import Mock, patch

Story = Callable[[], Coroutine[Any, Any, Any]]

CLOCKS = ("issue_portal.core.token_bucket.time", "web.script_scheduler.time")
"""Modules of the code under test that read the clock; the loop's clock takes its place."""


class _VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Event loop whose clock jumps to the next timer as soon as nothing else is ready."""

    def __init__(self) -> None:
        super().__init__()
        self._seconds = 1000.0
        select = self._selector.select

        def select_at_once(timeout: float | None):
            if timeout is None:  # No timer: only a thread can wake the loop.
                events = select(60)
                assert events, "nothing will ever happen in this loop"
                return events
            events = select(0)
            if timeout and not events:
                later = math.nextafter(self._seconds, math.inf)
                self._seconds = max(self._seconds + timeout, later)
            return events

        self._selector.select = select_at_once

    def time(self) -> float:
        return self._seconds


def run_in_loop(story: Story) -> Any:
    """Run ``story`` in an event loop of its own, and return its result."""
    return _run(story, asyncio.new_event_loop)


def run_in_virtual_time(story: Story) -> Any:
    """Run ``story`` in a loop in which waiting takes no time; return its result.

    Timers fire in their order whatever the load of the machine. The story cannot wait for threads
    while a timer is pending.
    """

    def make_loop() -> asyncio.AbstractEventLoop:
        loop = _VirtualTimeLoop()
        clock.monotonic = loop.time
        return loop

    clock = Mock()
    with patch(CLOCKS[0], clock), patch(CLOCKS[1], clock):
        return _run(story, make_loop)


def _run(story: Story, make_loop: Callable[[], asyncio.AbstractEventLoop]) -> Any:
    def run() -> Any:
        with asyncio.Runner(loop_factory=make_loop) as runner:
            return runner.run(story())

    # In a thread, because Playwright keeps a loop running in the tests' own one.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()
