"""Measure how long a reviewer waits for an issue from a remote server that is far away."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page

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

_WATCH_ISSUE = """() => {
  const readText = () => document.querySelector(".st-key-opened .written")?.innerText;
  const isRunning = () => !document.querySelector("[data-test-script-state=notRunning]");
  const before = readText();
  window.opened = new Promise((resolve) => {
    const onPress = ({ timeStamp }) => {
      let readable;
      const check = (now) => {
        if (readable === undefined && (readText() ?? before) !== before) readable = now - timeStamp;
        if (readable === undefined || isRunning()) requestAnimationFrame(check);
        else resolve([readable, now - timeStamp]);
      };
      check(timeStamp);
    };
    window.addEventListener("pointerdown", onPress, { capture: true, once: true });
  });
}"""
"""Script that times the next click: the promise ``window.opened`` resolves to the milliseconds
until the text of another issue is on screen, and until the page is complete.
"""


def measure_rows() -> Iterator[Row]:
    """Measure the time from a click on a row of the queue until its issue is on screen."""
    times = []
    with _open_queue() as page:
        for number in range(ROUNDS + 1):
            page.evaluate(_WATCH_ISSUE)
            page.locator("button[data-issue]").nth(number).click()
            times.append(page.evaluate("() => window.opened"))
            page.wait_for_timeout(300)
    # The first issue also waits while the portal learns what the server can do.
    readable, complete = zip(*times[1:], strict=True)
    name = f"remote server with {LATENCY} ms a call, an opened issue"
    for state, milliseconds, target in (
        ("readable", readable, READABLE_SECONDS),
        ("complete", complete, COMPLETE_SECONDS),
    ):
        seconds = percentile_95([each / 1000 for each in milliseconds])
        row_name = f"{name} {state} in s (95th percentile)"
        yield Row.at_most(row_name, seconds, target, target=1)


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
                ISSUES_POLL_SECONDS="10",
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
