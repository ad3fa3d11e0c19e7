"""The throttle of pages that rerun in a loop."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from components.ui import rerun_throttle


def test_page_that_reruns_in_a_loop_is_slowed_down_and_stopped(monkeypatch):
    """Regression: six tabs whose page redirected to itself blocked all pages."""
    delays = []
    monkeypatch.setattr(rerun_throttle.time, "sleep", delays.append)
    with ThreadPoolExecutor(1) as script_thread:
        for _ in range(10):
            script_thread.submit(rerun_throttle.throttle_reruns).result()
        assert sum(delays) == 0
        for _ in range(40):
            script_thread.submit(rerun_throttle.throttle_reruns).result()
        assert delays == sorted(delays)
        assert max(delays) == 1
        with pytest.raises(RuntimeError, match="started itself 50 times"):
            script_thread.submit(rerun_throttle.throttle_reruns).result()
    # A run in another thread is not delayed.
    with ThreadPoolExecutor(1) as script_thread:
        script_thread.submit(rerun_throttle.throttle_reruns).result()
    assert delays[-1] == 0
