"""An event loop of a test's own."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def in_a_loop(story: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """What ``story`` returns, run in a thread of its own: Playwright may have its loop in this."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(story())).result()
