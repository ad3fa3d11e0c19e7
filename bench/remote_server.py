"""Measure how long a reviewer waits for an issue from a remote server that is far away."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, expect

from bench.chromium import launch_chromium
from bench.results import Row, percentile_95
from issue_portal.client.client import IssuesClient
from issue_portal.models.requests import NewIssue, ThreadConfig
from issue_portal.models.vocabulary import IssueType, ResourceType
from tests.servers import newer_api
from tests.servers.installation import make_portal_with_remote_api, make_variant_server

LATENCY = 150
"""Milliseconds that each call takes on the remote server."""

ROUNDS = 15
READABLE_SECONDS = 0.5
COMPLETE_SECONDS = 1.0
"""Targets for the time from the click on a row."""

_TEXT = ".st-key-opened .written"


def measure_rows() -> Iterator[Row]:
    """Measure the time from a click on a row of the queue until its issue is on screen."""
    readable, complete = [], []
    with _open_queue() as page:
        for number in range(ROUNDS + 1):
            row = page.locator("button[data-issue]").nth(number)
            text = row.locator(".text").inner_text()
            started = time.monotonic()
            row.click()
            expect(page.locator(_TEXT)).to_have_text(text)
            readable.append(time.monotonic() - started)
            app = page.get_by_test_id("stApp")
            expect(app).to_have_attribute("data-test-script-state", "notRunning")
            complete.append(time.monotonic() - started)
    name = f"remote server with {LATENCY} ms a call, an opened issue"
    # The first issue also waits while the portal learns what the server can do.
    for state, times, target in (
        ("readable", readable[1:], READABLE_SECONDS),
        ("complete", complete[1:], COMPLETE_SECONDS),
    ):
        row_name = f"{name} {state} in s (95th percentile)"
        yield Row.at_most(row_name, percentile_95(times), target, target=1)


@contextmanager
def _open_queue() -> Iterator[Page]:
    """Yield the review page of a portal whose issues are on a remote server."""
    with TemporaryDirectory() as directory:
        data_dir = Path(directory)
        with make_variant_server("newer", data_dir / "api", latency=LATENCY) as api:
            _add_issues(api.url)
            portal = make_portal_with_remote_api(
                api.url,
                data_dir / "data",
                token=newer_api.TOKEN,
                tokens={"reviewer": newer_api.TOKEN},
                ISSUES_ORG=newer_api.ORG,
            ).start()
            try:
                with launch_chromium() as browser:
                    page = browser.new_page()
                    page.goto(f"{portal.url}/review")
                    page.get_by_label("Username").fill("reviewer")
                    page.get_by_label("Password", exact=True).fill(portal.passwords["reviewer"])
                    page.get_by_role("button", name="Sign in", exact=True).click()
                    page.locator("button[data-issue]").first.wait_for()
                    yield page
            finally:
                portal.stop()


def _add_issues(url: str) -> None:
    config = ThreadConfig(thread_id="thread_1", reported_interaction_id="interaction_1")
    with IssuesClient(url, newer_api.TOKEN, org=newer_api.ORG) as client:
        for number in range(ROUNDS + 1):
            new = NewIssue(
                description=f"The travel policy was ignored, report {number}",
                resource_type=ResourceType.THREAD,
                type=IssueType.NO_CONTEXT_USED,
                anonymous=False,
                project_id=newer_api.PROJECT,
                config=config,
            )
            client.create(new)
