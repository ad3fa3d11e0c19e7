"""Take the pictures of the README from the running portal, with sample issues."""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bench import processes

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
PORT = "8599"
URL = f"http://localhost:{PORT}"


def main() -> None:
    """Start a portal with samples, take each picture, stop it."""
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "log"
        with log.open("w") as output:
            portal = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", PORT],
                cwd=ROOT,
                env={**os.environ, "ISSUES_DEMO": "1", "ISSUES_DATA_DIR": f"{directory}/data"},
                stderr=output,
            )
        try:
            _wait_until_ready()
            passwords = dict(re.findall(r"^ +(member|reviewer) +(\S+)$", log.read_text(), re.M))
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=processes.chromium(),
                    args=["--no-sandbox", "--disable-background-networking"],
                )
                _take(browser, passwords)
                browser.close()
        finally:
            portal.terminate()
            portal.wait()


def _take(browser: Browser, passwords: dict[str, str]) -> None:
    page = _open(browser, "/")
    page.get_by_text("Ignored my files").click()
    page.get_by_label("What happened?").fill(
        "I attached the travel policy and asked for the daily allowance.\n"
        "The answer was general advice and did not mention the file."
    )
    _save(page, "report")
    page.get_by_role("button", name="Send report").click()
    expect(page.get_by_text("Your report has arrived.")).to_be_visible()
    _save(page, "sent")

    phone = _open(browser, "/", width=390, height=844)
    _save(phone, "report-phone")

    for scheme in ("light", "dark"):
        page = _open(browser, "/review", scheme=scheme)
        _sign_in(page, "reviewer", passwords["reviewer"])
        row = page.locator("button[data-issue]").nth(2)
        row.click()
        expect(page.get_by_role("button", name="Mark unread")).to_be_visible()
        page.mouse.move(640, 60)
        _save(page, f"review-{scheme}")
    page = _open(browser, "/insights")
    _sign_in(page, "reviewer", passwords["reviewer"])
    expect(page.get_by_text("Reported each day")).to_be_visible()
    page.wait_for_timeout(1500)
    _save(page, "insights")


def _open(
    browser: Browser, path: str, *, width: int = 1280, height: int = 860, scheme: str = "light"
) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        locale="en-GB",
    )
    page = context.new_page()
    page.goto(URL + path)
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=30_000)
    return page


def _sign_in(page: Page, username: str, password: str) -> None:
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Username")).to_be_hidden(timeout=15_000)


def _save(page: Page, name: str) -> None:
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-script-state", "notRunning")
    page.wait_for_timeout(500)
    page.screenshot(path=IMAGES / f"{name}.png")


def _wait_until_ready() -> None:
    for _ in range(300):
        try:
            if httpx.get(f"{URL}/api/ready").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise SystemExit("The portal did not start.")


if __name__ == "__main__":
    main()
