"""Slows down pages that rerun in a loop, so that the portal stays fast for other users."""

import threading
import time
from typing import Final

_UNTHROTTLED_RUNS: Final = 10
"""Runs in a row without a delay. A correct page reruns itself at most twice."""

_MAX_RUNS: Final = 50

_thread = threading.local()


def throttle_reruns() -> None:
    """Delay runs that follow each other without a pause; raise `RuntimeError` after 50 of them.

    If a run is requested during another run, Streamlit (1.67) starts it in the same thread. The
    page can request it (`st.rerun`, `st.switch_page`), or a person who types faster than a slow
    server responds. Streamlit uses a new thread for every other run, so counting the runs of a
    thread is enough.
    """
    runs = _thread.runs = getattr(_thread, "runs", 0) + 1
    if runs > _MAX_RUNS:
        raise RuntimeError(f"This page has started itself {_MAX_RUNS} times in a row.")
    time.sleep(min(1.0, 0.05 * max(0, runs - _UNTHROTTLED_RUNS)))
