"""Take the pictures of the README from a portal with sample issues."""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.servers.processes import (
    ROOT,
    ServerProcess,
    find_chromium,
    make_environment,
    make_portal_command,
)

IMAGES = ROOT / "docs" / "images"
PORT = 8599
URL = f"http://localhost:{PORT}"


def main() -> None:
    """Start a portal with sample issues, take all pictures, and stop it."""
    with tempfile.TemporaryDirectory() as directory:
        data_dir = Path(directory) / "data"
        env = make_environment(data_dir, ISSUES_DEMO="1")
        portal = ServerProcess(make_portal_command(PORT), PORT, data_dir, env)
        with portal, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=find_chromium(),
                args=["--no-sandbox", "--disable-background-networking"],
            )
            _take_pictures(browser, portal.passwords)
            browser.close()


def _take_pictures(browser: Browser, passwords: dict[str, str]) -> None:
    page = _open_page(browser, "/")
    page.get_by_text("Ignored my files").click()
    page.get_by_label("What happened?").fill(
        "I attached the travel policy and asked for the daily allowance.\n"
        "The answer was general advice and did not mention the file."
    )
    _save_picture(page, "report")
    page.get_by_role("button", name="Send report").click()
    expect(page.get_by_text("received")).to_be_visible()
    _save_picture(page, "sent")

    phone = _open_page(browser, "/", width=390, height=844)
    _save_picture(phone, "report-phone")

    for scheme in ("light", "dark"):
        page = _open_page(browser, "/review", scheme=scheme)
        _sign_in(page, "reviewer", passwords["reviewer"])
        row = page.locator("button[data-issue]").filter(has_text="parental leave").first
        row.click()
        expect(page.get_by_role("button", name="Mark unread")).to_be_visible()
        page.mouse.move(640, 60)
        _save_picture(page, f"review-{scheme}")
    phone = _open_page(browser, "/review", width=390, height=844)
    _sign_in(phone, "reviewer", passwords["reviewer"])
    expect(phone.locator("button[data-issue]").first).to_be_visible()
    _save_picture(phone, "review-phone")
    page = _open_page(browser, "/insights")
    _sign_in(page, "reviewer", passwords["reviewer"])
    expect(page.get_by_text("Reported per day")).to_be_visible()
    _save_picture(page, "insights")


def _open_page(
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


def _save_picture(page: Page, name: str) -> None:
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-script-state", "notRunning")
    page.wait_for_timeout(500)
    page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()
