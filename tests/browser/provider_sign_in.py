"""Steps for tests of the sign-in at an OpenID Connect provider."""

import httpx
from playwright.sync_api import expect

from tests.servers.installation import Server


def leaves_for_the_provider(person, button: str = "Sign in"):
    """Start a sign-in, and wait for the page of the provider."""
    person.page.get_by_role("main").get_by_role("button", name=button, exact=True).click()
    expect(person.page.get_by_role("heading", name="Authorize Client")).to_be_visible()
    return person


def signs_in_as(person, name: str, button: str = "Sign in"):
    """Sign in as user ``name`` of the provider, and wait for the page to return to."""
    leaves_for_the_provider(person, button).presses(name)
    # The portal removes the return cookie after it has opened the page to return to.
    person.waits_until(lambda: not person.has_cookie("issue_portal_return")).settles()
    return person


def signs_out(person):
    """Sign out at the portal and at the provider."""
    person.opens_menu().presses("Sign out").presses("End session").sees("You're signed out.")
    person.settles()
    return person


def sign_in_cookies(person) -> list[dict]:
    """Return the cookies in which Streamlit keeps the sign-in."""
    return [c for c in person.context.cookies() if c["name"].startswith("_streamlit_user")]


def fetch_export_status(person, cookies: list[dict]) -> int:
    """Request the export of issues with these cookies; return the status code."""
    values = {cookie["name"]: cookie["value"] for cookie in cookies}
    return fetch(person.server, "/issues.csv", values).status_code


def fetch(server: Server, path: str, cookies: dict[str, str]) -> httpx.Response:
    """Request ``path`` with these cookies, by name."""
    return httpx.get(f"{server.url}{path}", cookies=cookies)
