"""Wait for a state outside the test, such as that of a server or a file."""

import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def wait_until(condition: Callable[[], Result], *, seconds: float = 60) -> Result:
    """Call ``condition`` until its result is true, and return the result.

    Fails after ``seconds``. Choose enough for the slowest machine: this function returns as soon
    as the result is true.
    """
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, f"not reached in {seconds} seconds"
        time.sleep(0.01)
    return result
