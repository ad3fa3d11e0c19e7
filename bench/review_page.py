"""Measure the review page: script runs, clicks, and the processor time of an open page."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from playwright.sync_api import Browser, Page

from bench import processes
from bench.chromium import launch_chromium
from bench.results import Row, percentile_95
from bench.streamlit_session import Session
from tests.servers.processes import ServerProcess

FEW_ISSUES, MANY_ISSUES = 100, 100_000
ROUNDS = 15
CLICK_SECONDS = 0.25
"""Target for the time from a click to its confirmed result."""

SEEN_SECONDS = 0.1
"""Target for the time from a click until the list shows it, before the server has confirmed it."""

IDLE_SECONDS = 30
IDLE_PAGES = 10
"""Open pages at once, because the load without a page varies by more than a page takes."""

IDLE_MILLISECONDS = 2.0
"""Target for the processor time per second that an open, idle review page takes."""

OPENED_HEADING = ".st-key-opened h3"
OPENED_ISSUE = ".st-key-opened"
LIST = ".st-key-queue [data-testid=stBidiComponentIsolated]"
_WATCH_TEXT = """(selector) => {
  const readText = () => {
    const element = document.querySelector(selector);
    return (element?.shadowRoot?.querySelector("ul") ?? element)?.innerText;
  };
  const before = readText();
  window.changed = new Promise((resolve) => {
    const onPress = ({ timeStamp }) => {
      const check = (now) =>
        (readText() ?? before) === before ? requestAnimationFrame(check) : resolve(now - timeStamp);
      check(timeStamp);
    };
    window.addEventListener("pointerdown", onPress, { capture: true, once: true });
  });
}"""
"""Script that times the next click: the promise ``window.changed`` resolves to the milliseconds
from the click until ``selector`` has a new text.
"""


def measure_rows(few: ServerProcess) -> Iterator[Row]:
    """Measure the page with many issues; ``few`` is a portal with few issues."""
    with processes.make_portal(MANY_ISSUES) as many:
        unused_load = _measure_load(many)
        with launch_chromium() as browser:
            cookies = [_sign_in(browser, few, FEW_ISSUES), _sign_in(browser, many, MANY_ISSUES)]
        yield _measure_queue(few, many, *cookies)
        with launch_chromium() as browser, ExitStack() as pages:
            for _ in range(IDLE_PAGES):
                pages.enter_context(_open_review(browser, many, cookies[1]))
            yield _compare_idle_pages(_measure_load(many), unused_load)
        with launch_chromium() as browser, _open_review(browser, many, cookies[1]) as page:
            yield from _measure_clicks(page)


def _measure_load(portal: ServerProcess) -> float:
    """Return the processor time of the portal in ms a second."""
    time.sleep(5)  # Pages and servers still work for a moment after they have started.
    before = portal.measure_processor_time()
    time.sleep(IDLE_SECONDS)
    return (portal.measure_processor_time() - before) * 1000 / IDLE_SECONDS


def _compare_idle_pages(idle_load: float, unused_load: float) -> Row:
    """Compare the load of `IDLE_PAGES` pages that nobody uses to that without a page.

    Without a page, the portal takes 3 to 5 ms a second, nearly all of it Streamlit's and uvicorn's.
    """
    name = "an open, idle review page, processor time in ms a second"
    load = (idle_load - unused_load) / IDLE_PAGES
    return Row.at_most(name, load, IDLE_MILLISECONDS, target=1)


def _measure_queue(
    few: ServerProcess, many: ServerProcess, few_cookies: str, many_cookies: str
) -> Row:
    ours, reference = (
        asyncio.run(_time_script_run(Session(process.url, "review", cookies=cookies)))
        for process, cookies in ((many, many_cookies), (few, few_cookies))
    )
    name = f"review page with {MANY_ISSUES:,} issues, script run in ms, against {FEW_ISSUES}"
    return Row.at_most(name, ours * 1000, reference * 1000, target=1.3)


async def _time_script_run(session: Session) -> float:
    seconds = await session.time_runs(ROUNDS * 2)
    if "q" not in session.widgets:
        raise RuntimeError("not signed in")
    return seconds


@contextmanager
def _open_review(browser: Browser, portal: ServerProcess, cookies: str) -> Iterator[Page]:
    """Open the review page as a signed-in reviewer, and an issue of its list."""
    context = browser.new_context()
    for cookie in cookies.split("; "):
        name, _, value = cookie.partition("=")
        context.add_cookies([{"name": name, "value": value, "url": portal.url}])
    page = context.new_page()
    page.goto(f"{portal.url}/review?state=NotReviewed")
    page.locator(".st-key-queue button[data-issue]").first.click()
    page.get_by_role("button", name="Start review").wait_for()
    yield page
    context.close()


def _measure_clicks(page: Page) -> Iterator[Row]:
    """Measure the time from a reviewer's click until the browser shows its result."""
    open_times = _time_clicks(page, "Next", OPENED_HEADING, ROUNDS)
    yield Row.at_most(
        f"review page with {MANY_ISSUES:,} issues, the next one opened in s (95th percentile)",
        percentile_95(open_times),
        CLICK_SECONDS,
        target=1,
    )
    close_times = _time_clicks(page, "Close", LIST, ROUNDS)
    yield Row.at_most(
        f"review page with {MANY_ISSUES:,} issues, a closed one left the list in s"
        " (95th percentile)",
        percentile_95(close_times),
        SEEN_SECONDS,
        target=1,
    )
    change_times = []
    for _ in range(ROUNDS):
        change_times += _time_clicks(page, "Start review", OPENED_ISSUE, 1)
        _time_clicks(page, "Next", OPENED_HEADING, 1)
    yield Row.at_most(
        f"review page with {MANY_ISSUES:,} issues, a state changed in s (95th percentile)",
        percentile_95(change_times),
        CLICK_SECONDS,
        target=1,
    )


def _click(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def _time_clicks(page: Page, name: str, selector: str, rounds: int) -> list[float]:
    """Return the seconds from each click until the browser shows a new text in ``selector``.

    The browser measures the time, because measuring with Playwright would double it.
    """
    times = []
    for _ in range(rounds):
        page.evaluate(_WATCH_TEXT, selector)
        _click(page, name)
        times.append(page.evaluate("() => window.changed") / 1000)
        page.wait_for_timeout(600)
    return times


def _sign_in(browser: Browser, portal: ServerProcess, issues: int) -> str:
    """Sign in as a reviewer and return the cookies."""
    username, password = processes.set_up_reviewer(issues)
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{portal.url}/sign_in")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    _click(page, "Sign in")
    deadline = time.monotonic() + 30
    while not any(cookie["name"] == "issue_portal" for cookie in context.cookies()):
        if time.monotonic() > deadline:
            raise RuntimeError("cannot sign in")
        page.wait_for_timeout(100)
    cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in context.cookies())
    context.close()
    return cookies
