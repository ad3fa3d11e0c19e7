"""The throttle of pages that rerun without end."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from components.ui import rerun_throttle


def test_page_that_reruns_without_end_is_slowed_down_and_stopped(monkeypatch):
    """Regression: six tabs whose page redirected to itself blocked all pages."""
    slept = []
    monkeypatch.setattr(rerun_throttle.time, "sleep", slept.append)
    with ThreadPoolExecutor(1) as script:
        for _ in range(10):
            script.submit(rerun_throttle.throttle_reruns).result()
        assert sum(slept) == 0
        for _ in range(40):
            script.submit(rerun_throttle.throttle_reruns).result()
        assert slept == sorted(slept)
        assert max(slept) == 1
        with pytest.raises(RuntimeError, match="started itself 50 times"):
            script.submit(rerun_throttle.throttle_reruns).result()
    # Another script is not concerned.
    with ThreadPoolExecutor(1) as script:
        script.submit(rerun_throttle.throttle_reruns).result()
    assert slept[-1] == 0
