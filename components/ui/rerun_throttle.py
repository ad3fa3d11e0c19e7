"""A brake for pages that rerun in a loop, so that they do not stop the portal for others."""

import threading
import time
from typing import Final

_UNTHROTTLED_RUNS: Final = 10
"""Runs in a row that are not slowed down: a page reruns itself twice at most."""

_MOST_RUNS: Final = 50

_thread = threading.local()


def throttle_reruns() -> None:
    """Slow down runs that follow each other without a pause, and end them at some point.

    Streamlit (1.67) runs what was requested meanwhile in the same thread, whether the page asked
    for it (`st.rerun`, `st.switch_page`) or a person presses keys faster than a slow server
    answers. It never reuses a thread, so the runs of a thread form one such chain.
    """
    runs = _thread.runs = getattr(_thread, "runs", 0) + 1
    if runs > _MOST_RUNS:
        raise RuntimeError(f"This page has started itself {_MOST_RUNS} times in a row.")
    time.sleep(min(1.0, 0.05 * max(0, runs - _UNTHROTTLED_RUNS)))
