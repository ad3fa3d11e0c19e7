"""Measure the portal: how long a person waits, against a bare Streamlit form."""

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

from bench import processes
from bench.results import Row
from bench.streamlit_session import Session
from tests.servers.processes import ServerProcess, find_chromium

FEW, MANY = 100, 100_000
ROUNDS = 15
PEOPLE = 100
SESSIONS = 200
ON_TIME = 0.25
CONFIRMED = 3.0
REPORT = "Send report"
NUMBER = ".st-key-opened h3"
OPENED = ".st-key-opened"
_WATCH = """(at) => {
  const text = () => document.querySelector(at)?.innerText;
  const before = text();
  window.changed = new Promise((resolve) => {
    const pressed = ({ timeStamp }) => {
      const look = (now) =>
        (text() ?? before) === before ? requestAnimationFrame(look) : resolve(now - timeStamp);
      look(timeStamp);
    };
    window.addEventListener("pointerdown", pressed, { capture: true, once: true });
  });
}"""


def rows() -> Iterator[Row]:
    """Measure every row of the portal's table."""
    for issues in (FEW, MANY):
        processes.filled(issues)
    yield from _starts()
    with processes.portal(FEW) as few, processes.bare_form() as bare:
        with _chromium() as browser:
            yield _opened(few, bare, browser)
        yield _run_once(few, bare)
        yield _memory(few, bare)
        yield _crowd(few)
        with processes.portal(MANY) as many:
            with _chromium() as browser:
                cookies = [_signed_in(browser, few, FEW), _signed_in(browser, many, MANY)]
            yield _queues(few, many, *cookies)
            with _chromium() as browser:
                yield from _clicks(browser, many, cookies[1])


def _starts() -> Iterator[Row]:
    """Measure the time from the start of the process to its first response."""

    def started(run: Callable[[], ServerProcess]) -> float:
        def once() -> float:
            with run() as process:
                return process.started_in

        return statistics.median(once() for _ in range(3))

    ours, bare = started(lambda: processes.portal(FEW)), started(processes.bare_form)
    yield Row.at_most("portal start in s, against bare Streamlit", ours, bare, target=1.3)


def _opened(portal: ServerProcess, bare: ServerProcess, browser: Browser) -> Row:
    ours, theirs = (
        statistics.median(_painted(browser, process.url) for _ in range(5))
        for process in (portal, bare)
    )
    what = "report page, open to usable form in Chromium, in ms, against a bare form"
    return Row.at_most(what, ours * 1000, theirs * 1000, target=1.2)


def _run_once(portal: ServerProcess, bare: ServerProcess) -> Row:
    ours, theirs = (asyncio.run(_rerun(Session(process.url))) for process in (portal, bare))
    what = "report page, script run over the websocket, in ms, against the bare form"
    return Row.at_most(what, ours * 1000, theirs * 1000, target=1.5)


def _painted(browser: Browser, url: str) -> float:
    """Return the seconds until a new visitor can click the button."""
    context = browser.new_context()
    page = context.new_page()
    begun = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.get_by_role("button", name=REPORT).wait_for(state="visible")
    taken = time.perf_counter() - begun
    context.close()
    return taken


async def _rerun(session: Session) -> float:
    """Return the median time of a run of the page's script, in seconds."""
    async with session:
        if session.path == "review" and "q" not in session.widgets:
            raise RuntimeError("not signed in")
        return statistics.median([await session.run() for _ in range(ROUNDS * 2)])


def _queues(few: ServerProcess, many: ServerProcess, few_cookies: str, many_cookies: str) -> Row:
    ours, theirs = (
        asyncio.run(_rerun(Session(process.url, "review", cookies=cookies)))
        for process, cookies in ((many, many_cookies), (few, few_cookies))
    )
    what = f"review page with {MANY:,} issues, script run in ms, against {FEW}"
    return Row.at_most(what, ours * 1000, theirs * 1000, target=1.3)


def _crowd(portal: ServerProcess) -> Row:
    """Open the form in many sessions, and send it in all at the same moment."""

    async def report(number: int, session: Session) -> float:
        taken = await session.run(
            report_type=session.options["report_type"][number % 5],
            report_description=f"Somebody's report {number}.",
            send=True,
        )
        if not any("received" in words for words in session.words):
            raise RuntimeError(f"not confirmed: {session.words}")
        return taken

    async def reports() -> list[float]:
        sessions = [Session(portal.url) for _ in range(PEOPLE)]
        await asyncio.gather(*(session.open() for session in sessions))
        taken = await asyncio.gather(*map(report, range(PEOPLE), sessions))
        await asyncio.gather(*(session.close() for session in sessions))
        return taken

    taken = asyncio.run(reports())
    what = f"{PEOPLE} people send the form at once, confirmed in s (95th percentile)"
    return Row.at_most(what, _p95(taken), CONFIRMED, target=1)


def _memory(portal: ServerProcess, bare: ServerProcess) -> Row:
    ours, theirs = (asyncio.run(_held(process)) for process in (portal, bare))
    what = "memory in kB of an idle session, against the bare form"
    return Row.at_most(what, ours, theirs, target=1.5)


async def _held(process: ServerProcess) -> float:
    """Return the kilobytes of each further session, after the first hundred."""
    first = [Session(process.url) for _ in range(100)]
    for session in first:
        await session.open()
    await asyncio.sleep(2)
    before = process.megabytes()
    more = [Session(process.url) for _ in range(SESSIONS)]
    for session in more:
        await session.open()
    await asyncio.sleep(2)
    held = process.megabytes() - before
    for session in (*first, *more):
        await session.close()
    return held * 1024 / SESSIONS


def _clicks(browser: Browser, portal: ServerProcess, cookies: str) -> Iterator[Row]:
    """Measure the time from a reviewer's click to the frame that shows its result."""
    context = browser.new_context()
    for cookie in cookies.split("; "):
        name, _, value = cookie.partition("=")
        context.add_cookies([{"name": name, "value": value, "url": portal.url}])
    page = context.new_page()
    page.goto(f"{portal.url}/review?state=NotReviewed")
    row = page.locator(".st-key-queue button[data-issue]")
    row.first.click()
    page.get_by_role("button", name="Start review").wait_for()
    opened = _timed(page, "Next", NUMBER, ROUNDS)
    yield Row.at_most(
        f"review page with {MANY:,} issues, the next one opened in s (95th percentile)",
        _p95(opened),
        ON_TIME,
        target=1,
    )
    moved = []
    for _ in range(ROUNDS):
        moved += _timed(page, "Start review", OPENED, 1)
        _timed(page, "Next", NUMBER, 1)
    yield Row.at_most(
        "the same, a state changed in s (95th percentile)", _p95(moved), ON_TIME, target=1
    )
    context.close()


def _press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def _timed(page: Page, name: str, changing: str, rounds: int) -> list[float]:
    """Return the seconds from a click to the frame in which ``changing`` has a new text.

    Measured with the browser's clock: Playwright itself takes as long again.
    """
    found = []
    for _ in range(rounds):
        page.evaluate(_WATCH, changing)
        _press(page, name)
        found.append(page.evaluate("() => window.changed") / 1000)
        page.wait_for_timeout(300)
    return found


def _p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95 - 0.01)]


def _signed_in(browser: Browser, portal: ServerProcess, issues: int) -> str:
    """Sign in as a reviewer and return the cookies."""
    username, password = processes.reviewer(issues)
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{portal.url}/sign_in")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    _press(page, "Sign in")
    deadline = time.monotonic() + 30
    while not any(cookie["name"] == "issue_portal" for cookie in context.cookies()):
        if time.monotonic() > deadline:
            raise RuntimeError("cannot sign in")
        page.wait_for_timeout(100)
    found = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in context.cookies())
    context.close()
    return found


@contextmanager
def _chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()
