"""Measure the response times and memory of the portal, mostly against a bare Streamlit form."""

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

FEW_ISSUES, MANY_ISSUES = 100, 100_000
ROUNDS = 15
SENDERS = 100
IDLE_SESSIONS = 200
CLICK_SECONDS = 0.25
"""Target for the time from a click to its result."""

IDLE_SECONDS = 30
IDLE_MILLISECONDS = 2.0
"""Target for the processor time per second that an open, idle review page takes."""

SEND_BUTTON = "Send report"
OPENED_HEADING = ".st-key-opened h3"
OPENED_ISSUE = ".st-key-opened"
_WATCH_SEND_BUTTON = f"""
const check = (now) => {{
  const buttons = [...document.querySelectorAll("button")];
  const button = buttons.find((button) => button.textContent.includes("{SEND_BUTTON}"));
  const isUsable = button?.checkVisibility({{ opacityProperty: true, visibilityProperty: true }});
  if (isUsable) window.usableAt = now; else requestAnimationFrame(check);
}};
requestAnimationFrame(check);
"""
"""Script that sets ``window.usableAt`` to the milliseconds from the start of the navigation until
the send button is visible. Playwright looks only every half second once a page takes longer.
"""

_WATCH_TEXT = """(selector) => {
  const readText = () => document.querySelector(selector)?.innerText;
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


def measure_rows() -> Iterator[Row]:
    """Measure start, report page, memory and review page of the portal."""
    for issues in (FEW_ISSUES, MANY_ISSUES):
        processes.create_installation(issues)
    yield from _measure_start()
    with processes.make_portal(FEW_ISSUES) as few, processes.make_bare_form() as bare:
        with _launch_chromium() as browser:
            yield _measure_opening(few, bare, browser)
        yield _measure_script_run(few, bare)
        yield _measure_memory(few, bare)
        yield _measure_concurrent_reports(few, bare)
        with processes.make_portal(MANY_ISSUES) as many:
            with _launch_chromium() as browser:
                cookies = [_sign_in(browser, few, FEW_ISSUES), _sign_in(browser, many, MANY_ISSUES)]
            yield _measure_queue(few, many, *cookies)
            with _launch_chromium() as browser, _open_review(browser, many, cookies[1]) as page:
                yield _measure_idle_page(many, page)
                yield from _measure_clicks(page)


def _measure_start() -> Iterator[Row]:
    """Measure the seconds from the start of the process to its first response."""

    def time_start(launch: Callable[[], ServerProcess]) -> float:
        def start_once() -> float:
            with launch() as process:
                return process.start_duration

        return statistics.median(start_once() for _ in range(3))

    ours, reference = (
        time_start(lambda: processes.make_portal(FEW_ISSUES)),
        time_start(processes.make_bare_form),
    )
    yield Row.at_most("portal start in s, against a bare form", ours, reference, target=1.6)


def _measure_opening(portal: ServerProcess, bare: ServerProcess, browser: Browser) -> Row:
    times = [
        [_time_opening(browser, process.url) for process in (portal, bare)] for _ in range(ROUNDS)
    ]
    ours, reference = map(statistics.median, zip(*times, strict=True))
    name = "report page, open to usable form in Chromium, in ms, against a bare form"
    return Row.at_most(name, ours, reference, target=1.15)


def _measure_script_run(portal: ServerProcess, bare: ServerProcess) -> Row:
    ours, reference = (
        asyncio.run(_time_script_run(Session(process.url))) for process in (portal, bare)
    )
    name = "report page, script run over the websocket, in ms, against the bare form"
    return Row.at_most(name, ours * 1000, reference * 1000, target=1.5)


def _time_opening(browser: Browser, url: str) -> float:
    """Return the milliseconds until a new visitor can click the send button."""
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(_WATCH_SEND_BUTTON)
    page.goto(url, wait_until="commit")
    page.get_by_role("button", name=SEND_BUTTON).wait_for(state="visible")
    milliseconds = float(page.evaluate("() => window.usableAt"))
    context.close()
    return milliseconds


async def _time_script_run(session: Session) -> float:
    """Return the median seconds of a run of the page's script."""
    async with session:
        if session.path == "review" and "q" not in session.widgets:
            raise RuntimeError("not signed in")
        return statistics.median([await session.run() for _ in range(ROUNDS * 2)])


def _measure_queue(
    few: ServerProcess, many: ServerProcess, few_cookies: str, many_cookies: str
) -> Row:
    ours, reference = (
        asyncio.run(_time_script_run(Session(process.url, "review", cookies=cookies)))
        for process, cookies in ((many, many_cookies), (few, few_cookies))
    )
    name = f"review page with {MANY_ISSUES:,} issues, script run in ms, against {FEW_ISSUES}"
    return Row.at_most(name, ours * 1000, reference * 1000, target=1.3)


def _measure_concurrent_reports(portal: ServerProcess, bare: ServerProcess) -> Row:
    ours, reference = (asyncio.run(_send_reports(process.url)) for process in (portal, bare))
    name = (
        f"{SENDERS} people send the form at once, confirmed in s (95th percentile),"
        " against the bare form"
    )
    return Row.at_most(name, ours, reference, target=1.5)


async def _send_reports(url: str) -> float:
    """Open the form in many sessions, and send all forms at the same time.

    Return the seconds until a report is confirmed, as the 95th percentile.
    """

    async def send_report(number: int, session: Session) -> float:
        types = session.options["report_type"]
        seconds = await session.run(
            report_type=types[number % len(types)],
            report_description=f"Somebody's report {number}.",
            send=True,
        )
        if not any("received" in text for text in session.texts):
            raise RuntimeError(f"not confirmed: {session.texts}")
        return seconds

    sessions = [Session(url) for _ in range(SENDERS)]
    await asyncio.gather(*(session.open() for session in sessions))
    seconds = await asyncio.gather(*map(send_report, range(SENDERS), sessions))
    await asyncio.gather(*(session.close() for session in sessions))
    return _p95(seconds)


def _measure_memory(portal: ServerProcess, bare: ServerProcess) -> Row:
    ours, reference = (asyncio.run(_measure_session_memory(process)) for process in (portal, bare))
    name = "memory in kB of an idle session, against the bare form"
    return Row.at_most(name, ours, reference, target=1.5)


async def _measure_session_memory(process: ServerProcess) -> float:
    """Return the memory of a session in kB, measured after the first hundred sessions."""
    warm_up = [Session(process.url) for _ in range(100)]
    for session in warm_up:
        await session.open()
    await asyncio.sleep(2)
    before = process.measure_memory()
    measured = [Session(process.url) for _ in range(IDLE_SESSIONS)]
    for session in measured:
        await session.open()
    await asyncio.sleep(2)
    growth = process.measure_memory() - before
    for session in (*warm_up, *measured):
        await session.close()
    return growth * 1024 / IDLE_SESSIONS


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


def _measure_idle_page(portal: ServerProcess, page: Page) -> Row:
    """Measure the processor time of the portal while one browser only shows the review page.

    It includes the time that the portal uses without any visitor, about 0.5 ms a second.
    """
    page.wait_for_timeout(5_000)  # The page is still loading parts that appear late.
    before = portal.measure_processor_time()
    page.wait_for_timeout(IDLE_SECONDS * 1000)
    used = (portal.measure_processor_time() - before) * 1000 / IDLE_SECONDS
    name = "an open, idle review page, processor time in ms a second"
    return Row.at_most(name, used, IDLE_MILLISECONDS, target=1)


def _measure_clicks(page: Page) -> Iterator[Row]:
    """Measure the time from a reviewer's click until the browser shows its result."""
    open_times = _time_clicks(page, "Next", OPENED_HEADING, ROUNDS)
    yield Row.at_most(
        f"review page with {MANY_ISSUES:,} issues, the next one opened in s (95th percentile)",
        _p95(open_times),
        CLICK_SECONDS,
        target=1,
    )
    change_times = []
    for _ in range(ROUNDS):
        change_times += _time_clicks(page, "Start review", OPENED_ISSUE, 1)
        _time_clicks(page, "Next", OPENED_HEADING, 1)
    yield Row.at_most(
        f"review page with {MANY_ISSUES:,} issues, a state changed in s (95th percentile)",
        _p95(change_times),
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
        page.wait_for_timeout(300)
    return times


def _p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95 - 0.01)]


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


@contextmanager
def _launch_chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()
