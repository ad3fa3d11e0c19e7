"""Slow down pages that rerun in a loop, so that they do not stop the portal for others."""

import threading
import time
from typing import Final

_UNTHROTTLED_RUNS: Final = 10
"""Runs in a row that are not slowed down: a page reruns itself twice at most."""

_MOST_RUNS: Final = 50

_thread = threading.local()


def throttle_reruns() -> None:
    """Slow down runs that follow each other without a pause, and stop after 50 of them.

    Streamlit (1.67) uses one thread for runs that were requested during the run before, by the
    page (`st.rerun`, `st.switch_page`) or by a person who presses keys faster than a slow server
    answers. It never reuses a thread, so the runs of a thread form one such chain.
    """
    runs = _thread.runs = getattr(_thread, "runs", 0) + 1
    if runs > _MOST_RUNS:
        raise RuntimeError(f"This page has started itself {_MOST_RUNS} times in a row.")
    time.sleep(min(1.0, 0.05 * max(0, runs - _UNTHROTTLED_RUNS)))
