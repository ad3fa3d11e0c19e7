"""The browser that the benchmarks measure."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.servers.processes import find_chromium


@contextmanager
def launch_chromium() -> Iterator[Browser]:
    """Run Chromium while the ``with`` block runs."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()
