"""Measure start, report page and memory of the portal against a bare Streamlit form."""

import asyncio
import statistics
from collections.abc import Callable, Iterator

from playwright.sync_api import Browser

from bench import processes, remote_server, review_page
from bench.chromium import launch_chromium
from bench.results import Row, percentile_95
from bench.review_page import FEW_ISSUES, MANY_ISSUES
from bench.streamlit_session import Session
from tests.servers.processes import ServerProcess

ROUNDS = 15
SENDERS = 100
IDLE_SESSIONS = 200
SEND_BUTTON = "Send report"
_WATCH_FORM = f"""
const isVisible = (element) =>
  element?.checkVisibility({{ opacityProperty: true, visibilityProperty: true }});
const check = (now) => {{
  const form = document.querySelector("[data-testid=stForm]");
  const buttons = [...(form?.querySelectorAll("button") ?? [])];
  const isUsable =
    isVisible(form?.querySelector("textarea")) &&
    isVisible(buttons.find((button) => button.textContent.includes("{SEND_BUTTON}"))) &&
    !form.querySelector("[data-testid=stSkeleton]");
  if (isUsable) window.usableAt = now; else requestAnimationFrame(check);
}};
requestAnimationFrame(check);
"""
"""Script that sets ``window.usableAt`` to the milliseconds from the start of the navigation until
the form is complete. Streamlit shows the button before it has loaded its code for the fields.
"""


def measure_rows() -> Iterator[Row]:
    """Measure start, report page, memory and review page of the portal."""
    for issues in (FEW_ISSUES, MANY_ISSUES):
        processes.create_installation(issues)
    yield from _measure_start()
    with processes.make_portal(FEW_ISSUES) as few, processes.make_bare_form() as bare:
        with launch_chromium() as browser:
            yield _measure_opening(few, bare, browser)
        yield _measure_script_run(few, bare)
        yield _measure_memory(few, bare)
        yield _measure_concurrent_reports(few, bare)
        yield from review_page.measure_rows(few)
    yield from remote_server.measure_rows()


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
        asyncio.run(Session(process.url).time_runs(ROUNDS * 2)) for process in (portal, bare)
    )
    name = "report page, script run over the websocket, in ms, against the bare form"
    return Row.at_most(name, ours * 1000, reference * 1000, target=1.5)


def _time_opening(browser: Browser, url: str) -> float:
    """Return the milliseconds until a new visitor can fill in and send the form."""
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(_WATCH_FORM)
    page.goto(url, wait_until="commit")
    page.wait_for_function("() => window.usableAt")
    milliseconds = float(page.evaluate("() => window.usableAt"))
    context.close()
    return milliseconds


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
    return percentile_95(seconds)


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
