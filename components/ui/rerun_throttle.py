"""Keeps a page that starts itself over and over from stopping the portal for others."""

import threading
import time
from typing import Final

_UNTHROTTLED_RUNS: Final = 10
"""Runs in a row without a pause for the one who is there: pages start themselves twice at most."""

_MOST_RUNS: Final = 50

_thread = threading.local()


def throttle_reruns() -> None:
    """Called by each run: has those wait that follow many others at once, and ends them in time.

    Streamlit (1.67) runs what is asked for meanwhile in the same thread, whether the page has asked
    for it (`st.rerun`, `st.switch_page`) or somebody who presses a key faster than a slow server
    answers. Threads are not used again.
    """
    runs = _thread.runs = getattr(_thread, "runs", 0) + 1
    if runs > _MOST_RUNS:
        raise RuntimeError(f"This page has started itself {_MOST_RUNS} times in a row.")
    time.sleep(min(1.0, 0.05 * max(0, runs - _UNTHROTTLED_RUNS)))
