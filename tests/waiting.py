"""Waiting for a state of something outside the test, such as a server or a file."""

import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def wait_until(condition: Callable[[], Result], *, seconds: float = 60) -> Result:
    """Call ``condition`` until its result is true, and return that.

    Fails after ``seconds``, which only have to be enough for the slowest machine.
    """
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, f"not reached in {seconds} seconds"
        time.sleep(0.01)
    return result
