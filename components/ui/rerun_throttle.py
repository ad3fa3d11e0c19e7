"""Keeps a page that starts itself over and over from stopping the portal for others."""

import threading
import time
from typing import Final

_FEW: Final = 10
"""Runs in a row without a pause for the one who is there: pages start themselves twice at most."""

_MOST: Final = 50

_here = threading.local()


def slow_down() -> None:
    """Called by each run: has those wait that follow many others at once, and ends them in time.

    Streamlit (1.67) runs what is asked for meanwhile in the same thread, whether the page has asked
    for it (`st.rerun`, `st.switch_page`) or somebody who presses a key faster than a slow server
    answers. Threads are not used again.
    """
    runs = _here.runs = getattr(_here, "runs", 0) + 1
    if runs > _MOST:
        raise RuntimeError(f"This page has started itself {_MOST} times in a row.")
    time.sleep(min(1.0, 0.05 * max(0, runs - _FEW)))
